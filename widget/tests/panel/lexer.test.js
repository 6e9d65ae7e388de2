import { Lexer, Tokenizer } from "marked";
import { expect, test } from "vitest";
import marked from "../../node_modules/marked/lib/marked.esm.js?raw";
import { lexerOf } from "../../only-the-lexer.ts";
import payloads from "../xss.json";

const PIECES = [
  "*", "**", "_", "~~", "`", "```\n", "[", "](", "]", ")", "<", ">", "!", "|", "- ", "1. ", "# ", "> ", "    ", "\t", "---\n",
  "\n", "\n\n", " ", "a", "b ", "https://x.example", "me@x.example", "<b>", "&amp;", "\\", "| a | b |\n|---|---|\n", "[1]",
  "[1]: /x\n", "- [x] ", "http:", "=", "\r\n",
];

/** What it makes of a text, with the panel's options. */
function tokens({ Lexer, Tokenizer }, text) {
  class Reader extends Tokenizer {
    def = () => undefined;
    reflink = () => undefined;
  }
  return JSON.stringify(new Lexer({ gfm: true, breaks: true, tokenizer: new Reader() }).lex(text));
}

test("what is left of marked reads every text as the whole of it does", async () => {
  const reduced = await import(/* @vite-ignore */ `data:text/javascript,${encodeURIComponent(lexerOf(marked))}`);
  let seed = 7;
  const next = (below) => (seed = (seed * 48271) % 2147483647) % below;
  const texts = Array.from({ length: 4000 }, () =>
    Array.from({ length: 2 + next(24) }, () => PIECES[next(PIECES.length)]).join(""),
  );
  for (const text of [...texts, ...payloads.map(String)])
    expect(tokens(reduced, text), JSON.stringify(text)).toBe(tokens({ Lexer, Tokenizer }, text));
});
