import { useState } from "preact/hooks";
import { Pending, Question, Reply, Thinking } from "./bubble.tsx";
import { useChat } from "./context.ts";
import { Icon } from "./icons.tsx";
import { NEW } from "./outbox.ts";
import { useScroll } from "./scroll.ts";
import { Quote } from "./sources.tsx";
import type { Answer, Citation } from "./values.ts";

interface Opened {
  citation: Citation;
  answer: Answer;
  opener: HTMLElement;
}

/** The conversation. It is no live region: what is finished is said elsewhere, once. */
export function Messages() {
  const chat = useChat();
  const { transcript, outgoing, restoring, conversation } = chat.view;
  const { messages } = transcript;
  const [opened, open] = useState<Opened | null>(null);
  const known = new Set(messages.map((message) => message.client_id).filter(Boolean));
  const pending = outgoing.filter((entry) => !known.has(entry.clientId));
  const asked = outgoing.length;
  const { frame, below, toEnd } = useScroll(messages, pending, asked);
  const last = messages.at(-1);
  // Between the acceptance of a question and the first word about its answer.
  const waiting =
    transcript.state !== "person" && pending.some((entry) => entry.progress === "sent" || entry.progress === "sending");
  return (
    <div class="conversation">
      <main class="log" ref={frame} tabIndex={0} aria-label={chat.say("widget.log")} aria-busy={restoring || undefined}>
        <Welcome />
        {restoring && !messages.length && (
          <div class="skeleton" aria-hidden="true">
            <i />
            <i />
            <i />
          </div>
        )}
        <ol class="messages">
          {messages.map((message, place) =>
            message.author === "visitor" ? (
              <Question
                key={message.client_id || message.number}
                text={message.text}
                // Questions are answered in their own language.
                language={messages[place + 1]?.answer?.language}
              />
            ) : (
              <Reply
                key={message.number}
                message={message}
                last={message === last && !pending.length}
                open={(citation, opener) => message.answer && open({ citation, answer: message.answer, opener })}
              />
            ),
          )}
          {pending.map((entry) => (
            <Pending key={entry.clientId} entry={entry} />
          ))}
          {waiting && (
            <li class="message bot">
              <div class="bubble">
                <Thinking />
              </div>
            </li>
          )}
        </ol>
        {conversation === NEW && !outgoing.length && <Suggestions />}
      </main>
      {below && (
        <button type="button" class="below" onClick={toEnd}>
          {chat.say("widget.new_messages")}
          <Icon name="below" />
        </button>
      )}
      {opened && <Quote {...opened} closed={() => open(null)} />}
    </div>
  );
}

/** Who speaks here, before anything is said. */
function Welcome() {
  const chat = useChat();
  return (
    <div class="welcome">
      <p class="greeting" dir="auto">
        {chat.view.greeting || chat.say("widget.greeting")}
      </p>
      <p class="notice">
        <Icon name="spark" />
        <span>{chat.say("ai.notice")}</span>
      </p>
    </div>
  );
}

function Suggestions() {
  const chat = useChat();
  const { suggestions } = chat.view;
  if (!suggestions.length) return null;
  return (
    <div class="suggestions">
      <h2>{chat.say("widget.suggestions")}</h2>
      <ul>
        {suggestions.map((text) => (
          <li key={text}>
            <button type="button" dir="auto" onClick={() => chat.send(text)}>
              {text}
            </button>
          </li>
        ))}
      </ul>
    </div>
  );
}
