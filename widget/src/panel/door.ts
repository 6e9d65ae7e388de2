import { BackOff } from "./backoff.ts";
import type { Keeper } from "./kept.ts";
import type { News } from "./news.ts";
import { phrasesIn, type Phrases } from "./phrases.ts";
import { Refused, type Session } from "./session.ts";
import type { Store } from "./store.ts";
import type { SessionValue } from "./values.ts";
import type { Wire } from "./wire.ts";

const LAST_TRY_MS = 60_000;
/** Failures to get in until the host page is told that the desk is down: about three seconds. */
const PATIENCE = 4;

interface DoorParts {
  store: Store;
  wire: Wire;
  base: string;
  keeper: Keeper;
  news: News;
  session: Session;
  /** The visitor is in; `current` tells whether that still holds. */
  entered(current: () => boolean): Promise<void>;
}

/** Lets the visitor in: words in their language, and a session. */
export class Door {
  private readonly backOff = new BackOff(LAST_TRY_MS);
  /** Counts entrances, so that one that was overtaken ends. */
  private entrances = 0;

  constructor(private readonly parts: DoorParts) {}

  /** Tries until the desk gives both, or says that this visitor may not. */
  async enter(): Promise<void> {
    const { store, session, wire, news } = this.parts;
    const entrance = ++this.entrances;
    const current = () => entrance === this.entrances;
    this.backOff.wake();
    // A page that answers each refusal with a token that is no better is not to do so in a loop.
    if (store.view.phase === "signed_out") await this.backOff.pause();
    if (!current()) return;
    for (let failures = 1; ; failures += 1) {
      try {
        const worded = store.view.phrases.languages.length ? undefined : this.firstWords();
        await Promise.all([worded, session.open()]);
        if (current()) await this.parts.entered(current);
        this.backOff.reset();
        return;
      } catch (error) {
        if (!current()) return;
        const { status, least } = error instanceof Refused ? error : { status: 0, least: 0 };
        news.tell("error", { status });
        store.set({ phase: status === 401 ? "signed_out" : "down" });
        if (status === 401) return;
        // A page that is not on the desk's list will not be in a minute; a desk that starts is there in a moment.
        const settled = status === 403 || status === 404;
        if (settled || failures === PATIENCE) wire.send({ type: "down", settled });
        if (settled) return;
        await this.backOff.pause(least);
        if (!current()) return;
      }
    }
  }

  /** Tries now, if it waits. */
  wake(): void {
    this.backOff.wake();
  }

  /** Changes the language; `chosen` by the visitor, it is remembered. Says whether the desk had the words. */
  async speak(language: string, chosen: boolean): Promise<boolean> {
    const { store, base, keeper, news } = this.parts;
    try {
      this.worded(await phrasesIn(language, base));
    } catch {
      store.set({ problem: store.say("widget.not_sent") });
      return false;
    }
    const { language: spoken } = store.view.phrases;
    if (chosen) keeper.change({ language: spoken });
    news.tell("language", { language: spoken });
    return true;
  }

  /** The desk said who it is, and who the visitor is to it. */
  admitted({ desk, agent, visitor }: SessionValue): void {
    const { store, keeper } = this.parts;
    const forgetful = desk.fresh && !keeper.forgetful;
    keeper.forgetful = desk.fresh;
    // Users whom the shop vouches for have no credential, and leave none behind.
    if (forgetful || (keeper.value.visitor && !visitor)) keeper.forget();
    else if (keeper.value.visitor) keeper.change({ visitor });
    store.set({ desk: { ...desk, email: desk.email || store.view.desk.email }, agent });
  }

  private async firstWords(): Promise<void> {
    const { keeper, wire, base } = this.parts;
    this.worded(await phrasesIn(keeper.value.language || wire.init.language, base));
    wire.send({ type: "ready" });
  }

  private worded(phrases: Phrases): void {
    document.documentElement.lang = phrases.language;
    document.documentElement.dir = phrases.direction;
    this.parts.store.set({ phrases });
  }
}
