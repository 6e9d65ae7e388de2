import { useEffect, useRef } from "preact/hooks";
import type { Chat } from "./chat.ts";
import { Composer } from "./composer.tsx";
import { ChatContext, useView } from "./context.ts";
import { Email } from "./email.tsx";
import { Head } from "./head.tsx";
import { Messages } from "./messages.tsx";
import { Announcer, Notices } from "./notices.tsx";

/** The page in the iframe. */
export function Panel({ chat }: { chat: Chat }) {
  const view = useView(chat);
  const place = useRef<HTMLDivElement>(null);
  const popover = view.mode === "popover";
  const worded = view.phrases.languages.length > 0;

  useEffect(() => {
    document.title = view.desk.name || chat.say("page.title");
  }, [view.desk.name, view.phrases]);

  useEffect(() => {
    const escaped = (event: KeyboardEvent) => {
      if (event.key !== "Escape" || event.defaultPrevented || event.isComposing) return;
      if (!document.querySelector("dialog[open]")) chat.close();
    };
    document.addEventListener("keydown", escaped);
    return () => document.removeEventListener("keydown", escaped);
  }, [chat]);

  useEffect(() => {
    // Where the composer does not take the focus, the dialog does, so that a screen reader comes in at its beginning.
    if (view.openings && !place.current?.contains(document.activeElement)) place.current?.focus();
  }, [view.openings]);

  const role = popover ? ({ role: "dialog", "aria-labelledby": "title" } as const) : {};
  return (
    <ChatContext.Provider value={chat}>
      <div class={`panel ${view.mode}`} ref={place} tabIndex={-1} {...role}>
        {worded && <Head />}
        {view.phase === "down" ? (
          <Away words="widget.unavailable" />
        ) : view.phase === "signed_out" ? (
          <Away words="widget.signed_out" />
        ) : (
          worded && <Talk />
        )}
      </div>
    </ChatContext.Provider>
  );
}

function Talk() {
  return (
    <>
      <Messages />
      <Notices />
      <Composer />
      <Announcer />
    </>
  );
}

/** Instead of a conversation. */
function Away({ words }: { words: string }) {
  return (
    <ChatContext.Consumer>
      {(chat) => (
        <main class="away" role="main">
          <p role="status">{chat?.say(words)}</p>
          <Email />
        </main>
      )}
    </ChatContext.Consumer>
  );
}
