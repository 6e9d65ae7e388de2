/** What the loader loads when somebody wants the panel: the way to the panel, and all that it does to the host page. */

import { languageAt } from "../loader/language.ts";
import type { Bridge, Site } from "../loader/site.ts";
import type { Frame } from "./frame.ts";
import { fill } from "./inline.ts";
import { createPopover } from "./popover.ts";

export function createBridge(site: Site): Bridge {
  const popover = createPopover(site);
  const inlines = new Map<HTMLElement, Frame>();
  // Where the page has a panel of its own, the calls are for that.
  const own = (): Frame | undefined => inlines.values().next().value;
  const each = (change: (frame: Frame) => void) => {
    inlines.forEach(change);
    const frame = popover.loaded();
    if (frame) change(frame);
  };

  const bridge: Bridge = {
    load() {
      if (!own()) popover.load();
    },
    open(focus) {
      const frame = own();
      if (frame) frame.element.focus();
      else popover.open(focus);
    },
    close: popover.close,
    toggle() {
      if (own()) bridge.open();
      else popover.toggle();
    },
    ask(text) {
      bridge.open();
      (own() ?? popover.load()).send({ type: "ask", text });
    },
    identify: (token) => each((frame) => frame.send({ type: "identify", token })),
    setLanguage: (language) => each((frame) => frame.setLanguage(language)),
    connect(element) {
      popover.close();
      bridge.disconnect(element);
      // It may have gone while the bridge was on its way.
      if (element.isConnected) inlines.set(element, fill(site, element));
    },
    disconnect(element) {
      inlines.get(element)?.remove();
      inlines.delete(element);
    },
    rename(element) {
      const language = languageAt(element, element.getAttribute("language") ?? site.options.language);
      inlines.get(element)?.setLanguage(language);
    },
    destroy() {
      popover.destroy();
      inlines.forEach((_, element) => bridge.disconnect(element));
    },
  };
  return bridge;
}
