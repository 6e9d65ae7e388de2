import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { useChat } from "./context.ts";
import { Icon } from "./icons.tsx";
import { lengthOf, LIMIT, NEAR, sends } from "./typing.ts";

const ROWS = 6;

/** Where questions are typed. */
export function Composer() {
  const chat = useChat();
  const { openings, transcript, phrases } = chat.view;
  const field = useRef<HTMLTextAreaElement>(null);
  const composedAt = useRef(-Infinity);
  const [text, setText] = useState("");
  const length = lengthOf(text.trim());
  const busy = transcript.messages.some((message) => message.status === "streaming");

  useEffect(() => {
    // On touch screens the focus would bring up the keyboard, over what the visitor came to read.
    if (openings && matchMedia("(hover: hover) and (pointer: fine)").matches) field.current?.focus();
  }, [openings]);

  useLayoutEffect(() => grow(field.current), [text]);

  const submit = (event?: Event) => {
    event?.preventDefault();
    if (!length || length > LIMIT) return;
    chat.send(text.trim());
    setText("");
    field.current?.focus();
  };

  const counter =
    length > LIMIT
      ? chat.say("widget.too_long", { count: length - LIMIT })
      : length > NEAR
        ? `${length} / ${LIMIT}`
        : "";
  return (
    <form class="composer" aria-label={chat.say("widget.question")} onSubmit={submit}>
      <div class="field">
        <label class="unseen" for="question">
          {chat.say("widget.question")}
        </label>
        <textarea
          ref={field}
          id="question"
          // An empty field with "auto" would show its placeholder from the left in any language.
          dir={text ? "auto" : phrases.direction}
          rows={1}
          placeholder={chat.say("widget.placeholder")}
          enterkeyhint="send"
          autocomplete="off"
          aria-describedby="counter"
          aria-invalid={length > LIMIT || undefined}
          value={text}
          onInput={(event) => setText(event.currentTarget.value)}
          onCompositionEnd={(event) => (composedAt.current = event.timeStamp)}
          onKeyDown={(event) => sends(event, composedAt.current) && submit(event)}
        />
        {busy && (
          <button
            type="button"
            class="stop"
            aria-label={chat.say("widget.stop")}
            title={chat.say("widget.stop")}
            onClick={() => chat.stop()}
          >
            <Icon name="stop" />
          </button>
        )}
        {(!busy || length > 0) && (
          <button
            type="submit"
            class="send"
            aria-label={chat.say("widget.send")}
            title={chat.say("widget.send")}
            disabled={!length || length > LIMIT}
          >
            <Icon name="send" />
          </button>
        )}
      </div>
      <p id="counter" class={length > LIMIT ? "counter error" : "counter"} role="status">
        {counter}
      </p>
    </form>
  );
}

/** As many rows as the text needs; where the browser cannot do that by itself. */
function grow(field: HTMLTextAreaElement | null): void {
  if (!field || CSS.supports("field-sizing", "content")) return;
  field.rows = 1;
  while (field.rows < ROWS && field.scrollHeight > field.clientHeight + 1) field.rows += 1;
}
