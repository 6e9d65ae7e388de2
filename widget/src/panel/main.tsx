import { render } from "preact";
import { Chat } from "./chat.ts";
import { Panel } from "./panel.tsx";
import { connected } from "./wire.ts";

// This page is <desk>/widget/panel, wherever on its server the desk lies.
const base = new URL("../", location.href).href;
const desk = new URLSearchParams(location.search).get("desk") || "default";

const chat = new Chat(await connected(), base, desk);
render(<Panel chat={chat} />, document.body);
chat.start();
