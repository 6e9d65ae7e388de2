import { EventStream } from "./stream.ts";
import { applied, EMPTY, RESYNC, type Transcript } from "./transcript.ts";
import type { Message, State } from "./values.ts";

export interface ThreadParts {
  open(last: string, signal: AbortSignal): Promise<Response>;
  changed(transcript: Transcript): void;
  /** A message is complete. `live`: it was written while this panel looked on, and did not come with the history. */
  finished(message: Message, live: boolean): void;
  turned(state: State): void;
  gone(): void;
  line(up: boolean): void;
}

/** One conversation, as it goes on. */
export class Thread {
  transcript: Transcript = EMPTY;
  private readonly finished = new Set<number>();
  private readonly stream: EventStream;

  constructor(
    private readonly parts: ThreadParts,
    /** Whether the history came; a conversation that has just begun has none, and all of it is live. */
    public restored: boolean,
  ) {
    this.stream = new EventStream({
      open: parts.open,
      take: (event, data) => this.take(event, data),
      gone: parts.gone,
      line: parts.line,
    });
  }

  start(): void {
    this.stream.start();
  }

  stop(): void {
    this.stream.stop();
  }

  wake(changed: boolean): void {
    this.stream.wake(changed);
  }

  /** Changes what is known of a message before the desk confirms it. */
  amend(number: number, change: Partial<Message>): void {
    const { messages } = this.transcript;
    this.show({
      ...this.transcript,
      messages: messages.map((message) => (message.number === number ? { ...message, ...change } : message)),
    });
  }

  turn(state: State): void {
    if (state !== this.transcript.state) this.take("state", { state });
  }

  get busy(): boolean {
    return this.transcript.messages.some((message) => message.status === "streaming");
  }

  private take(event: string, data: unknown): "resync" | "end" | undefined {
    if (event === "gone") {
      this.parts.gone();
      return "end";
    }
    const before = this.transcript.state;
    const next = applied(this.transcript, event, data);
    if (next === RESYNC) return "resync";
    const live = this.restored;
    this.restored ||= event === "history";
    this.show(next);
    if (live && next.state !== before) this.parts.turned(next.state);
    for (const message of next.messages) {
      // A reply that is tried again is not finished any more.
      if (message.status === "streaming") this.finished.delete(message.number);
      else if (!this.finished.has(message.number)) {
        this.finished.add(message.number);
        this.parts.finished(message, live);
      }
    }
    return undefined;
  }

  private show(transcript: Transcript): void {
    this.transcript = transcript;
    this.parts.changed(transcript);
  }
}
