/** The fixed words of a language; English stands where a language lacks some. */
export interface Phrases {
  language: string;
  direction: "ltr" | "rtl";
  /** Every language that the desk has words for. */
  languages: readonly string[];
  words: Readonly<Record<string, string>>;
}

export const WORDLESS: Phrases = { language: "en", direction: "ltr", languages: [], words: {} };

/** Throws where the desk does not give any. */
export async function phrasesIn(language: string, base: string, fetcher: typeof fetch = fetch): Promise<Phrases> {
  const address = new URL("api/phrases", base);
  address.searchParams.set("language", language);
  const response = await fetcher(address.href, { credentials: "omit", signal: AbortSignal.timeout(15_000) });
  if (!response.ok) throw new Error(`phrases: ${response.status}`);
  const body = (await response.json()) as { language: string; languages: string[]; phrases: Record<string, string> };
  const direction = body.phrases["direction"] === "rtl" ? "rtl" : "ltr";
  return { language: body.language, direction, languages: body.languages, words: body.phrases };
}

export type Say = (key: string, values?: Record<string, string | number>) => string;

/** Says phrases with their `{places}` filled; one that is missing is "". */
export function sayer(phrases: Phrases): Say {
  return (key, values = {}) => filled(phrases.words[key] ?? "", values);
}

export function filled(phrase: string, values: Record<string, string | number>): string {
  return phrase.replace(/\{(\w+)\}/g, (place, name: string) => String(values[name] ?? place));
}

/** A language's name in another language, or in itself; its code where the browser knows neither. */
export function languageName(code: string, shownIn = code): string {
  try {
    const name = new Intl.DisplayNames([shownIn], { type: "language" }).of(code) ?? code;
    return shownIn === code ? name.charAt(0).toLocaleUpperCase(code) + name.slice(1) : name;
  } catch {
    return code;
  }
}

const LEFTWARDS = new Set(["Adlm", "Arab", "Hebr", "Mand", "Nkoo", "Rohg", "Samr", "Syrc", "Thaa"]);

/** How a language is written; undefined where it is not known. */
export function directionOf(language: string): "ltr" | "rtl" | undefined {
  if (!language) return undefined;
  try {
    return LEFTWARDS.has(new Intl.Locale(language).maximize().script ?? "") ? "rtl" : "ltr";
  } catch {
    return undefined;
  }
}
