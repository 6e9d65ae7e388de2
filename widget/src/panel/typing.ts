/** Of a question, in characters as people count them (code points, as the desk does). */
export const LIMIT = 2_000;
/** From here on what is left is shown. */
export const NEAR = 1_800;

/** Safari ends a composition before it reports the Enter that ended it; nobody presses twice within this. */
const COMPOSED_MS = 30;

export function lengthOf(text: string): number {
  return [...text].length;
}

interface Key {
  key: string;
  shiftKey: boolean;
  ctrlKey: boolean;
  altKey: boolean;
  metaKey: boolean;
  isComposing: boolean;
  keyCode: number;
  timeStamp: number;
}

/** Whether a key sends the question, and does not choose a word of an input method or begin a line. */
export function sends(event: Key, composedAt: number): boolean {
  if (event.key !== "Enter" || event.shiftKey || event.altKey) return false;
  // 229: a key that an input method took.
  return !event.isComposing && event.keyCode !== 229 && event.timeStamp - composedAt > COMPOSED_MS;
}
