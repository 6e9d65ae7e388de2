import type { PanelEventName, ToLoader } from "../protocol.ts";
import { plainText } from "./plain.ts";
import type { Store } from "./store.ts";
import type { Message, State } from "./values.ts";
import { languageOf } from "./verbatim.ts";

/** Longer than any screen reader needs to take it up, and short enough that nobody finds the text twice. */
const SAID_MS = 20_000;

/** What is new, for those who do not see it: screen readers, the launcher's badge, listeners on the host page. */
export class News {
  private unread = 0;
  private key = 0;

  constructor(
    private readonly store: Store,
    private readonly send: (message: ToLoader) => void,
  ) {}

  /** Texts stay in the panel: the host page learns that something was said, not what. */
  tell(name: PanelEventName, detail: Record<string, unknown>): void {
    this.send({ type: "event", name, detail });
  }

  /** A message is complete, seen or unseen. */
  finished(message: Message): void {
    const { number, author, status, answer, language } = message;
    this.tell("message", { number, author, status });
    if (author === "visitor") return;
    if (status === "failed") this.tell("error", { number, status: 0 });
    else if (author === "bot") {
      const citations = answer?.citations.length ?? 0;
      this.tell("answer", { number, status: answer?.status ?? status, language, citations });
    }
    this.speak(message);
    if (!this.store.view.open) this.count(this.unread + 1);
  }

  turned(state: State): void {
    this.tell("handoff", { state });
  }

  /** The panel was opened. */
  seen(): void {
    if (this.unread) this.count(0);
  }

  private count(unread: number): void {
    this.unread = unread;
    this.send({ type: "unread", count: unread });
  }

  private speak(message: Message): void {
    const { author, name, text, status, detail } = message;
    const say = (key: string) => this.store.say(key);
    const who = author === "bot" ? say("widget.ai_label") : name || say("widget.person_label");
    const end =
      status === "failed" ? detail || say("widget.failed") : status === "stopped" ? say("widget.stopped") : "";
    const key = ++this.key;
    const spoken = { key, name: who, text: [plainText(text), end].filter(Boolean).join(" "), language: languageOf(message) };
    this.store.set({ spoken: [...this.store.view.spoken, spoken] });
    setTimeout(() => {
      this.store.set({ spoken: this.store.view.spoken.filter((other) => other.key !== key) });
    }, SAID_MS);
  }
}
