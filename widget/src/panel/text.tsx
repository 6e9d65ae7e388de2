import type { ComponentChildren } from "preact";
import { useMemo } from "preact/hooks";
import { safeLink, UNTRUSTED } from "./links.ts";
import { blocksOf, type Block, type Inline } from "./markdown.ts";
import { directionOf } from "./phrases.ts";

export interface Marker {
  shown(n: number): ComponentChildren;
  /** Of the words before it, where it is not that of all; "" where it is. */
  language(n: number): string;
}

const literal: Marker = { shown: (n) => `[${n}]`, language: () => "" };

/** What is set in a language. Its blocks have directions of their own; what has none runs as the language does. */
export function Prose({
  tag: Tag = "div",
  language,
  ...rest
}: { tag?: "div" | "blockquote"; language: string } & TextProps) {
  return (
    <Tag class="prose" lang={language} dir={directionOf(language)}>
      <Text {...rest} />
    </Tag>
  );
}

interface TextProps {
  markdown: string;
  marker?: Marker;
}

/**
 * A Markdown text of whomever: answers, history, words of people, quotes. What comes out is elements of a fixed list with
 * text in them; no part of the text ever becomes markup, and nothing of it is loaded.
 */
export function Text({ markdown, marker = literal }: TextProps) {
  const blocks = useMemo(() => blocksOf(markdown, safeLink), [markdown]);
  return <>{blocks.map((block, place) => shown(block, place, marker))}</>;
}

// `dir="auto"` on each block: sentences of an answer may be in several languages.
function shown(block: Block, key: number, marker: Marker): ComponentChildren {
  const inline = (parts: readonly Inline[]) => inlines(parts, marker);
  const inner = (blocks: readonly Block[]) => blocks.map((one, place) => shown(one, place, marker));
  switch (block.kind) {
    case "paragraph":
      // Markers alone have no direction; they run with what they belong to.
      return (
        <p key={key} dir={block.parts.some(worded) ? "auto" : undefined}>
          {inline(block.parts)}
        </p>
      );
    case "heading":
      return (
        <p key={key} dir="auto" class="heading">
          <strong>{inline(block.parts)}</strong>
        </p>
      );
    case "code":
      return (
        <pre key={key} dir="ltr" tabIndex={0}>
          <code>{block.text}</code>
        </pre>
      );
    case "quote":
      return (
        <blockquote key={key} dir="auto">
          {inner(block.blocks)}
        </blockquote>
      );
    case "rule":
      return <hr key={key} />;
    case "list": {
      const items = block.items.map((item, place) => <li key={place}>{tight(item, marker)}</li>);
      if (block.start === null)
        return (
          <ul key={key} dir="auto">
            {items}
          </ul>
        );
      return (
        <ol key={key} dir="auto" start={block.start}>
          {items}
        </ol>
      );
    }
    case "table": {
      const align = (place: number) => (block.aligns[place] ? `align-${block.aligns[place]}` : undefined);
      return (
        <div key={key} class="table" tabIndex={0}>
          <table dir="auto">
            {block.head.some((cell) => cell.length) && (
              <thead>
                <tr>
                  {block.head.map((cell, place) =>
                    cell.length ? (
                      <th key={place} scope="col" class={align(place)}>
                        {inline(cell)}
                      </th>
                    ) : (
                      <td key={place} />
                    ),
                  )}
                </tr>
              </thead>
            )}
            <tbody>
              {block.rows.map((row, line) => (
                <tr key={line}>
                  {row.map((cell, place) => (
                    <td key={place} class={align(place)}>
                      {inline(cell)}
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      );
    }
  }
}

function worded(part: Inline): boolean {
  return part.kind === "text" ? part.text.trim() !== "" : part.kind !== "marker" && part.kind !== "break";
}

/** A list's item without the paragraph around its only text. */
function tight(blocks: readonly Block[], marker: Marker): ComponentChildren {
  return blocks.map((block, place) =>
    block.kind === "paragraph" ? <span key={place}>{inlines(block.parts, marker)} </span> : shown(block, place, marker),
  );
}

/** The end of a word that its markers stay with on one line; no more of it, as some languages write without spaces. */
const WORD = /\S{1,12}$/;

function inlines(parts: readonly Inline[], marker: Marker): ComponentChildren {
  const shown: ComponentChildren[] = [];
  let sentence = 0;
  for (let place = 0; place < parts.length; place += 1) {
    const part = parts[place]!;
    const start = place;
    const markers: ComponentChildren[] = [];
    let language = "";
    for (let next = parts[place + 1]; part.kind === "text" && next?.kind === "marker"; next = parts[place + 1]) {
      markers.push(marker.shown(next.n));
      language ||= marker.language(next.n);
      place += 1;
    }
    if (part.kind === "text" && markers.length) {
      const word = WORD.exec(part.text)?.[0] ?? "";
      shown.push(part.text.slice(0, part.text.length - word.length));
      shown.push(
        <span key={start} class="together">
          {word}
          {markers}
        </span>,
      );
    } else shown.push(inlined(part, start, marker));
    if (!markers.length) continue;
    const words = shown.splice(sentence);
    shown.push(language ? <span lang={language}>{words}</span> : words);
    sentence = shown.length;
  }
  return shown;
}

function inlined(part: Inline, key: number, marker: Marker): ComponentChildren {
  const inner = (parts: readonly Inline[]) => inlines(parts, marker);
  switch (part.kind) {
    case "text":
      return part.text;
    case "break":
      return <br key={key} />;
    case "code":
      return <code key={key}>{part.text}</code>;
    case "strong":
      return <strong key={key}>{inner(part.parts)}</strong>;
    case "em":
      return <em key={key}>{inner(part.parts)}</em>;
    case "del":
      return <del key={key}>{inner(part.parts)}</del>;
    case "link":
      return (
        <a key={key} href={part.href} {...UNTRUSTED}>
          {inner(part.parts)}
        </a>
      );
    case "marker":
      return marker.shown(part.n);
  }
}
