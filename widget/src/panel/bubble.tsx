import { Actions } from "./actions.tsx";
import { useChat } from "./context.ts";
import { Email } from "./email.tsx";
import type { Entry } from "./outbox.ts";
import { Chip, Sources, type Open } from "./sources.tsx";
import { Prose } from "./text.tsx";
import { Translated } from "./translated.tsx";
import type { Message } from "./values.ts";
import { languageOf, languagesOf } from "./verbatim.ts";

interface Props {
  message: Message;
  /** Whether nothing was said after it. */
  last: boolean;
  open: Open;
}

/** A message of the bot or of a person, with all that belongs to it. */
export function Reply({ message, last, open }: Props) {
  const chat = useChat();
  const { status, author, answer } = message;
  const streaming = status === "streaming";
  const name = author === "bot" ? chat.say("widget.ai_label") : message.name || chat.say("widget.person_label");
  return (
    <li class={`message ${author}`} aria-busy={streaming || undefined}>
      <p class={author === "person" ? "name" : "unseen"} dir="auto">
        {name}
      </p>
      {(message.text || streaming) && (
        <div class="bubble">
          {message.text ? (
            <Words message={message} open={open} />
          ) : (
            <Thinking step={stepOf(chat.view.transcript.step, message)} />
          )}
          {answer?.degraded.map((part) => (
            <p key={part} class="fact">
              {chat.say(`degraded.${part}`)}
            </p>
          ))}
          {answer && <Sources answer={answer} open={open} />}
        </div>
      )}
      {status === "stopped" && <p class="state">{chat.say("widget.stopped")}</p>}
      {status === "failed" && <p class="state error">{message.detail || chat.say("widget.failed")}</p>}
      {last && (status === "stopped" || status === "failed") && (
        <p class="row">
          <button type="button" class="button" onClick={() => chat.retry()}>
            {chat.say("widget.retry")}
          </button>
        </p>
      )}
      {status === "failed" && <Email />}
      {status === "done" && author === "bot" && answer && <Actions message={message} answer={answer} />}
      {last && (status === "failed" || answer?.status === "no_answer") && <PersonOffer />}
    </li>
  );
}

function Words({ message, open }: { message: Message; open: Open }) {
  const { answer, author } = message;
  const original = answer?.original;
  const languages = answer && languagesOf(answer);
  const said = { text: message.text, language: languageOf(message) };
  const marker = {
    shown: (n: number) => <Chip n={n} answer={answer} open={open} />,
    language: (n: number) => (said.language ? "" : (languages?.get(n) ?? "")),
  };
  return (
    <Translated original={original ?? said} translation={original ? said : null} around={(original ?? said).language}>
      {({ text, language }) => <Prose language={language} markdown={text} {...(author === "bot" ? { marker } : {})} />}
    </Translated>
  );
}

function stepOf(step: { number: number; step: string } | null, message: Message): string {
  return step?.number === message.number ? step.step : "";
}

/** What is being done while there are no words yet. */
export function Thinking({ step = "" }: { step?: string }) {
  const chat = useChat();
  return (
    <p class="thinking">
      <span class="dots" aria-hidden="true">
        <i />
        <i />
        <i />
      </span>
      {chat.say(step === "answer" ? "widget.writing" : "widget.searching")}
    </p>
  );
}

/** Offers a person where the desk has some, and nobody was asked yet. */
export function PersonOffer() {
  const chat = useChat();
  const { desk, transcript } = chat.view;
  if (!desk.person) return <Email />;
  if (transcript.state !== "bot") return null;
  return (
    <p class="row">
      <button type="button" class="button" onClick={() => chat.askForPerson()}>
        {chat.say("widget.talk_to_person")}
      </button>
    </p>
  );
}

/** A question that is not in the conversation yet. */
export function Pending({ entry }: { entry: Entry }) {
  const chat = useChat();
  const { progress, clientId } = entry;
  return (
    <Question text={entry.text} progress={progress}>
      {progress === "queued" && <p class="state">{chat.say("widget.queued")}</p>}
      {progress === "refused" && (
        <p class="state error">{[chat.say("widget.not_sent"), entry.detail].filter(Boolean).join(": ")}</p>
      )}
      {(progress === "queued" || progress === "refused") && (
        <p class="row">
          {progress === "refused" && (
            <button type="button" class="text" onClick={() => chat.resend(clientId)}>
              {chat.say("widget.retry")}
            </button>
          )}
          <button type="button" class="text" onClick={() => chat.cancel(clientId)}>
            {chat.say("widget.cancel")}
          </button>
        </p>
      )}
    </Question>
  );
}

interface QuestionProps {
  text: string;
  /** Where it is known. */
  language?: string | undefined;
  progress?: Entry["progress"];
  children?: preact.ComponentChildren;
}

/** What the visitor said, letter by letter. */
export function Question({ text, language = "", progress, children }: QuestionProps) {
  const chat = useChat();
  return (
    <li class={`message visitor ${progress ?? ""}`}>
      <p class="unseen">{chat.say("widget.you")}</p>
      <div class="bubble">
        <p class="verbatim" lang={language} dir="auto">
          {text}
        </p>
      </div>
      {children}
    </li>
  );
}
