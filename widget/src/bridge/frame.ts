/** The iframe with the panel, on the desk's origin, and the port to it. */

import { create } from "../loader/dom.ts";
import type { Site } from "../loader/site.ts";
import { PROTOCOL, type Init, type Mode, type Theme, type ToLoader, type ToPanel } from "../protocol.ts";
import { mark, marked } from "./mark.ts";
import { fetchTicket, isDown, isRefused, type Ticket } from "./ticket.ts";

/** A panel that says nothing for so long is not there, whatever the network says. */
const READY_MS = 20000;

export interface Frame {
  element: HTMLIFrameElement;
  isReady(): boolean;
  /** Sends now, or once the panel is ready. */
  send(message: ToPanel): void;
  setLanguage(language: string): void;
  remove(): void;
}

export interface Place {
  mode: Mode;
  desk: string;
  language: string;
  /** Carries the CSS custom properties. */
  host: Element;
  /** What the frame is put at the end of. */
  into: Node;
}

/** Loads the panel. Of what it says, `receive` gets what depends on the place: ready, close, unread, down. */
export function openFrame(site: Site, place: Place, receive: (message: ToLoader) => void): Frame {
  const at = (path: string) => new URL(`${path}?desk=${encodeURIComponent(place.desk)}`, site.base);
  const source = at("widget/panel");
  const element = create("iframe");
  let { language } = place;
  let waiting: ToPanel[] = [];
  let ready = false;
  let port: MessagePort | undefined;

  const down = (settled = false) => receive({ type: "down", settled });
  const timer = setTimeout(down, READY_MS);
  const ticket = () => fetchTicket(at("api/widget/ticket"));
  const firstTicket = async () => {
    const given = await ticket();
    if (isDown(given)) down(isRefused(given));
    return given;
  };
  // Fetched while the frame loads. A frame that loads again, as the page moved it, needs another.
  let first: Promise<Ticket> | undefined = firstTicket();

  const name = (next: string) => {
    language = next;
    element.title = site.label(next);
  };

  const hear = async (message: ToLoader) => {
    if (message.type === "ready") {
      clearTimeout(timer);
      ready = true;
      waiting.splice(0).forEach(frame.send);
      site.emit("ready");
    }
    if (message.type === "event") {
      if (message.name === "language") {
        site.language = (message.detail as { language: string }).language;
        name(site.language);
        site.update();
      }
      site.emit(message.name, message.detail);
    }
    if (message.type === "unread") mark(place.desk, message.seen);
    if (message.type === "ticket") frame.send({ type: "ticket", id: message.id, ...(await ticket()) });
    else receive(message);
  };

  element.onload = async () => {
    const { port1, port2 } = new MessageChannel();
    ready = false;
    port?.close();
    port = port1;
    port1.onmessage = ({ data }) => hear(data);
    const given = await (first ?? firstTicket());
    first = undefined;
    if (port !== port1 || isDown(given)) return;
    const { greeting, email } = site.options;
    const init: Init = {
      polydesk: PROTOCOL,
      type: "init",
      mode: place.mode,
      language,
      theme: themeOf(place.host),
      greeting,
      email,
      identity: site.identity,
      seen: marked(place.desk),
      ...given,
    };
    element.contentWindow?.postMessage(init, source.origin, [port2]);
  };

  const frame: Frame = {
    element,
    isReady: () => ready,
    send(message) {
      if (ready) port?.postMessage(message);
      else waiting.push(message);
    },
    setLanguage(next) {
      name(next);
      frame.send({ type: "language", language: next });
    },
    remove() {
      clearTimeout(timer);
      port?.close();
      port = undefined;
      element.remove();
    },
  };
  name(language);
  element.allow = "clipboard-write";
  element.src = source.href;
  place.into.appendChild(element);
  return frame;
}

export function themeOf(host: Element): Theme {
  const style = getComputedStyle(host);
  const value = (name: string) => style.getPropertyValue(`--polydesk-${name}`).trim();
  const scheme = value("scheme");
  return {
    scheme: scheme === "light" || scheme === "dark" ? scheme : "auto",
    accent: value("accent"),
    radius: value("radius"),
    font: value("font"),
  };
}
