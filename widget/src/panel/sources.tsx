import { useChat } from "./context.ts";
import { Icon } from "./icons.tsx";
import { safeLink, UNTRUSTED } from "./links.ts";
import { Sheet } from "./sheet.tsx";
import { Prose } from "./text.tsx";
import { Translated } from "./translated.tsx";
import type { Answer, Citation } from "./values.ts";

export type Open = (citation: Citation, opener: HTMLElement) => void;

/** Where a citation leads: the title of its page, and of the section. */
export function placeOf({ title, heading }: Citation): { page: string; section: string } {
  const section = heading.at(-1) || title;
  return { page: section === title ? "" : title, section };
}

/** The number of a source within the text. Until the sources are known it cannot be pressed. */
export function Chip({ n, answer, open }: { n: number; answer: Answer | null; open: Open }) {
  const chat = useChat();
  const citation = answer?.citations.find((other) => other.n === n);
  if (answer && !citation) return <> [{n}]</>;
  if (!citation)
    return (
      <span class="chip waiting">
        <span>{n}</span>
      </span>
    );
  const label = chat.say("widget.source", { number: n, title: placeOf(citation).section });
  return (
    <button
      type="button"
      class="chip"
      aria-label={label}
      aria-haspopup="dialog"
      onClick={(event) => open(citation, event.currentTarget)}
    >
      <span>{n}</span>
    </button>
  );
}

export function Sources({ answer, open }: { answer: Answer; open: Open }) {
  const chat = useChat();
  if (!answer.citations.length) return null;
  return (
    <div class="sources">
      <h2>{chat.say("widget.sources")}</h2>
      <ol>
        {answer.citations.map((citation) => {
          const { page, section } = placeOf(citation);
          const href = safeLink(citation.url);
          return (
            <li key={citation.n}>
              <button
                type="button"
                class="source"
                aria-haspopup="dialog"
                onClick={(event) => open(citation, event.currentTarget)}
              >
                <span class="number">{citation.n}</span>
                <span class="place" lang={citation.language} dir="auto">
                  <span class="section">{section}</span>
                  {page && <span class="page">{page}</span>}
                </span>
              </button>
              {href && (
                <a
                  class="round"
                  href={href}
                  {...UNTRUSTED}
                  aria-label={`${chat.say("widget.open_source")}: ${section}`}
                >
                  <Icon name="open" />
                </a>
              )}
            </li>
          );
        })}
      </ol>
    </div>
  );
}

interface QuoteProps {
  citation: Citation;
  answer: Answer;
  opener: HTMLElement;
  closed(): void;
}

/** The words of a source, in their own language and, where there is one, in translation. */
export function Quote({ citation, answer, opener, closed }: QuoteProps) {
  const chat = useChat();
  const { page, section } = placeOf(citation);
  const href = safeLink(citation.url);
  const original = { text: citation.quote, language: citation.language };
  const translation = citation.translation ? { text: citation.translation, language: answer.language } : null;
  return (
    <Sheet title={section} opener={opener} closed={closed} closeLabel={chat.say("widget.close_source")}>
      {page && (
        <p class="page" dir="auto">
          {page}
        </p>
      )}
      <Translated original={original} translation={translation} around={answer.language}>
        {({ text, language }) => <Prose tag="blockquote" language={language} markdown={text} />}
      </Translated>
      {href && (
        <a class="button" href={href} {...UNTRUSTED}>
          {chat.say("widget.open_source")}
          <Icon name="open" />
        </a>
      )}
    </Sheet>
  );
}
