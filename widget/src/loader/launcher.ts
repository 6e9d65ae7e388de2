/** The launcher, and what the page can call. All else is loaded when somebody wants the panel. */

import directions from "virtual:phrase/direction";
import labels from "virtual:phrase/widget.launcher";
import type { Listener, Polydesk } from "./api.ts";
import { create, shadowOf } from "./dom.ts";
import { defineInline } from "./inline.ts";
import { languageAt, nearest, textIn } from "./language.ts";
import css from "./launcher.css?inline";
import { optionsOf } from "./options.ts";
import type { Bridge, Site } from "./site.ts";

const SVG = "http://www.w3.org/2000/svg";
const BUBBLE = "M4 3h16a3 3 0 0 1 3 3v9a3 3 0 0 1-3 3h-8l-6 5v-5H4a3 3 0 0 1-3-3V6a3 3 0 0 1 3-3z";
/** Narrower windows are filled by the panel, which must not open by itself there. */
const NARROW = 480;

export type Load = (address: string) => Promise<{ createBridge(site: Site): Bridge }>;

export function start(script: HTMLScriptElement, load: Load): Polydesk {
  const options = optionsOf(script.dataset);
  const host = create("polydesk-widget");
  const { root, style } = shadowOf(host, css);
  const section = create("section");
  const button = create("button");
  const badge = create("b");
  const link = create("a");
  const listeners = new Set<{ name: string; listener: Listener }>();
  let bridge: Promise<Bridge | undefined> | undefined;
  let inlines = 0;
  let timer = 0;

  const site: Site = {
    base: new URL(".", script.src),
    options,
    language: languageAt(script, options.language),
    chosen: !!options.language,
    identity: "",
    unread: 0,
    down: false,
    host,
    root,
    section,
    button,
    style,
    label: (language) => options.label || textIn(labels, language),
    update() {
      const label = site.label(site.language);
      section.lang = nearest(labels, site.language);
      section.dir = textIn(directions, site.language);
      section.hidden = inlines > 0;
      button.hidden = site.down || options.hideLauncher;
      link.hidden = !site.down || !options.email;
      badge.textContent = site.unread ? `${site.unread}` : "";
      button.setAttribute("aria-label", site.unread ? `${label} (${site.unread})` : label);
    },
    emit(name, detail) {
      listeners.forEach((entry) => {
        if (entry.name !== name) return;
        try {
          entry.listener(detail);
        } catch (error) {
          console.error(error); // The page's own fault must not stop the chat.
        }
      });
    },
  };

  /** Has the bridge do something; loads it unless it is there or `only` those that are there matter. */
  const tell = async (act: (bridge: Bridge) => void, only?: boolean) => {
    if (only && !bridge) return;
    bridge ??= load(new URL(BRIDGE, site.base).href)
      .then((module) => module.createBridge(site))
      .catch(() => {
        bridge = undefined;
        site.down = true;
        site.update();
        return undefined;
      });
    const loaded = await bridge;
    if (loaded) act(loaded);
  };

  const polydesk: Polydesk = {
    open: () => tell((bridge) => bridge.open()),
    close: () => tell((bridge) => bridge.close(), true),
    toggle: () => tell((bridge) => bridge.toggle()),
    ask: (text) => tell((bridge) => bridge.ask(text)),
    identify(token) {
      site.identity = token;
      tell((bridge) => bridge.identify(token), true);
    },
    setLanguage(language) {
      site.language = language;
      site.chosen = true;
      site.update();
      tell((bridge) => bridge.setLanguage(language), true);
    },
    on(name, listener) {
      const entry = { name, listener };
      listeners.add(entry);
      return () => listeners.delete(entry);
    },
    destroy() {
      tell((bridge) => bridge.destroy(), true);
      bridge = new Promise(() => {}); // What is called from now on waits for ever.
      observer.disconnect();
      clearTimeout(timer);
      host.remove();
      listeners.clear();
      if (window.polydesk === polydesk) delete window.polydesk;
    },
    push: ([name, ...values]) => (polydesk as unknown as Record<string, (...values: unknown[]) => void>)[name]?.(...values),
  };

  const icon = document.createElementNS(SVG, "svg");
  const bubble = document.createElementNS(SVG, "path");
  bubble.setAttribute("d", BUBBLE);
  icon.setAttribute("viewBox", "0 0 24 24");
  icon.append(bubble);
  button.setAttribute("aria-haspopup", "dialog");
  button.setAttribute("aria-expanded", "false");
  button.append(icon, options.label, badge);
  button.onclick = polydesk.toggle;
  button.onpointerenter = button.onfocus = button.ontouchstart = () => site.down || tell((bridge) => bridge.load());
  button.onkeydown = ({ key }) => {
    if (key === "Escape") polydesk.close();
  };
  link.href = `mailto:${options.email}`;
  link.textContent = options.email;
  section.className = options.position;
  section.append(button, link);
  root.append(section);
  for (const name of Object.keys(options.style)) style.setProperty(name, options.style[name]!, "important");

  const count = (change: number) => {
    inlines += change;
    site.update();
  };
  defineInline({
    connect(element) {
      count(1);
      tell((bridge) => bridge.connect(element));
    },
    disconnect(element) {
      count(-1);
      tell((bridge) => bridge.disconnect(element), true);
    },
    rename: (element) => tell((bridge) => bridge.rename(element), true),
  });
  site.update();

  // There may be no body yet, and pages that change without a load may replace it, or all that is in it.
  const attach = () => {
    const { body } = document;
    if (!body || host.parentNode === body) return;
    body.append(host);
    observer.observe(body, { childList: true });
  };
  // Later, so that a page which removes what it does not know cannot be kept busy by it.
  const observer = new MutationObserver(() => {
    timer = setTimeout(attach);
  });
  observer.observe(document.documentElement, { childList: true });
  attach();
  if (options.open && innerWidth > NARROW) tell((bridge) => bridge.open(false));
  return polydesk;
}
