import { BackOff } from "./backoff.ts";

/** A conversation that does not exist yet. */
export const NEW = "new";

/** A question on its way to the desk. */
export interface Outgoing {
  /** Makes sending it twice harmless. */
  clientId: string;
  text: string;
  language: string;
  conversation: string;
}

export type Progress = "queued" | "sending" | "sent" | "refused";

export interface Entry extends Outgoing {
  progress: Progress;
  /** Why it was refused, in the visitor's language. */
  detail: string;
}

export type Sent =
  | { kind: "accepted"; conversation: string; reply: number | null }
  /** The line is down, or the desk is: to be tried again. */
  | { kind: "unreachable"; least: number }
  | { kind: "refused"; status: number; detail: string }
  /** The conversation was erased. */
  | { kind: "missing" };

export interface OutboxParts {
  send(outgoing: Outgoing): Promise<Sent>;
  accepted(outgoing: Outgoing, conversation: string): void;
  missing(conversation: string): void;
  changed(): void;
  /** What is kept over a reload; does nothing while nothing may be stored. */
  keep(outgoing: Outgoing): void;
  drop(clientId: string): void;
  online(): boolean;
  random?: () => number;
}

/** While the browser says that it is offline, it is asked seldom; it may be wrong. */
const OFFLINE_MS = 15_000;

/** Sends questions one after the other, in order, each once, however often the line is lost. */
export class Outbox {
  entries: readonly Entry[] = [];
  private begun = false;
  private running = false;
  private tried = false;
  private readonly backOff: BackOff;

  constructor(private readonly parts: OutboxParts) {
    this.backOff = new BackOff(undefined, parts.random);
  }

  /** Until then entries only gather: it is not known yet which conversation they belong to. */
  begin(conversation: string): void {
    this.begun = true;
    this.move(NEW, conversation);
    this.parts.changed();
    void this.run();
  }

  add(outgoing: Outgoing): void {
    if (this.entries.some((entry) => entry.clientId === outgoing.clientId)) return;
    this.entries = [...this.entries, { ...outgoing, progress: "queued", detail: "" }];
    this.parts.keep(outgoing);
    this.parts.changed();
    this.backOff.wake();
    void this.run();
  }

  /** Takes a question back that was not sent yet. */
  cancel(clientId: string): void {
    const entry = this.entries.find((other) => other.clientId === clientId);
    if (!entry || entry.progress === "sending" || entry.progress === "sent") return;
    this.forget(clientId);
  }

  retry(clientId: string): void {
    this.change(clientId, { progress: "queued", detail: "" });
    const entry = this.entries.find((other) => other.clientId === clientId);
    if (entry) this.parts.keep(entry);
    void this.run();
  }

  /** The message came back in the conversation's stream: it has its place there. */
  arrived(clientId: string): void {
    if (this.entries.some((entry) => entry.clientId === clientId)) this.forget(clientId);
  }

  /** Another conversation begins; what was not sent is not sent into it. */
  clear(): void {
    for (const { clientId } of this.entries) this.parts.drop(clientId);
    this.entries = [];
    this.parts.changed();
  }

  /** The line may be back. */
  wake(): void {
    this.backOff.wake();
  }

  private async run(): Promise<void> {
    if (this.running || !this.begun) return;
    this.running = true;
    for (;;) {
      const entry = this.entries.find((other) => other.progress === "queued");
      if (!entry) break;
      if (!this.parts.online() && !this.tried) {
        await this.backOff.pause(OFFLINE_MS);
        this.tried = true;
        continue;
      }
      this.tried = false;
      this.change(entry.clientId, { progress: "sending" });
      const least = this.settled(entry, await this.parts.send(entry));
      if (least !== null) await this.backOff.pause(least);
    }
    this.running = false;
  }

  /** Notes how sending went; gives how long to wait at least before the next attempt, null for not at all. */
  private settled(entry: Entry, sent: Sent): number | null {
    const { clientId, conversation } = entry;
    // Its copy in the stream may have been faster than the response, or the visitor went to another conversation.
    const waiting = this.entries.some((other) => other.clientId === clientId);
    switch (sent.kind) {
      case "accepted":
        this.backOff.reset();
        this.move(conversation, sent.conversation);
        this.change(clientId, { progress: "sent" });
        this.parts.drop(clientId);
        if (waiting) this.parts.accepted(entry, sent.conversation);
        return null;
      case "unreachable":
        this.change(clientId, { progress: "queued" });
        return waiting ? sent.least : null;
      case "refused":
        this.change(clientId, { progress: "refused", detail: sent.detail });
        this.parts.drop(clientId);
        return null;
      case "missing":
        this.move(conversation, NEW);
        this.change(clientId, { progress: "queued" });
        this.parts.missing(conversation);
        // A desk that misses even what does not exist yet is not to be asked in a loop.
        return conversation === NEW ? OFFLINE_MS : null;
    }
  }

  private move(from: string, to: string): void {
    this.entries = this.entries.map((entry) => (entry.conversation === from ? { ...entry, conversation: to } : entry));
  }

  private forget(clientId: string): void {
    this.entries = this.entries.filter((entry) => entry.clientId !== clientId);
    this.parts.drop(clientId);
    this.parts.changed();
  }

  private change(clientId: string, change: Partial<Entry>): void {
    this.entries = this.entries.map((entry) => (entry.clientId === clientId ? { ...entry, ...change } : entry));
    this.parts.changed();
  }
}
