/** Which message the visitor saw last, kept by the page while they await another: its next page counts from there. */

import { MARK } from "../loader/mark.ts";

/** By its number; Infinity where nothing is awaited, or the page keeps nothing. */
export function marked(desk: string): number {
  try {
    return Number(localStorage.getItem(MARK + desk) ?? Infinity);
  } catch {
    return Infinity;
  }
}

/** Keeps the number; null forgets it. */
export function mark(desk: string, seen: number | null): void {
  try {
    if (seen === null) localStorage.removeItem(MARK + desk);
    else localStorage.setItem(MARK + desk, `${seen}`);
  } catch {
    // Then the launcher counts from when it is loaded.
  }
}
