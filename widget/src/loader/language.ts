/** The language of those there are: itself, the same without region, else English. */
export function nearest(texts: Record<string, unknown>, language: string): string {
  const found = [language, language.split(/[-_]/)[0]!.toLowerCase()].find((code) => Object.hasOwn(texts, code));
  return found ?? "en";
}

/** The language that is asked for, else that of the text around `near`, else the browser's. */
export function languageAt(near: Element, asked: string): string {
  return asked || near.closest<HTMLElement>("[lang]")?.lang || document.documentElement.lang || navigator.language;
}
