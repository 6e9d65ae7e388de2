import { render } from "preact";
import { afterEach, describe, expect, it } from "vitest";
import { safeLink } from "../../src/panel/links.ts";
import { plainText } from "../../src/panel/plain.ts";
import { Prose } from "../../src/panel/text.tsx";
import payloads from "../xss.json";

const DESK = "https://desk.example/widget/panel?desk=shop";
const ELEMENTS = new Set(
  "A BLOCKQUOTE BR CODE DEL DIV EM HR LI OL P PRE SPAN STRONG TABLE TBODY TD TH THEAD TR UL".split(" "),
);
const ATTRIBUTES = new Set("class dir lang href rel target start scope tabindex".split(" "));

afterEach(() => render(null, document.body));

function shown(markdown: string): HTMLElement {
  render(<Prose language="en" markdown={markdown} />, document.body);
  return document.body;
}

describe("payloads as texts", () => {
  it("are many", () => expect(payloads.length).toBeGreaterThanOrEqual(150));

  it.each(payloads)("%s", (payload) => {
    for (const text of [
      payload,
      `Sentence. ${payload} [1]`,
      `> - ${payload}`,
      `| ${payload} |\n|---|\n| ${payload} |`,
    ]) {
      for (const element of shown(text).querySelectorAll("*")) {
        expect(ELEMENTS).toContain(element.tagName);
        for (const { name } of element.attributes) expect(ATTRIBUTES).toContain(name);
      }
      for (const link of document.body.querySelectorAll("a")) {
        expect(link.getAttribute("rel")).toBe("noopener nofollow ugc");
        expect(link.getAttribute("target")).toBe("_blank");
        expect(link.getAttribute("href")).toMatch(/^(https:\/\/|mailto:|tel:|http:\/\/localhost)/);
      }
    }
  });

  it.each(payloads)("as an address: %s", (payload) => {
    const address = safeLink(payload, DESK);
    if (address) expect(address).toMatch(/^(https:\/\/[^/@]+\/|mailto:|tel:)/);
  });

  it("are read aloud as they are written", () => {
    expect(plainText("<img src=x onerror=alert(1)> **now** [1]")).toBe("<img src=x onerror=alert(1)> now");
  });
});
