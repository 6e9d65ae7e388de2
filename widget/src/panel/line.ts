import type { Store } from "./store.ts";
import type { Thread } from "./thread.ts";

/** A lost line is mentioned only when it stays lost. */
const PATIENCE_MS = 1_500;
/** After so long unseen and idle, a page gives its connection back: browsers have six for a desk over HTTP/1.1. */
const HIDDEN_MS = 60_000;

interface LineParts {
  store: Store;
  thread(): Thread | null;
  /** What waits may try again. */
  wake(): void;
}

/** The line to the desk: what the browser says of it, and what the visitor is told. */
export class Line {
  private mention: ReturnType<typeof setTimeout> | undefined;
  private hidden: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly parts: LineParts) {}

  listen(): void {
    addEventListener("online", () => this.wake(true));
    addEventListener("offline", () => this.parts.store.set({ line: "offline" }));
    document.addEventListener("visibilitychange", () => this.seen());
  }

  wake(changed: boolean): void {
    const { store, thread, wake } = this.parts;
    if (changed && store.view.line === "offline") store.set({ line: "up" });
    thread()?.wake(changed);
    wake();
  }

  /** The stream came up, or was lost. */
  turned(up: boolean): void {
    const { store } = this.parts;
    clearTimeout(this.mention);
    if (up) store.set({ line: navigator.onLine ? "up" : "offline" });
    else this.mention = setTimeout(() => store.set({ line: navigator.onLine ? "lost" : "offline" }), PATIENCE_MS);
  }

  private seen(): void {
    clearTimeout(this.hidden);
    const thread = this.parts.thread();
    if (!document.hidden) {
      thread?.start();
      this.wake(false);
    } else if (thread) {
      this.hidden = setTimeout(() => {
        if (thread === this.parts.thread() && !thread.busy && thread.transcript.state === "bot") thread.stop();
      }, HIDDEN_MS);
    }
  }
}
