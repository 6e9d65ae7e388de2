/** The panel in a `<polydesk-chat>` of the page. */

import { create, shadowOf } from "../loader/dom.ts";
import { languageAt } from "../loader/language.ts";
import type { Site } from "../loader/site.ts";
import { openFrame, type Frame } from "./frame.ts";
import css from "./inline.css?inline";

/** An element has one root for life, however often it comes and goes. */
const roots = new WeakMap<HTMLElement, ShadowRoot>();

/** Fills the element with the panel; attributes: desk, language. */
export function fill(site: Site, host: HTMLElement): Frame {
  const into = roots.get(host) ?? shadowOf(host, css).root;
  roots.set(host, into);
  const { options } = site;
  const place = {
    mode: "inline" as const,
    desk: host.getAttribute("desk") || options.desk,
    language: languageAt(host, host.getAttribute("language") || options.language),
    host,
    into,
  };
  into.replaceChildren();
  const frame = openFrame(site, place, (message) => {
    if (message.type !== "down") return;
    frame.remove();
    site.fail(message.settled);
    if (!options.email) return;
    const link = create("a");
    link.href = `mailto:${options.email}`;
    link.textContent = options.email;
    into.replaceChildren(link);
  });
  return frame;
}
