import { createContext } from "preact";
import { useContext, useEffect, useState } from "preact/hooks";
import type { Chat } from "./chat.ts";
import type { View } from "./view.ts";

export const ChatContext = createContext<Chat | null>(null);

export function useChat(): Chat {
  const chat = useContext(ChatContext);
  if (!chat) throw new Error("no chat");
  return chat;
}

/** The view, drawn anew whenever it changes. */
export function useView(chat: Chat): View {
  const [view, setView] = useState(chat.view);
  useEffect(() => {
    setView(chat.view);
    return chat.subscribe(() => setView(chat.view));
  }, [chat]);
  return view;
}
