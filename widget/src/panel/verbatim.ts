import type { Answer } from "./values.ts";

/** The words before a marker, or several. */
const SENTENCE = /([^]*?)\s*\[(\d{1,3})\](?:\s*\[\d{1,3}\])*/g;

/** The languages of what an answer says in the very words of its sources: by their numbers, empty where it does not. */
export function languagesOf(answer: Answer): Map<number, string> {
  const sources = new Map(answer.citations.map((citation) => [citation.n, citation]));
  const said = [...answer.text.matchAll(SENTENCE)].map(([, words, n]) => ({ words: words!.trim(), of: sources.get(+n!) }));
  const verbatim = said.every(({ words, of }) => of?.quote.includes(words));
  return new Map(verbatim ? said.map(({ of }) => [of!.n, of!.language]) : []);
}

/** The language of a text of the desk's, as far as it is one: "" where it is in several. */
export function languageOf({ language, answer }: { language: string; answer: Answer | null }): string {
  const found = new Set(answer ? languagesOf(answer).values() : []);
  return found.size > 1 ? "" : ([...found][0] ?? language);
}
