/** What the loader and the bridge, which it loads when somebody wants the panel, know of each other. */

import type { EventName } from "../protocol.ts";
import type { Options } from "./options.ts";

/** What the loader made. */
export interface Site {
  /** The folder on the desk that widget.js lies in. */
  base: URL;
  options: Options;
  language: string;
  /** A JWT of the shop's back end, or "". */
  identity: string;
  /** Messages that the visitor has not seen. */
  unread: number;
  /** Whether the desk cannot be reached. */
  down: boolean;
  host: HTMLElement;
  root: ShadowRoot;
  /** All in the root. */
  section: HTMLElement;
  button: HTMLElement;
  /** Of `:host`. */
  style: CSSStyleDeclaration;
  /** What the launcher and the panel are called in a language. */
  label(language: string): string;
  /** Shows what this object says now. */
  update(): void;
  /** The desk is down. Unless that is `settled`, the launcher comes back when the desk does, and what stands in the page. */
  fail(settled?: boolean): void;
  /** Tells the page's listeners. */
  emit(name: EventName, detail?: unknown): void;
}

/** What the bridge does. */
export interface Bridge {
  /** Loads the panel, and shows nothing yet. */
  load(): void;
  open(focus?: boolean): void;
  close(): void;
  toggle(): void;
  ask(text: string): void;
  identify(token: string): void;
  setLanguage(language: string): void;
  /** A `<polydesk-chat>` came into the page, went, or is to speak another language. */
  connect(element: HTMLElement): void;
  disconnect(element: HTMLElement): void;
  rename(element: HTMLElement): void;
  destroy(): void;
}
