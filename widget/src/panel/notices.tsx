import { useChat } from "./context.ts";

/** What the visitor should know right now: said to screen readers as it appears. */
export function Notices() {
  const chat = useChat();
  const { line, note, problem, outgoing, transcript } = chat.view;
  const stuck = outgoing.some(({ progress }) => progress === "queued");
  const lines = [
    line === "offline" ? "widget.offline" : line === "lost" || stuck ? "widget.reconnecting" : "",
    transcript.state === "waiting" ? "widget.waiting" : transcript.state === "person" ? "widget.person_joined" : "",
    note,
  ].filter(Boolean);
  return (
    <div class="notices" role="status" aria-atomic="false">
      {lines.map((key) => (
        <p key={key}>{chat.say(key)}</p>
      ))}
      {problem && <p class="error">{problem}</p>}
    </div>
  );
}

/** Says each finished message to screen readers once; the conversation itself is silent while it is written. */
export function Announcer() {
  const chat = useChat();
  const { spoken, transcript, outgoing } = chat.view;
  const busy =
    outgoing.some(({ progress }) => progress === "sent") ||
    transcript.messages.some(({ status }) => status === "streaming");
  return (
    <>
      <div class="unseen" role="log" aria-live="polite" aria-relevant="additions">
        {spoken.map(({ key, name, text, language }) => (
          <p key={key}>
            <span>{name}: </span>
            <span lang={language} dir="auto">
              {text}
            </span>
          </p>
        ))}
      </div>
      <p class="unseen" role="status">
        {busy ? chat.say("widget.searching") : ""}
      </p>
    </>
  );
}
