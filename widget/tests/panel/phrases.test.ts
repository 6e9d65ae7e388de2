import { describe, expect, it } from "vitest";
import { directionOf, filled, languageName, phrasesIn, sayer, WORDLESS } from "../../src/panel/phrases.ts";

const desk = (phrases: Record<string, string>) =>
  (async (url: string) => {
    expect(url).toBe("https://desk.example/base/api/phrases?language=ar-EG");
    return Response.json({ language: "ar", languages: ["ar", "en"], phrases });
  }) as typeof fetch;

describe("phrases", () => {
  it("come from the desk, wherever it lies, in the language that it has", async () => {
    const phrases = await phrasesIn(
      "ar-EG",
      "https://desk.example/base/",
      desk({ direction: "rtl", "widget.send": "x" }),
    );
    expect(phrases).toMatchObject({ language: "ar", direction: "rtl", languages: ["ar", "en"] });
    expect(sayer(phrases)("widget.send")).toBe("x");
  });

  it("are missing without harm", async () => {
    const phrases = await phrasesIn("ar-EG", "https://desk.example/base/", desk({}));
    expect(phrases.direction).toBe("ltr");
    expect(sayer(phrases)("widget.send")).toBe("");
    expect(sayer(WORDLESS)("widget.send")).toBe("");
  });

  it("are an error where the desk gives none", async () => {
    const down = (async () => new Response(null, { status: 503 })) as typeof fetch;
    await expect(phrasesIn("de", "https://desk.example/", down)).rejects.toThrow();
  });

  it("have places, of which unknown ones stay", () => {
    expect(filled("{count} of {limit}", { count: 3 })).toBe("3 of {limit}");
    expect(filled("{name}", { name: "$& <b>" })).toBe("$& <b>");
  });
});

describe("languages", () => {
  it("have their own names", () => {
    expect(languageName("fr")).toBe("Français");
    expect(languageName("de", "en")).toBe("German");
    expect(languageName("not a language")).toBe("not a language");
  });

  it("have directions", () => {
    expect([
      directionOf("ar-EG"),
      directionOf("he"),
      directionOf("pa-Arab"),
      directionOf("zh"),
      directionOf(""),
    ]).toEqual(["rtl", "rtl", "rtl", "ltr", undefined]);
  });
});
