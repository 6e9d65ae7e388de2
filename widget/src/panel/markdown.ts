import { Lexer, Tokenizer, type MarkedToken } from "marked";

/** A piece of a text, as it may be shown: what is not on this list is a `text` with its own source. */
export type Inline =
  | { kind: "text"; text: string }
  | { kind: "break" }
  | { kind: "code"; text: string }
  | { kind: "strong" | "em" | "del"; parts: Inline[] }
  | { kind: "link"; href: string; parts: Inline[] }
  /** A marker such as [1]. */
  | { kind: "marker"; n: number };

export type Block =
  | { kind: "paragraph" | "heading"; parts: Inline[] }
  | { kind: "code"; text: string }
  | { kind: "quote"; blocks: Block[] }
  | { kind: "list"; start: number | null; items: Block[][] }
  | { kind: "table"; head: Inline[][]; rows: Inline[][][]; aligns: (Align | null)[] }
  | { kind: "rule" };

export type Align = "left" | "center" | "right";

/** Deeper structures are shown as their source. */
const DEPTH = 12;

/** Lines of a table without its head, as they stand where an answer takes some lines out of one. */
const ROWS = /^(?:\|.*\|[ \t]*(?:\n|$))+$/;

/** Markdown without definitions of links: with them, "[1]: https://…" would make links of the markers of citations. */
class Reader extends Tokenizer {
  override def(): undefined {
    return undefined;
  }

  override reflink(): undefined {
    return undefined;
  }
}

/** The blocks of a Markdown text. Never throws; whatever cannot be read is a paragraph of its source. */
export function blocksOf(markdown: string, safe: (address: string) => string): Block[] {
  try {
    return new Walk(safe).blocks(lexed(markdown), 0);
  } catch {
    return [{ kind: "paragraph", parts: [{ kind: "text", text: markdown }] }];
  }
}

function lexed(markdown: string): MarkedToken[] {
  return new Lexer({ gfm: true, breaks: true, tokenizer: new Reader() }).lex(markdown) as MarkedToken[];
}

/** An empty head for rows without one. */
function headless(rows: string): string {
  const cells =
    rows
      .trim()
      .split("\n", 1)[0]!
      .trim()
      .split(/(?<!\\)\|/).length - 2;
  return `|${" |".repeat(cells)}\n|${"---|".repeat(cells)}\n`;
}

class Walk {
  constructor(private readonly safe: (address: string) => string) {}

  blocks(tokens: readonly MarkedToken[], depth: number): Block[] {
    return tokens.flatMap((token) => this.block(token, depth));
  }

  private block(token: MarkedToken, depth: number): Block[] {
    const source: Block[] = [{ kind: "paragraph", parts: [{ kind: "text", text: token.raw.trimEnd() }] }];
    if (depth > DEPTH) return source;
    const inline = (tokens: readonly unknown[]) => this.inlines(tokens as MarkedToken[], depth + 1, false);
    const inner = (tokens: readonly unknown[]) => this.blocks(tokens as MarkedToken[], depth + 1);
    switch (token.type) {
      case "space":
      case "def":
        return [];
      case "paragraph":
        if (ROWS.test(token.raw)) return inner(lexed(`${headless(token.raw)}${token.raw}`));
        return [{ kind: "paragraph", parts: inline(token.tokens) }];
      case "text":
        return [{ kind: "paragraph", parts: token.tokens ? inline(token.tokens) : withMarkers(token.text) }];
      case "heading":
        return [{ kind: "heading", parts: inline(token.tokens) }];
      case "code":
        return [{ kind: "code", text: token.text }];
      case "blockquote":
        return [{ kind: "quote", blocks: inner(token.tokens) }];
      case "hr":
        return [{ kind: "rule" }];
      case "list": {
        const items = token.items.map((item) => {
          const box: Block[] = item.task
            ? [{ kind: "paragraph", parts: [{ kind: "text", text: item.checked ? "☑" : "☐" }] }]
            : [];
          return [...box, ...inner(item.tokens)];
        });
        return [{ kind: "list", start: token.ordered ? Number(token.start) : null, items }];
      }
      case "table": {
        const head = token.header.map((cell) => inline(cell.tokens));
        const rows = token.rows.map((row) => row.map((cell) => inline(cell.tokens)));
        return [{ kind: "table", head, rows, aligns: token.align as (Align | null)[] }];
      }
      default:
        return source;
    }
  }

  private inlines(tokens: readonly MarkedToken[], depth: number, linked: boolean): Inline[] {
    return tokens.flatMap((token) => this.inline(token, depth, linked));
  }

  private inline(token: MarkedToken, depth: number, linked: boolean): Inline[] {
    const source: Inline[] = [{ kind: "text", text: token.raw }];
    if (depth > DEPTH) return source;
    const inner = (tokens: readonly unknown[], within = linked) =>
      this.inlines(tokens as MarkedToken[], depth + 1, within);
    switch (token.type) {
      case "text":
        if ("tokens" in token && token.tokens) return inner(token.tokens);
        return linked ? [{ kind: "text", text: token.text }] : withMarkers(token.text);
      case "escape":
        return [{ kind: "text", text: token.text }];
      case "codespan":
        return [{ kind: "code", text: token.text }];
      case "br":
        return [{ kind: "break" }];
      case "strong":
      case "em":
      case "del":
        return [{ kind: token.type, parts: inner(token.tokens) }];
      case "link": {
        const href = linked ? "" : this.safe(token.href);
        // An address that may not be followed is shown for what it is.
        return href ? [{ kind: "link", href, parts: inner(token.tokens, true) }] : source;
      }
      case "image":
        return [{ kind: "text", text: token.text }];
      default:
        return source;
    }
  }
}

/** Parts of a text between its markers. A marker stands with the word before it, without the space between. */
function withMarkers(text: string): Inline[] {
  return text.split(/(?:(?<=\S)[ \t]+)?\[(\d{1,3})\]/).flatMap((part, place): Inline[] => {
    if (place % 2) return [{ kind: "marker", n: Number(part) }];
    return part ? [{ kind: "text", text: part }] : [];
  });
}
