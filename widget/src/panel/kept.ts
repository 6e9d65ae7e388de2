import { NEW, type Outgoing } from "./outbox.ts";

/** What the browser keeps of a visitor between pages. */
export interface Kept {
  /** The credential that the desk gave. */
  visitor: string;
  /** The language that the visitor chose in the panel, "" without a choice. */
  language: string;
  /** The conversation that was last open; "" lets the panel open the newest. */
  conversation: string;
  outgoing: Outgoing[];
}

/** Phones stop tabs that nobody sees in the middle of what they do. */
const PATIENCE_MS = 8_000;

const NOTHING: Kept = { visitor: "", language: "", conversation: "", outgoing: [] };

/**
 * The visitor in localStorage, one a site that embeds the desk; in memory alone until `begin`, and wherever the browser
 * blocks storage.
 */
export class Keeper {
  private readonly key: string;
  private memory: Kept = NOTHING;
  private stored = false;
  /** Set for desks that begin anew with each visit. */
  forgetful = false;

  constructor(
    desk: string,
    private readonly origin: string,
    private readonly storage: () => Storage = () => localStorage,
  ) {
    this.key = `polydesk:${desk}`;
    const entry = this.read()[origin];
    if (entry) {
      this.memory = { ...NOTHING, ...entry };
      this.stored = true;
    }
  }

  get value(): Kept {
    return this.memory;
  }

  /** Whether `event` is another tab's change of this visitor. */
  concerns(event: StorageEvent): boolean {
    return event.key === this.key || event.key === null;
  }

  /** Reads anew what another tab wrote; gives the value of before. */
  reread(): Kept {
    const before = this.memory;
    const entry = this.read()[this.origin];
    if (entry || this.stored) this.memory = { ...NOTHING, language: before.language, ...entry };
    this.stored = Boolean(entry);
    return before;
  }

  /** Acts while no other tab does that for this visitor; at once where the browser has no locks, or gives none. */
  async alone<T>(act: () => Promise<T>): Promise<T> {
    const patience = AbortSignal.timeout(PATIENCE_MS);
    try {
      return await navigator.locks.request(`${this.key} ${this.origin}`, { signal: patience }, act);
    } catch {
      return act();
    }
  }

  /** From the first message that the desk accepted on, this visitor is stored; users whom the shop vouches for never are. */
  begin(visitor: string, conversation: string): void {
    this.stored = Boolean(visitor) && !this.forgetful;
    this.change({ visitor, conversation });
  }

  change(change: Partial<Kept>): void {
    this.memory = { ...this.memory, ...change };
    if (this.stored) this.write(this.memory);
  }

  keep(outgoing: Outgoing): void {
    const others = this.current().filter((other) => other.clientId !== outgoing.clientId);
    this.change({ outgoing: [...others, outgoing] });
  }

  drop(clientId: string): void {
    const current = this.current();
    const outgoing = current.filter((other) => other.clientId !== clientId);
    if (outgoing.length < current.length) this.change({ outgoing });
  }

  /** The visitor is unknown again, here and in storage; the language stays for this page. */
  forget(): void {
    this.memory = { ...NOTHING, language: this.memory.language };
    if (this.stored) this.write(null);
    this.stored = false;
  }

  /** What is queued, with what another tab queued since. */
  private current(): Outgoing[] {
    return (this.stored && this.read()[this.origin]?.outgoing) || this.memory.outgoing;
  }

  private read(): Record<string, Partial<Kept>> {
    try {
      const value: unknown = JSON.parse(this.storage().getItem(this.key) ?? "{}");
      return value && typeof value === "object" ? (value as Record<string, Partial<Kept>>) : {};
    } catch {
      return {};
    }
  }

  private write(kept: Kept | null): void {
    try {
      const all = this.read();
      if (kept) all[this.origin] = kept;
      else delete all[this.origin];
      if (Object.keys(all).length) this.storage().setItem(this.key, JSON.stringify(all));
      else this.storage().removeItem(this.key);
    } catch {
      // Blocked or full: then the visitor lasts as long as the page.
    }
  }
}

/** The conversation to open first: the one that was open last, else the newest. */
export function openedFirst(kept: string, ids: readonly string[]): string {
  if (kept === NEW || ids.includes(kept)) return kept;
  return ids[0] ?? NEW;
}
