import { BackOff, retryAfter } from "./backoff.ts";
import { eventReader, type ServerEvent } from "./events.ts";

/** Three of the desk's pings were missed. */
const SILENCE_MS = 45_000;
/** After a wake-up one missed ping is enough: phones drop connections while they sleep, without a word. */
const DOUBT_MS = 20_000;

export interface StreamParts {
  /** Asks for the events after `last`; "" for all of them, starting with the history. */
  open(last: string, signal: AbortSignal): Promise<Response>;
  /** Takes an event; "resync" asks for the whole history, "end" ends the stream. */
  take(event: string, data: unknown): "resync" | "end" | undefined;
  /** The conversation does not exist, or not any more. */
  gone(): void;
  /** The line came up, or was lost. */
  line(up: boolean): void;
  random?: () => number;
}

type Outcome = { kind: "again" | "resync" | "end" } | { kind: "failed"; least: number };

/** The events of one conversation, each exactly once and in order, over as many connections as it takes. */
export class EventStream {
  private last = "";
  private running = false;
  /** Counts starts, so that a run that was stopped does not go on beside the next. */
  private turn = 0;
  private heardAt = 0;
  private connection: AbortController | null = null;
  private watchdog: ReturnType<typeof setTimeout> | undefined;
  private readonly backOff: BackOff;

  constructor(private readonly parts: StreamParts) {
    this.backOff = new BackOff(undefined, parts.random);
  }

  start(): void {
    if (this.running) return;
    this.running = true;
    void this.run(++this.turn);
  }

  stop(): void {
    this.running = false;
    this.connection?.abort();
    this.backOff.wake();
  }

  /** The page is seen again, or the network is back (`changed`): what is silent now is not worth waiting for. */
  wake(changed = false): void {
    if (!this.running || this.backOff.wake()) return;
    const silent = performance.now() - this.heardAt;
    this.backOff.reset();
    if (changed || silent > DOUBT_MS) this.connection?.abort();
    else this.watch(DOUBT_MS);
  }

  private async run(turn: number): Promise<void> {
    const current = () => this.running && turn === this.turn;
    while (current()) {
      const outcome = await this.connect();
      if (!current()) return;
      if (outcome.kind === "end") this.running = false;
      if (!current()) return;
      if (outcome.kind === "resync") this.last = "";
      this.parts.line(false);
      await this.backOff.pause(outcome.kind === "failed" ? outcome.least : 0);
    }
  }

  private async connect(): Promise<Outcome> {
    const connection = new AbortController();
    this.connection = connection;
    const { signal } = connection;
    const aborted = new Promise<never>((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
    aborted.catch(() => undefined);
    try {
      this.heardAt = performance.now();
      this.watch(SILENCE_MS);
      const response = await Promise.race([this.parts.open(this.last, signal), aborted]);
      if (response.status === 404 || response.status === 410) {
        this.parts.gone();
        return { kind: "end" };
      }
      const events = response.headers.get("Content-Type")?.startsWith("text/event-stream");
      if (!response.ok || !response.body || !events) return { kind: "failed", least: retryAfter(response) };
      this.parts.line(true);
      return await this.read(response.body, aborted);
    } catch {
      // Whatever ended it (the network, the watchdog, a wake-up), the next connection goes on from the last event.
      return { kind: "again" };
    } finally {
      clearTimeout(this.watchdog);
      connection.abort();
    }
  }

  private async read(body: ReadableStream<Uint8Array>, aborted: Promise<never>): Promise<Outcome> {
    let outcome: Outcome | null = null;
    const feed = eventReader((event) => {
      outcome ??= this.dispatched(event);
    });
    const reader = body.getReader();
    const decoder = new TextDecoder();
    try {
      for (;;) {
        const { value, done } = await Promise.race([reader.read(), aborted]);
        if (done) return { kind: "again" };
        this.heardAt = performance.now();
        this.watch(SILENCE_MS);
        this.backOff.reset();
        feed(decoder.decode(value, { stream: true }));
        if (outcome) return outcome;
      }
    } finally {
      reader.cancel().catch(() => undefined);
    }
  }

  /** What an event ends the connection with; null goes on. */
  private dispatched({ event, id, data: text }: ServerEvent): Outcome | null {
    // A history counts anew; of all others, those that were taken already are left out.
    if (event !== "history" && id && this.last && Number(id) <= Number(this.last)) return null;
    let data: unknown;
    try {
      data = JSON.parse(text);
    } catch {
      return { kind: "resync" };
    }
    const said = this.parts.take(event, data);
    if (said) return { kind: said };
    if (id) this.last = id;
    return null;
  }

  private watch(length: number): void {
    clearTimeout(this.watchdog);
    this.watchdog = setTimeout(() => this.connection?.abort(), length);
  }
}
