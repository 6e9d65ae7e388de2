/**
 * What the loader on the host page and the panel in its iframe say to each other.
 *
 * The loader sends one `Init` by `postMessage` to the desk's origin, with a port; everything after goes over that port.
 */

/**
 * The version of this protocol, and of what loader and bridge know of each other (loader/site.ts): a panel ignores an `Init`
 * of another, and the bridge is named for it. Loaders of before stay in open pages for days.
 */
export const PROTOCOL = 1;

export type Mode = "popover" | "inline";
export type Scheme = "auto" | "light" | "dark";

/** What the host page chose; "" leaves the panel's own choice. The values are CSS, and not to be trusted. */
export interface Theme {
  scheme: Scheme;
  /** A colour. */
  accent: string;
  /** A length. */
  radius: string;
  /** A font family. */
  font: string;
}

export interface Init {
  polydesk: typeof PROTOCOL;
  type: "init";
  mode: Mode;
  /** A BCP 47 tag. */
  language: string;
  theme: Theme;
  /** Instead of the panel's first words; "" leaves them. */
  greeting: string;
  /** Offered where the desk cannot be reached at all; with a session, the desk names its own. */
  email?: string;
  /** A JWT of the shop's back end that the page gave before the panel was loaded; "" without. */
  identity: string;
  /** Good for a minute; null where the desk gave none. */
  ticket: string | null;
  /** The status of the answer to the request for the ticket; 0 without an answer. */
  status: number;
  /** The last message that the visitor has seen, by its number; Infinity where nothing else was awaited. */
  seen: number;
}

export type ToPanel =
  /** With `focus` the visitor opened it; else the page did, and goes on being read. */
  | { type: "opened"; focus: boolean }
  | { type: "closed" }
  | { type: "ask"; text: string }
  /** A JWT of the shop's back end; "" signs out. */
  | { type: "identify"; token: string }
  | { type: "language"; language: string }
  | { type: "theme"; theme: Theme }
  /** The answer to the panel's `ticket` of the same id. */
  | { type: "ticket"; id: number; ticket: string | null; status: number };

/** Events of the conversation that the panel passes on to listeners on the host page. */
export type PanelEventName = "message" | "answer" | "handoff" | "error" | "language";
/** Everything that listeners on the host page may ask for. */
export type EventName = PanelEventName | "ready" | "open" | "close" | "unread";

export type ToLoader =
  /** The panel listens, and can be shown. */
  | { type: "ready" }
  | { type: "close" }
  /** Please fetch a ticket. */
  | { type: "ticket"; id: number }
  | { type: "event"; name: PanelEventName; detail: unknown }
  /** `seen` as in `Init`, to be said there by the next page; null where nothing is unread or awaited. */
  | { type: "unread"; count: number; seen: number | null }
  /** The desk cannot be reached; `settled`: nor will it be, by this page. */
  | { type: "down"; settled: boolean };
