/** The panel beside the launcher or, on a phone, over the page. */

import { sheetOf } from "../loader/dom.ts";
import type { Site } from "../loader/site.ts";
import { openFrame, themeOf, type Frame } from "./frame.ts";
import css from "./popover.css?inline";

export interface Popover {
  /** The panel, which is loaded if it was not. */
  load(): Frame;
  loaded(): Frame | undefined;
  open(focus?: boolean): void;
  close(): void;
  toggle(): void;
  destroy(): void;
}

export function createPopover(site: Site): Popover {
  const { host, root, section, button } = site;
  // What lies behind a panel that covers the screen stays where it is.
  const still = sheetOf("@media (max-width:480px),(max-height:480px){html{overflow:hidden!important}}");
  let frame: Frame | undefined;
  let opened = false;
  /** Whether the visitor opened it, and so is to be in it. */
  let focus = false;
  let back: Element | null = null;

  // The keyboard of a phone, and the bars of its browser, leave less than the window's height. Who magnifies a part of
  // the page wants to see that part, not all of the panel in it.
  const follow = () => {
    const view = window.visualViewport;
    const whole = opened && view && view.scale < 1.01;
    site.style.setProperty("--polydesk-top", whole ? `${view.offsetTop}px` : "");
    site.style.setProperty("--polydesk-height", whole ? `${view.height}px` : "");
  };

  const turn = (open: boolean) => {
    opened = open;
    for (const name of ["resize", "scroll"]) {
      if (open) window.visualViewport?.addEventListener(name, follow);
      else window.visualViewport?.removeEventListener(name, follow);
    }
    follow();
    button.setAttribute("aria-expanded", `${open}`);
    show();
    site.emit(open ? "open" : "close");
  };

  /** Until the panel is ready the launcher stays, so that a visitor with a slow line can change their mind. */
  const show = () => {
    const ready = !!frame?.isReady();
    const seen = opened && ready;
    const others = document.adoptedStyleSheets.filter((sheet) => sheet !== still);
    document.adoptedStyleSheets = seen ? others.concat(still) : others;
    section.classList.toggle("open", seen);
    button.setAttribute("aria-busy", `${opened && !ready}`);
    if (!frame || !ready) return;
    frame.element.inert = !opened;
    if (!opened) return frame.send({ type: "closed" });
    // Whoever went elsewhere in the meantime is not called back.
    focus &&= document.activeElement === back;
    if (focus) frame.element.focus();
    frame.send({ type: "opened", focus });
  };

  const popover: Popover = {
    loaded: () => frame,
    load() {
      if (frame) return frame;
      const { language, options } = site;
      const place = { mode: "popover" as const, desk: options.desk, language, host, into: section };
      frame = openFrame(site, place, (message) => {
        if (message.type === "ready") {
          site.down = false;
          site.update();
          show();
        }
        if (message.type === "close") popover.close();
        if (message.type === "unread" && message.count !== site.unread) {
          site.unread = message.count;
          site.update();
          site.emit("unread", { count: message.count });
        }
        if (message.type === "down") {
          const focused = root.activeElement;
          site.fail(message.settled);
          popover.destroy();
          // The address, if there is one, stands where the launcher was.
          if (focused) section.querySelector("a")?.focus();
        }
      });
      frame.element.inert = true;
      return frame;
    },
    open(wanted = true) {
      if (opened) return;
      focus = wanted;
      back = document.activeElement;
      popover.load().send({ type: "theme", theme: themeOf(host) });
      turn(true);
    },
    close() {
      if (!opened) return;
      const focused = root.activeElement === frame?.element;
      turn(false);
      if (!focused) return;
      const before = back === host || back === document.body ? null : (back as HTMLElement | null);
      (before?.isConnected ? before : button).focus();
    },
    toggle: () => (opened ? popover.close() : popover.open()),
    destroy() {
      popover.close();
      frame?.remove();
      frame = undefined;
    },
  };
  button.onkeydown = ({ key }) => {
    if (key === "Escape") popover.close();
  };
  root.adoptedStyleSheets = root.adoptedStyleSheets.concat(sheetOf(css));
  return popover;
}
