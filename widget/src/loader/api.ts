import type { EventName } from "../protocol.ts";

export type Listener = (detail: unknown) => void;
export type Call = [name: string, ...values: unknown[]];

/** `window.polydesk`, the only global: what the host page may do. */
export interface Polydesk {
  open(): void;
  close(): void;
  toggle(): void;
  /** Opens the panel and asks. */
  ask(text: string): void;
  /** Says who the visitor is, by a JWT of the shop's back end; "" signs out. */
  identify(token: string): void;
  setLanguage(language: string): void;
  /** Returns what takes the listener away again. */
  on(name: EventName, listener: Listener): () => void;
  /** Takes everything out of the page. */
  destroy(): void;
  /** A call by its name, for pages that do not wait for this script: `(window.polydesk ??= []).push(["open"])`. */
  push(call: Call): void;
}

declare global {
  interface Window {
    polydesk?: Polydesk | Call[];
  }
}
