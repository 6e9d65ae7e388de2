import { render } from "preact";
import { afterEach, describe, expect, it } from "vitest";
import { plainText, withoutMarkers } from "../../src/panel/plain.ts";
import { Prose } from "../../src/panel/text.tsx";

afterEach(() => render(null, document.body));

function html(markdown: string, language = "en", spoken: string[] = []): string {
  render(<Prose language={language} markdown={markdown} marker={{ shown: (n) => <sup>{n}</sup>, language: (n) => spoken[n] ?? "" }} />, document.body);
  return document.body.firstElementChild!.innerHTML;
}

describe("Prose", () => {
  it("shows paragraphs, emphasis, code and line ends", () => {
    expect(html("**a** *b* `c`\nd")).toBe('<p dir="auto"><strong>a</strong> <em>b</em> <code>c</code><br>d</p>');
  });

  it("shows lists, numbered from where they begin", () => {
    expect(html("3. a\n4. b")).toMatch(/^<ol dir="auto" start="3"><li>.*a.*<\/li><li>.*b/);
    expect(html("- a\n  - b").match(/<ul/g)).toHaveLength(2);
  });

  it("shows tables in a frame that scrolls", () => {
    const table = html("| a | b |\n|---|--:|\n| 1 | 2 |");
    expect(table).toContain('<div class="table" tabindex="0"><table dir="auto">');
    expect(table).toContain('<th scope="col">a</th><th scope="col" class="align-right">b</th>');
  });

  it("shows rows of a table that lost its head", () => {
    const table = html("| 625 Wh | 9 h |\n| 418 Wh | a \\| b |");
    expect(table).not.toContain("<thead>");
    expect(table.match(/<tr>/g)).toHaveLength(2);
    expect(table).toContain("<td>a | b</td>");
  });

  it("keeps the pipes of code", () => {
    expect(html("```\n| a |\n```")).toContain("<code>| a |</code>");
  });

  it("shows headings as emphasised lines, so that the page keeps its outline", () => {
    expect(html("# Title")).toBe('<p dir="auto" class="heading"><strong>Title</strong></p>');
  });

  it("shows markup and images as text", () => {
    expect(html("<b>x</b> ![a bike](https://x.example/a.png)")).toBe('<p dir="auto">&lt;b&gt;x&lt;/b&gt; a bike</p>');
  });

  it("keeps markers with the word before them, also many", () => {
    expect(html("In five days. [1] [2] Then")).toBe(
      '<p dir="auto">In five <span class="together">days.<sup>1</sup><sup>2</sup></span> Then</p>',
    );
  });

  it("marks sentences of another language", () => {
    expect(html("One **or** two. [1] Drei. [2]", "", ["", "en", "de"])).toBe(
      '<p dir="auto"><span lang="en">One <strong>or</strong> <span class="together">two.<sup>1</sup></span></span>' +
        '<span lang="de"> <span class="together">Drei.<sup>2</sup></span></span></p>',
    );
  });

  it("has no markers in code and in links", () => {
    expect(html("`a[1]` [see [1]](https://x.example)")).not.toContain("<sup>");
  });

  it("makes no links of markers, whatever a text defines", () => {
    html("Refund [1] [x][1]\n\n[1]: https://evil.example");
    expect(document.body.querySelectorAll("sup")).toHaveLength(3);
    expect(document.body.querySelectorAll("a sup")).toHaveLength(0);
  });

  it("gives markers alone the direction of the text they stand in", () => {
    render(<Prose language="ar" markdown={"| أ |\n|---|\n| ب |\n\n[1]"} />, document.body);
    expect(document.body.firstElementChild!.getAttribute("dir")).toBe("rtl");
    expect(document.body.querySelector("p")!.hasAttribute("dir")).toBe(false);
  });

  it("survives what is nested without end", () => {
    for (const text of [">".repeat(3000), "- ".repeat(3000), "*".repeat(5000), "[".repeat(5000), "(".repeat(5000)]) {
      expect(() => html(`${text} end`)).not.toThrow();
      expect(document.body.textContent).toContain("end");
    }
  });
});

describe("plain texts", () => {
  it("are read aloud without signs", () => {
    expect(plainText("**We** refund [1].\n\n- a\n- [b](https://x.example)")).toBe("We refund.\na\nb");
  });

  it("are copied without markers", () => {
    expect(withoutMarkers("We refund. [1][2] Then [a](https://x.example) [3]")).toBe(
      "We refund. Then [a](https://x.example)",
    );
  });
});
