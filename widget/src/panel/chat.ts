import type { ToPanel } from "../protocol.ts";
import { Desk } from "./desk.ts";
import { Door } from "./door.ts";
import { Keeper, openedFirst } from "./kept.ts";
import { Line } from "./line.ts";
import { News } from "./news.ts";
import { NEW, Outbox, type Outgoing, type Sent } from "./outbox.ts";
import { Refused, Session } from "./session.ts";
import { Store } from "./store.ts";
import { applyTheme } from "./theme.ts";
import { Thread } from "./thread.ts";
import { EMPTY } from "./transcript.ts";
import type { ConversationValue, Message, State, Value, Why } from "./values.ts";
import type { Wire } from "./wire.ts";

/** HUB: what the visitor does, and what the desk and the loader say, becomes the view. */
export class Chat extends Store {
  private readonly keeper: Keeper;
  private readonly session: Session;
  private readonly desk: Desk;
  private readonly outbox: Outbox;
  private readonly news: News;
  private readonly door: Door;
  private readonly line: Line;
  private thread: Thread | null = null;
  /** The last try to get in. */
  private entering = Promise.resolve();

  constructor(
    private readonly wire: Wire,
    base: string,
    desk: string,
  ) {
    super();
    const { init, origin } = wire;
    const { mode, greeting, email = "" } = init;
    this.set({ mode, greeting, open: mode === "inline", desk: { ...this.view.desk, email } });
    this.news = new News(this, (message) => wire.send(message), init.seen);
    this.keeper = new Keeper(desk, origin);
    this.session = new Session({
      base,
      origin,
      ticket: () => wire.ticket(),
      language: () => this.view.phrases.language,
      opened: (value) => this.door.admitted(value),
    });
    this.session.reset(this.keeper.value.visitor, init.identity);
    this.desk = new Desk(this.session);
    this.outbox = new Outbox({
      send: (outgoing) => this.post(outgoing),
      accepted: (outgoing, conversation) => this.accepted(outgoing, conversation),
      missing: (conversation) => void this.erased(conversation),
      changed: () => this.set({ outgoing: this.outbox.entries }),
      keep: (outgoing) => this.keeper.keep(outgoing),
      drop: (clientId) => this.keeper.drop(clientId),
      online: () => navigator.onLine,
    });
    const { keeper, news, session } = this;
    this.door = new Door({
      store: this,
      wire,
      base,
      keeper,
      news,
      session,
      entered: (current) => this.restore(current),
    });
    this.line = new Line({ store: this, thread: () => this.thread, wake: () => this.wake() });
  }

  start(): void {
    applyTheme(this.wire.init.theme);
    this.wire.take = (message) => this.hear(message);
    this.wire.start();
    this.line.listen();
    addEventListener("storage", (event) => this.keeper.concerns(event) && this.follow());
    this.enter();
  }

  // What the visitor does.

  send(text: string): void {
    const { conversation, phrases } = this.view;
    this.set({ note: "", problem: "" });
    this.outbox.add({ clientId: newId(), text, language: phrases.language, conversation });
  }

  cancel(clientId: string): void {
    this.outbox.cancel(clientId);
  }

  resend(clientId: string): void {
    this.outbox.retry(clientId);
  }

  async stop(): Promise<void> {
    await this.tried((id) => this.desk.stop(id));
  }

  async retry(): Promise<void> {
    await this.tried((id) => this.desk.retry(id));
  }

  async askForPerson(): Promise<void> {
    const { thread } = this;
    await this.tried(async (id) => thread?.turn(await this.desk.person(id)));
  }

  /** Says whether it was taken. */
  async rate(number: number, value: Value, reason = ""): Promise<boolean> {
    const { thread } = this;
    const before = thread?.transcript.messages.find((message) => message.number === number)?.feedback ?? null;
    thread?.amend(number, { feedback: value });
    const taken = await this.tried(async (id) => this.desk.rate(id, number, value, reason).then(() => true));
    if (!taken) thread?.amend(number, { feedback: before });
    return Boolean(taken);
  }

  async why(number: number): Promise<Why | undefined> {
    return this.tried((id) => this.desk.why(id, number));
  }

  /** Opens another of the visitor's conversations, or a new one. */
  turnTo(conversation: string): void {
    this.outbox.clear();
    this.keeper.change({ conversation });
    this.set({ note: "", problem: "" });
    this.open(conversation);
  }

  async erase(): Promise<void> {
    const { conversation } = this.view;
    const erased = await this.tried(async (id) => this.desk.erase(id).then(() => true));
    if (erased) await this.erased(conversation);
  }

  async speak(language: string, chosen: boolean): Promise<void> {
    if (await this.door.speak(language, chosen)) await this.suggest();
  }

  close(): void {
    if (this.view.mode === "popover") this.wire.send({ type: "close" });
  }

  // What the loader says.

  private hear(message: Exclude<ToPanel, { type: "ticket" }>): void {
    switch (message.type) {
      case "opened":
        this.set({ open: true, openings: this.view.openings + Number(message.focus) });
        this.news.count();
        this.line.wake(false);
        break;
      case "closed":
        this.set({ open: this.view.mode === "inline" });
        break;
      case "ask":
        if (message.text.trim()) this.send(message.text.trim());
        break;
      case "identify":
        this.identify(message.token);
        break;
      case "language":
        void this.speak(message.language, false);
        break;
      case "theme":
        applyTheme(message.theme);
    }
  }

