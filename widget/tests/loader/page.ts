/** A host page for tests: the script tag, the launcher in it, and what a panel would say. */

import { expect, vi } from "vitest";
import { createBridge } from "../../src/bridge/main.ts";
import type { Polydesk } from "../../src/loader/api.ts";
import { start } from "../../src/loader/launcher.ts";
import { PROTOCOL, type Init, type ToLoader, type ToPanel } from "../../src/protocol.ts";

export interface Page {
  polydesk: Polydesk;
  root: ShadowRoot;
  launcher: HTMLButtonElement;
  mail: HTMLAnchorElement;
  /** How often the bridge was loaded. */
  loads: () => number;
  panel: () => HTMLIFrameElement | null;
}

/** Where closed roots can be found: a page has no way to them. */
const roots = new WeakMap<Element, ShadowRoot>();
const attach = Element.prototype.attachShadow;
Element.prototype.attachShadow = function (options) {
  const root = attach.call(this, options);
  roots.set(this, root);
  return root;
};
export const rootOf = (element: Element) => roots.get(element)!;

export const TICKETS = "https://desk.example/api/widget/ticket?desk=default";

/** Answers the loader's requests for tickets; the last status goes on for ever. */
export function answerTickets(...statuses: number[]) {
  const fetcher = vi.fn(async (_url: string, _options: RequestInit) => {
    const status = (statuses.length > 1 ? statuses.shift() : statuses[0]) ?? 200;
    if (!status) throw new TypeError("Failed to fetch");
    return new Response(status === 200 ? '{"ticket":"t"}' : "{}", { status });
  });
  vi.stubGlobal("fetch", fetcher);
  return fetcher;
}

export function include(attributes = "", body = "", { fails = false } = {}): Page {
  document.body.innerHTML = `${body}<script src="https://desk.example/widget.js" type="none" ${attributes}></script>`;
  const load = vi.fn(async () => {
    if (fails) throw new TypeError("Failed to fetch dynamically imported module");
    return { createBridge };
  });
  const polydesk = start(document.querySelector("script")!, load);
  window.polydesk = polydesk;
  const root = rootOf(document.querySelector("polydesk-widget")!);
  return {
    polydesk,
    root,
    launcher: root.querySelector("button")!,
    mail: root.querySelector("a")!,
    loads: () => load.mock.calls.length,
    panel: () => root.querySelector("iframe"),
  };
}

export interface Panel {
  init: Init;
  target: string;
  said: ToPanel[];
  say(message: ToLoader): void;
}

/** Plays the panel in the frame: takes the first message and its port. */
export async function answerFrame(frame: HTMLIFrameElement): Promise<Panel> {
  const post = vi.fn();
  Object.defineProperty(frame, "contentWindow", { value: { postMessage: post }, configurable: true });
  frame.onload?.(new Event("load"));
  await vi.waitFor(() => expect(post).toHaveBeenCalledOnce());
  const [init, target, [port]] = post.mock.calls[0] as [Init, string, [MessagePort]];
  if (init.polydesk !== PROTOCOL) throw new Error("not a first message");
  const said: ToPanel[] = [];
  port.onmessage = ({ data }) => said.push(data);
  return { init, target, said, say: (message) => port.postMessage(message) };
}
