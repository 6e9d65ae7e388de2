import { describe, expect, it } from "vitest";
import type { Answer, Citation } from "../../src/panel/values.ts";
import { languageOf, languagesOf } from "../../src/panel/verbatim.ts";

const sources = [
  { n: 1, language: "en", quote: "We refund within five days. The money goes back the way it came." },
  { n: 2, language: "de", quote: "| Akku | Preis |\n|---|---|\n| 418 Wh | 499 € |" },
] as Citation[];

function answer(text: string, citations = sources): Answer {
  return { text, citations, language: "fr" } as Answer;
}

function all(text: string, citations = sources): string {
  return languageOf({ language: "fr", answer: answer(text, citations) });
}

describe("The language of an answer", () => {
  it("is that of the source whose very words it says", () => {
    expect(all("We refund within five days. [1] The money goes back the way it came. [1]")).toBe("en");
    expect(all(`${sources[1]!.quote}\n\n[2]`)).toBe("de");
  });

  it("is none where the sources are in several, but each sentence has its own", () => {
    const text = `We refund within five days. [1]\n\n${sources[1]!.quote}\n\n[2]`;
    expect(all(text)).toBe("");
    expect(Object.fromEntries(languagesOf(answer(text)))).toEqual({ 1: "en", 2: "de" });
  });

  it("is the asker's where it is written for them, or says that there is no answer", () => {
    expect(all("Nous remboursons en cinq jours. [1] [2]")).toBe("fr");
    expect(all("We refund within five days. [1] Et voilà. [2]")).toBe("fr");
    expect(all("Aucune page n'en parle.", [])).toBe("fr");
    expect(all("We refund within five days. [7]")).toBe("fr");
    expect(languageOf({ language: "fr", answer: null })).toBe("fr");
  });
});
