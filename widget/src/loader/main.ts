/** widget.js: what a host page includes. */

import type { Polydesk } from "./api.ts";
import { start } from "./launcher.ts";

// A page may hold an image or a form with any name, which must not pass for the script.
const current = document.currentScript;
const script =
  current instanceof HTMLScriptElement ? current : document.querySelector<HTMLScriptElement>('script[src*="widget.js"]');
const before = window.polydesk as Partial<Polydesk> | undefined;

// Included twice, or run again by a page that changes without a load, it has nothing to do.
if (script && !before?.destroy) {
  const polydesk = (window.polydesk = start(script, (address) => import(/* @vite-ignore */ address)));
  if (Array.isArray(before)) before.forEach(polydesk.push);
}
