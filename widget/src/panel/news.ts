import type { PanelEventName, ToLoader } from "../protocol.ts";
import { plainText } from "./plain.ts";
import type { Store } from "./store.ts";
import type { Message, State } from "./values.ts";
import { languageOf } from "./verbatim.ts";

/** Longer than any screen reader needs to take it up, and short enough that nobody finds the text twice. */
const SAID_MS = 20_000;

/** What is new, for those who do not see it: screen readers, the launcher's badge, listeners on the host page. */
export class News {
  private key = 0;
  /** The last message that was seen; Infinity for all that there are. */
  private seen = Infinity;
  private told = "";

  constructor(
    private readonly store: Store,
    private readonly send: (message: ToLoader) => void,
    /** `seen`, as the page before this one left it. */
    private before: number,
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
  }

  turned(state: State): void {
    this.tell("handoff", { state });
  }

  /** Another conversation is open; `restored`: the one that was when the page came. */
  turn(restored: boolean): void {
    this.seen = restored ? this.before : Infinity;
    this.count();
  }

  /** Counts what came while the panel was closed, on this page or since the last one. */
  count(): void {
    const { open, restoring, transcript, desk } = this.store.view;
    const { messages, state } = transcript;
    if (open) this.seen = this.before = Infinity;
    if (restoring) return;
    const came = messages.filter(({ author, status }) => author !== "visitor" && status !== "streaming");
    this.seen = Math.min(this.seen, came.at(-1)?.number ?? 0);
    const count = came.filter(({ number }) => number > this.seen).length;
    const awaited = count > 0 || state !== "bot" || messages.some(({ status }) => status === "streaming");
    const seen = awaited && !desk.fresh ? this.seen : null;
    if (this.told === (this.told = `${count} ${seen}`)) return;
    this.send({ type: "unread", count, seen });
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