  private identify(token: string): void {
    if (token === this.session.identity && this.view.phase === "ready") return;
    if (!token) {
      this.outbox.clear();
      this.keeper.forget();
    }
    this.session.reset(this.keeper.value.visitor, token);
    this.enter();
  }

  // Who the visitor is, and which conversation is open.

  private enter(): void {
    this.entering = this.door.enter();
  }

  private async restore(current: () => boolean): Promise<void> {
    const { visitor, outgoing } = this.keeper.value;
    const others = visitor || this.session.identity ? await this.desk.conversations() : [];
    if (!current()) return;
    const first = openedFirst(
      this.keeper.value.conversation,
      others.map(({ id }) => id),
    );
    // The desk does not know this visitor any more.
    if (visitor && !others.length && !outgoing.length) this.keeper.forget();
    this.set({ phase: "ready", others });
    if (first !== this.view.conversation || first === NEW) {
      this.open(first);
      this.news.turn(true);
    }
    // It ended when the visitor had to sign in again.
    this.thread?.start();
    for (const waiting of outgoing) this.outbox.add(waiting);
    this.outbox.begin(first);
  }

  /** Another tab changed the visitor. */
  private follow(): void {
    const before = this.keeper.reread();
    const { visitor, conversation } = this.keeper.value;
    if (visitor !== before.visitor) {
      this.session.reset(visitor);
      this.enter();
    } else if (conversation && conversation !== this.view.conversation && conversation !== before.conversation) {
      this.open(conversation);
    }
  }

  private open(conversation: string, begun = false): void {
    this.thread?.stop();
    this.thread = null;
    this.line.turned(true);
    this.set({ conversation, transcript: EMPTY, restoring: conversation !== NEW && !begun });
    this.news.turn(false);
    if (conversation === NEW) {
      void this.suggest();
      return;
    }
    const parts = {
      open: (last: string, signal: AbortSignal) =>
        this.desk.events(conversation, last, signal).catch((error: unknown) => {
          if (error instanceof Refused && error.status === 401) {
            thread.stop();
            this.news.tell("error", { status: 401 });
            this.set({ phase: "signed_out" });
          }
          throw error;
        }),
      changed: () => {
        if (thread !== this.thread) return;
        this.set({ transcript: thread.transcript, restoring: !thread.restored });
        this.news.count();
      },
      finished: (message: Message, live: boolean) => {
        if (message.client_id) this.outbox.arrived(message.client_id);
        if (live) this.news.finished(message);
      },
      turned: (state: State) => {
        this.set({ note: state === "bot" ? "widget.person_left" : "" });
        this.news.turned(state);
      },
      gone: () => void this.erased(conversation),
      line: (up: boolean) => thread === this.thread && this.line.turned(up),
    };
    const thread = new Thread(parts, begun);
    this.thread = thread;
    thread.start();
  }

  private async suggest(): Promise<void> {
    if (this.view.phase !== "ready" || this.view.conversation !== NEW) return;
    // A page without suggestions is as good.
    const suggestions = await this.desk.suggestions(this.view.phrases.language).catch(() => []);
    this.set({ suggestions });
  }

  /** The visitor's conversations, as they are now; undefined where the desk does not say. */
  async list(): Promise<readonly ConversationValue[] | undefined> {
    const others = await this.desk.conversations().catch(() => undefined);
    if (others) this.set({ others });
    return others;
  }

  private async post(outgoing: Outgoing): Promise<Sent> {
    const first = outgoing.conversation === NEW && !this.keeper.value.visitor && !this.session.identity;
    const sent = first ? await this.keeper.alone(() => this.begin(outgoing)) : await this.desk.send(outgoing);
    if (sent.kind === "refused") {
      if (sent.status === 429) sent.detail ||= this.say("widget.limited");
      this.news.tell("error", { status: sent.status });
      if (sent.status === 401) this.set({ phase: "signed_out" });
    }
    return sent;
  }

  /** Sends the very first message, unless another tab was faster: then it goes on in the conversation that this one began. */
  private async begin(outgoing: Outgoing): Promise<Sent> {
    this.follow();
    if (this.keeper.value.visitor) {
      await this.entering;
      return { kind: "unreachable", least: 0 };
    }
    const sent = await this.desk.send(outgoing);
    if (sent.kind === "accepted") this.keeper.begin(this.session.visitor, sent.conversation);
    return sent;
  }

  private accepted(outgoing: Outgoing, conversation: string): void {
    this.keeper.begin(this.session.visitor, conversation);
    if (outgoing.conversation === NEW && this.view.conversation === NEW) this.open(conversation, true);
  }

  private async erased(conversation: string): Promise<void> {
    if (conversation !== this.view.conversation) return;
    this.set({ note: "widget.deleted", problem: "" });
    this.open(NEW);
    this.keeper.change({ conversation: "" });
    if ((await this.list())?.length === 0 && this.view.conversation === NEW) {
      this.keeper.forget();
      this.session.reset("");
    }
  }

  private async tried<T>(action: (conversation: string) => Promise<T>): Promise<T | undefined> {
    this.set({ problem: "" });
    try {
      return await action(this.view.conversation);
    } catch (error) {
      const { status, detail } = error instanceof Refused ? error : { status: 0, detail: "" };
      this.set({ problem: detail || this.say("widget.not_sent") });
      this.news.tell("error", { status });
      return undefined;
    }
  }

  private wake(): void {
    this.outbox.wake();
    this.door.wake();
  }
}

/** `crypto.randomUUID` is kept from pages without TLS. */
function newId(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
