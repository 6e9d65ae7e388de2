import { useEffect, useRef, useState } from "preact/hooks";
import { useChat } from "./context.ts";
import { Email } from "./email.tsx";
import { Icon, type IconName } from "./icons.tsx";
import { NEW } from "./outbox.ts";
import { languageName } from "./phrases.ts";
import { Sheet } from "./sheet.tsx";

/** Whom the visitor talks to, and what can be done with the conversation as a whole. */
export function Head() {
  const chat = useChat();
  const { desk, mode, transcript, phrases } = chat.view;
  const person =
    transcript.state === "person" ? transcript.messages.findLast(({ author }) => author === "person") : undefined;
  const who =
    transcript.state === "person" ? person?.name || chat.say("widget.person_label") : chat.say("widget.ai_label");
  return (
    <header class="head">
      <div class="who">
        <h1 id="title">
          <bdi>{desk.name || chat.say("page.title")}</bdi>
        </h1>
        <p class={`by ${transcript.state}`}>
          <bdi>{who}</bdi>
        </p>
      </div>
      {phrases.languages.length > 0 && <Menu />}
      {mode === "popover" && (
        <button
          type="button"
          class="round"
          aria-label={chat.say("widget.close")}
          title={chat.say("widget.close")}
          onClick={() => chat.close()}
        >
          <Icon name="close" />
        </button>
      )}
    </header>
  );
}

function Menu() {
  const chat = useChat();
  const { phrases, conversation, transcript, desk, phase } = chat.view;
  const others = chat.view.others.filter(({ id }) => id !== conversation);
  const [open, setOpen] = useState(false);
  const [erasing, setErasing] = useState(false);
  const place = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (!open) return undefined;
    const left = (event: Event) => {
      if (!place.current?.contains(event.target as Node)) setOpen(false);
    };
    document.addEventListener("pointerdown", left);
    document.addEventListener("focusin", left);
    return () => {
      document.removeEventListener("pointerdown", left);
      document.removeEventListener("focusin", left);
    };
  }, [open]);
  const show = () => {
    setOpen(!open);
    if (phase === "ready" && !open) void chat.list();
  };
  const shut = () => {
    setOpen(false);
    button.current?.focus();
  };
  const item = (name: IconName, key: string, action: () => void) => (
    <li>
      <button type="button" class="item" onClick={action}>
        <Icon name={name} />
        {chat.say(key)}
      </button>
    </li>
  );
  const then = (action: () => void) => () => {
    shut();
    action();
  };
  const begun = phase === "ready" && conversation !== NEW;
  return (
    <div
      class="menu"
      ref={place}
      onKeyDown={(event) => {
        if (event.key !== "Escape" || !open) return;
        event.preventDefault();
        shut();
      }}
    >
      <button
        type="button"
        class="round"
        ref={button}
        aria-label={chat.say("widget.menu")}
        title={chat.say("widget.menu")}
        aria-expanded={open}
        aria-controls="menu"
        onClick={show}
      >
        <Icon name="menu" />
      </button>
      <div id="menu" class="drop" hidden={!open}>
        <div class="language">
          <Icon name="globe" />
          <label class="unseen" for="language">
            {chat.say("widget.language")}
          </label>
          <select
            id="language"
            value={phrases.language}
            onChange={(event) => void chat.speak(event.currentTarget.value, true)}
          >
            {phrases.languages.map((code) => (
              <option key={code} value={code} lang={code}>
                {languageName(code)}
              </option>
            ))}
          </select>
        </div>
        {begun && (
          <ul>
            {desk.person &&
              transcript.state === "bot" &&
              item(
                "person",
                "widget.talk_to_person",
                then(() => void chat.askForPerson()),
              )}
            {item(
              "fresh",
              "widget.new_conversation",
              then(() => chat.turnTo(NEW)),
            )}
            {item(
              "bin",
              "widget.delete_conversation",
              then(() => setErasing(true)),
            )}
          </ul>
        )}
        {others.length > 0 && (
          <div class="earlier">
            <h2>{chat.say("widget.earlier")}</h2>
            <ul>
              {others.map(({ id, preview }) => (
                <li key={id}>
                  <button type="button" class="item" onClick={then(() => chat.turnTo(id))}>
                    <span dir="auto">{preview}</span>
                  </button>
                </li>
              ))}
            </ul>
          </div>
        )}
        <Email />
      </div>
      {erasing && <Erasing opener={button.current} closed={() => setErasing(false)} />}
    </div>
  );
}

function Erasing({ opener, closed }: { opener: HTMLElement | null; closed(): void }) {
  const chat = useChat();
  const erase = () => {
    closed();
    opener?.focus();
    void chat.erase();
  };
  return (
    <Sheet title={chat.say("widget.delete_conversation")} opener={opener} closed={closed}>
      <p>{chat.say("widget.delete_question")}</p>
      <div class="row">
        <button type="button" class="button danger" onClick={erase}>
          {chat.say("widget.delete_yes")}
        </button>
        <button type="button" class="text" onClick={(event) => event.currentTarget.closest("dialog")?.close()}>
          {chat.say("widget.cancel")}
        </button>
      </div>
    </Sheet>
  );
}
