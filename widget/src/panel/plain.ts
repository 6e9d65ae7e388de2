import { blocksOf, type Block, type Inline } from "./markdown.ts";

/** A Markdown text as it is read aloud: no markers, no signs of Markdown, no addresses. */
export function plainText(markdown: string): string {
  return blocksOf(markdown, (address) => address)
    .map(ofBlock)
    .join("\n")
    .replace(/[ \t]+/g, " ")
    .replace(/ ([.,;:!?])/g, "$1")
    .trim();
}

/** The text without its markers, as Markdown. */
export function withoutMarkers(markdown: string): string {
  return markdown.replace(/[ \t]*\[\d{1,3}\](?![(:])/g, "").trim();
}

function ofBlock(block: Block): string {
  switch (block.kind) {
    case "paragraph":
    case "heading":
      return ofInlines(block.parts);
    case "code":
      return block.text;
    case "quote":
      return block.blocks.map(ofBlock).join("\n");
    case "list":
      return block.items.map((item) => item.map(ofBlock).join(" ")).join("\n");
    case "table":
      return [block.head, ...block.rows].map((row) => row.map(ofInlines).join(", ")).join("\n");
    case "rule":
      return "";
  }
}

function ofInlines(parts: readonly Inline[]): string {
  return parts
    .map((part): string => {
      switch (part.kind) {
        case "text":
        case "code":
          return part.text;
        case "break":
          return "\n";
        case "marker":
          return "";
        default:
          return ofInlines(part.parts);
      }
    })
    .join("");
}
