import { useEffect, useState } from "preact/hooks";
import { copied } from "./clipboard.ts";
import { useChat } from "./context.ts";
import { Icon } from "./icons.tsx";
import { safeLink } from "./links.ts";
import { withoutMarkers } from "./plain.ts";
import { placeOf } from "./sources.tsx";
import type { Answer, Message, Value } from "./values.ts";
import { Reasons } from "./why.tsx";

const THANKS_MS = 4_000;

/** An answer as it is copied: its text without markers, then its sources. */
export function copyOf(answer: Answer): string {
  const sources = answer.citations.map((citation) =>
    [placeOf(citation).section, safeLink(citation.url)].filter(Boolean).join(" "),
  );
  return [withoutMarkers(answer.text), sources.join("\n")].filter(Boolean).join("\n\n");
}

/** What can be done with an answer: copy it, rate it, and for agents ask why it is so. */
export function Actions({ message, answer }: { message: Message; answer: Answer }) {
  const chat = useChat();
  const [done, setDone] = useState("");
  const [asking, ask] = useState(false);
  const [why, setWhy] = useState<HTMLElement | null>(null);
  useEffect(() => {
    if (!done) return undefined;
    const timer = setTimeout(() => setDone(""), THANKS_MS);
    return () => clearTimeout(timer);
  }, [done]);
  const rate = async (value: Value) => {
    const next = message.feedback === value ? null : value;
    ask(next === "down");
    if (await chat.rate(message.number, next)) setDone(next === "up" ? "widget.feedback_thanks" : "");
  };
  return (
    <>
      <div class="actions">
        <button
          type="button"
          class="round"
          aria-label={chat.say("widget.copy")}
          title={chat.say("widget.copy")}
          onClick={async () => (await copied(copyOf(answer))) && setDone("widget.copied")}
        >
          <Icon name={done === "widget.copied" ? "check" : "copy"} />
        </button>
        {(["up", "down"] as const).map((value) => {
          const label = chat.say(value === "up" ? "widget.helpful" : "widget.not_helpful");
          return (
            <button
              key={value}
              type="button"
              class="round"
              aria-label={label}
              title={label}
              aria-pressed={message.feedback === value}
              onClick={() => rate(value)}
            >
              <Icon name={value} />
            </button>
          );
        })}
        {chat.view.agent && (
          <button type="button" class="text" aria-haspopup="dialog" onClick={(event) => setWhy(event.currentTarget)}>
            {chat.say("widget.why")}
          </button>
        )}
        <span class="done" role="status">
          {done && chat.say(done)}
        </span>
      </div>
      {asking && message.feedback === "down" && (
        <Reason
          number={message.number}
          sent={() => {
            ask(false);
            setDone("widget.feedback_thanks");
          }}
          cancelled={() => ask(false)}
        />
      )}
      {why && <Reasons number={message.number} opener={why} closed={() => setWhy(null)} />}
    </>
  );
}

interface ReasonProps {
  number: number;
  sent(): void;
  cancelled(): void;
}

function Reason({ number, sent, cancelled }: ReasonProps) {
  const chat = useChat();
  const [reason, setReason] = useState("");
  const submit = async (event: Event) => {
    event.preventDefault();
    if (!reason.trim() || (await chat.rate(number, "down", reason.trim()))) sent();
  };
  const id = `reason-${number}`;
  return (
    <form class="reason" onSubmit={submit}>
      <label for={id}>{chat.say("widget.feedback_reason")}</label>
      <textarea
        id={id}
        dir="auto"
        rows={2}
        maxLength={1000}
        value={reason}
        onInput={(event) => setReason(event.currentTarget.value)}
      />
      <div class="row">
        <button type="submit" class="button">
          {chat.say("widget.feedback_send")}
        </button>
        <button type="button" class="text" onClick={cancelled}>
          {chat.say("widget.cancel")}
        </button>
      </div>
    </form>
  );
}
