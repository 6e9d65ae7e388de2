/** The launcher, and what the page can call. All else is loaded when somebody wants the panel. */

import directions from "virtual:phrase/direction";
import labels from "virtual:phrase/widget.launcher";
import { PROTOCOL } from "../protocol.ts";
import type { Listener, Polydesk } from "./api.ts";
import { create, shadowOf } from "./dom.ts";
import { defineInline } from "./inline.ts";
import { languageAt, nearest } from "./language.ts";
import css from "./launcher.css?inline";
import { MARK } from "./mark.ts";
import { optionsOf } from "./options.ts";
import type { Bridge, Site } from "./site.ts";

/** Named for what it fits to: a loader that was cached, or stands in a page for days, finds the bridge of a newer desk. */
const BRIDGE = `widget/assets/bridge-${PROTOCOL}.js`;
/** Narrower and lower windows are filled by the panel, which must not open by itself there. */
const NARROW = 480;
/** Until a desk that is down is looked for again, longer each time; a random time of up to as long is added. */
const LOOK_MS = 5_000;
/** After which a panel comes in whose visitor awaits an answer: the page itself is done then. */
const AWAITED_MS = 1_000;

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
  const inlines = new Set<HTMLElement>();
  let bridge: Promise<Bridge | undefined> | undefined;
  let timer = 0;
  let look = 0;
  let looks = 0;

  const site: Site = {
    base: new URL(".", script.src),
    options,
    language: languageAt(script, options.language),
    identity: "",
    unread: 0,
    down: false,
    host,
    root,
    section,
    button,
    style,
    label: (language) => options.label || labels[nearest(labels, language)]!,
    update() {
      const label = site.label(site.language);
      section.lang = nearest(labels, site.language);
      section.dir = directions[section.lang] ?? "ltr";
      section.hidden = inlines.size > 0;
      button.hidden = site.down || options.hideLauncher;
      link.hidden = !site.down || !options.email;
      badge.textContent = site.unread ? `${site.unread}` : "";
      button.setAttribute("aria-label", site.unread ? `${label} (${site.unread})` : label);
    },
    fail(settled) {
      site.down = true;
      site.update();
      if (!settled) watch();
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
    // What could not be loaded under an address some browsers never load under it again.
    bridge ??= load(new URL(`${BRIDGE}?${looks}`, site.base).href)
      .then((module) => module.createBridge(site))
      .catch(() => {
        bridge = undefined;
        site.fail();
        return undefined;
      });
    const loaded = await bridge;
    if (loaded) act(loaded);
  };

  /** Looks for the desk, ever more seldom and only while the page is seen, until it is back. */
  const watch = () => {
    const mine = (look = setTimeout(async () => {
      if (document.hidden) return watch();
      looks++;
      const { ok } = await fetch(script.src, { method: "HEAD", cache: "no-store" }).catch(() => Response.error());
      if (look !== mine) return; // Another look was begun, or all is destroyed.
      if (!ok) return watch();
      site.down = false;
      site.update();
      inlines.forEach(connect);
    }, LOOK_MS * Math.min(2 ** looks, 64) * (1 + Math.random())));
  };

  const preload = () => tell((bridge) => bridge.load());
  const connect = (element: HTMLElement) => tell((bridge) => bridge.connect(element));

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
      clearTimeout(look);
      look = 0;
      host.remove();
      listeners.clear();
      if (window.polydesk === polydesk) delete window.polydesk;
    },
    push: ([name, ...values]) => (polydesk as unknown as Record<string, (...values: unknown[]) => void>)[name]?.(...values),
  };

  button.setAttribute("aria-haspopup", "dialog");
  button.setAttribute("aria-expanded", "false");
  button.append(options.label, badge);
  button.onclick = polydesk.toggle;
  button.onpointerenter = button.onfocus = () => site.down || preload();
  link.href = `mailto:${options.email}`;
  link.textContent = options.email;
  section.className = options.position;
  section.append(button, link);
  root.append(section);
  for (const [name, value] of options.style) style.setProperty(name, value, "important");

  defineInline({
    connect(element) {
      inlines.add(element);
      site.update();
      connect(element);
    },
    disconnect(element) {
      inlines.delete(element);
      site.update();
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
  if (options.open && Math.min(innerWidth, innerHeight) > NARROW) tell((bridge) => bridge.open(false));
  try {
    if (localStorage[MARK + options.desk]) setTimeout(preload, AWAITED_MS);
  } catch {
    // The page keeps nothing.
  }
  return polydesk;
}
