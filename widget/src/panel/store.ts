import { sayer } from "./phrases.ts";
import { START, type View } from "./view.ts";

/** The view, and who looks at it. */
export class Store {
  view: View = START;
  private readonly listeners = new Set<() => void>();

  /** Gives what ends it. */
  subscribe(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  set(change: Partial<View>): void {
    this.view = { ...this.view, ...change };
    for (const listener of this.listeners) listener();
  }

  say(key: string, values?: Record<string, string | number>): string {
    return sayer(this.view.phrases)(key, values);
  }
}
