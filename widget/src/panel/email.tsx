import { useChat } from "./context.ts";

const ADDRESS = /^[^\s@<>"]+@[^\s@<>"]+$/;

/** Another way to the team, where the desk names one. */
export function Email() {
  const chat = useChat();
  const { email } = chat.view.desk;
  if (!ADDRESS.test(email)) return null;
  const [before = "", after = ""] = (chat.say("widget.email") || "{email}").split("{email}");
  return (
    <p class="fact">
      {before}
      <a href={`mailto:${email}`}>
        <bdi>{email}</bdi>
      </a>
      {after}
    </p>
  );
}
