import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { useChat } from "./context.ts";
import { languageName } from "./phrases.ts";

export interface Said {
  text: string;
  language: string;
}

interface Props {
  original: Said;
  translation: Said | null;
  /** The language of what stands around; another one is named. */
  around: string;
  children: (said: Said) => ComponentChildren;
}

/** A text with its translation, one at a time, and a line that tells which. */
export function Translated({ original, translation, around, children }: Props) {
  const chat = useChat();
  const [turned, turn] = useState(false);
  const name = original.language ? languageName(original.language, chat.view.phrases.language) : "…";
  const foreign = Boolean(original.language) && original.language !== around;
  return (
    <>
      {children(translation && !turned ? translation : original)}
      {translation ? (
        <p class="fact">
          {!turned && <span>{chat.say("widget.translated", { language: name })} </span>}
          <button type="button" class="text" aria-pressed={turned} onClick={() => turn(!turned)}>
            {chat.say(turned ? "widget.show_translation" : "widget.show_original")}
          </button>
        </p>
      ) : foreign ? (
        <p class="fact">{chat.say("widget.quote_language", { language: name })}</p>
      ) : null}
    </>
  );
}
