import { retryAfter } from "./backoff.ts";
import type { SessionValue } from "./values.ts";

/** The desk said no. */
export class Refused extends Error {
  constructor(
    readonly status: number,
    /** A sentence in the visitor's language, or "". */
    readonly detail: string,
    readonly least = 0,
  ) {
    super(`${status}`);
  }
}

/** A response that is no success, as an error. */
export async function refusal(response: Response): Promise<Refused> {
  let detail: unknown = "";
  try {
    detail = ((await response.json()) as { detail?: unknown }).detail;
  } catch {
    // A proxy's page instead of the desk's problem.
  }
  return new Refused(response.status, typeof detail === "string" ? detail : "", retryAfter(response));
}

export interface Ticket {
  ticket: string | null;
  /** Of the response, 0 without one. */
  status: number;
}

export interface SessionParts {
  /** The address of the desk, with a slash at its end. */
  base: string;
  /** Asks the loader, whose page's origin the desk can check. */
  ticket(): Promise<Ticket>;
  /** The origin that the browser says embeds this page. */
  origin: string;
  language(): string;
  opened(value: SessionValue): void;
  fetch?: typeof fetch;
}

/** A part of the lifetime of a token after which it is renewed, so that slow requests still find it good. */
const RENEWED_AT = 0.8;
/** A line that is lost without a word is noticed by nothing else. */
const PATIENCE_MS = 30_000;

/** Who speaks to the desk: tickets become tokens, tokens are renewed before they end and when they are refused. */
export class Session {
  visitor = "";
  identity = "";
  private value: SessionValue | null = null;
  private renewAt = 0;
  private opening: Promise<SessionValue> | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private readonly fetch: typeof fetch;

  constructor(private readonly parts: SessionParts) {
    this.fetch = parts.fetch ?? ((input, init) => fetch(input, init));
  }

  /** A new token. Throws `Refused`, or a TypeError where the desk cannot be reached. */
  open(): Promise<SessionValue> {
    if (this.opening) return this.opening;
    const opening = this.exchanged().finally(() => {
      if (this.opening === opening) this.opening = null;
    });
    this.opening = opening;
    return opening;
  }

  /** As another visitor or with another identity from here on: what was given before is not used any more. */
  reset(visitor: string, identity = this.identity): void {
    this.visitor = visitor;
    this.identity = identity;
    this.value = null;
    this.opening = null;
  }

  /** A request to the desk on behalf of this visitor. A token that is refused is renewed once. */
  async request(path: string, init: RequestInit & { json?: unknown } = {}): Promise<Response> {
    // The browser's clock may be wrong, so it is asked for the time that passed only.
    const value = this.value && performance.now() < this.renewAt ? this.value : await this.open();
    const response = await this.sent(path, init, value.token);
    if (response.status !== 401) return response;
    const current = this.value;
    const renewed = current && current.token !== value.token ? current : await this.open();
    return this.sent(path, init, renewed.token);
  }

  private sent(path: string, init: RequestInit & { json?: unknown }, token: string): Promise<Response> {
    const { json, ...rest } = init;
    const headers = new Headers(init.headers);
    if (token) headers.set("Authorization", `Bearer ${token}`);
    headers.set("Accept-Language", this.parts.language());
    if (json !== undefined) {
      headers.set("Content-Type", "application/json");
      rest.body = JSON.stringify(json);
    }
    const signal = init.signal ?? AbortSignal.timeout(PATIENCE_MS);
    return this.fetch(new URL(path, this.parts.base).href, { credentials: "omit", ...rest, headers, signal });
  }

  private async exchanged(again = true): Promise<SessionValue> {
    const { visitor, identity } = this;
    const { ticket, status } = await this.parts.ticket();
    if (ticket === null) throw status ? new Refused(status, "") : new TypeError("no ticket");
    const response = await this.sent("api/widget/session", { method: "POST", json: { ticket, visitor, identity } }, "");
    // The ticket may have grown too old on its way.
    if (response.status === 401 && again) return this.exchanged(false);
    if (!response.ok) throw await refusal(response);
    const value = (await response.json()) as SessionValue;
    // A page that passes on another page's ticket would read its visitor's conversation.
    if (value.origin !== this.parts.origin) throw new Refused(403, "");
    // Somebody else since.
    if (visitor !== this.visitor || identity !== this.identity) return this.open();
    this.value = value;
    this.visitor = value.visitor;
    const length = value.expires_in * 1000 * RENEWED_AT;
    this.renewAt = performance.now() + length;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.renewQuietly(), length);
    this.parts.opened(value);
    return value;
  }

  /** Ahead of time, so that no question waits for it; pages that nobody sees wait until they ask. */
  private renewQuietly(): void {
    if (!document.hidden) this.open().catch(() => undefined);
  }
}
