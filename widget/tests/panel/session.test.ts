import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Refused, Session, type SessionParts } from "../../src/panel/session.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const ORIGIN = "https://shop.example";

function session(
  answer: (path: string, init: RequestInit, count: number) => Response,
  more: Partial<SessionParts> = {},
) {
  const asked: [string, Headers, unknown][] = [];
  let tokens = 0;
  const tickets = vi.fn(async () => ({ ticket: `t${tickets.mock.calls.length}`, status: 200 }));
  const opened = vi.fn();
  const value = () => ({
    token: `a${++tokens}`,
    expires_in: 900,
    visitor: "v1",
    origin: ORIGIN,
    user: null,
    agent: false,
    desk: {},
  });
  const made = new Session({
    base: "https://desk.example/",
    origin: ORIGIN,
    ticket: tickets,
    language: () => "de",
    opened,
    fetch: (async (url: string, init: RequestInit) => {
      const path = new URL(url).pathname;
      asked.push([path, init.headers as Headers, init.body && JSON.parse(init.body as string)]);
      if (path !== "/api/widget/session") return answer(path, init, asked.length);
      const own = answer(path, init, asked.length);
      return own.status === 200 ? Response.json(value()) : own;
    }) as typeof fetch,
    ...more,
  });
  return { made, asked, tickets, opened };
}

const fine = () => Response.json({});
const paths = (asked: [string, Headers, unknown][]) => asked.map(([path]) => path.split("/").at(-1));

describe("Session", () => {
  it("trades a ticket for a token, which requests carry with the visitor's language", async () => {
    const { made, asked } = session(fine);
    made.reset("old", "identity");
    await made.request("api/widget/conversations");
    expect(asked[0]![2]).toEqual({ ticket: "t1", visitor: "old", identity: "identity" });
    expect(asked[1]![1].get("Authorization")).toBe("Bearer a1");
    expect(asked[1]![1].get("Accept-Language")).toBe("de");
    expect(made.visitor).toBe("v1");
  });

  it("opens once for requests that come together", async () => {
    const { made, asked } = session(fine);
    await Promise.all([made.request("a"), made.request("b"), made.open()]);
    expect(paths(asked).filter((path) => path === "session")).toHaveLength(1);
  });

  it("renews ahead of time, by the time that passed and not by a clock", async () => {
    const { made, asked } = session(fine);
    await made.request("a");
    vi.setSystemTime(new Date("2001-01-01"));
    await made.request("b");
    expect(paths(asked)).toEqual(["session", "a", "b"]);
    await vi.advanceTimersByTimeAsync(720_000);
    expect(paths(asked)).toEqual(["session", "a", "b", "session"]);
  });

  it("renews before a request where the timer came late", async () => {
    const { made, asked } = session(fine);
    vi.spyOn(document, "hidden", "get").mockReturnValue(true);
    await made.request("a");
    await vi.advanceTimersByTimeAsync(800_000);
    await made.request("b");
    expect(paths(asked)).toEqual(["session", "a", "session", "b"]);
    vi.restoreAllMocks();
  });

  it("asks for a new ticket once when a token is refused, and tries again", async () => {
    const { made, asked, tickets } = session((path, _init, count) =>
      path === "/a" && count < 3 ? new Response(null, { status: 401 }) : fine(),
    );
    expect((await made.request("a")).status).toBe(200);
    expect(paths(asked)).toEqual(["session", "a", "session", "a"]);
    expect(tickets).toHaveBeenCalledTimes(2);
  });

  it("does so once only", async () => {
    const { made, asked } = session((path) => new Response(null, { status: path === "/a" ? 401 : 200 }));
    expect((await made.request("a")).status).toBe(401);
    expect(paths(asked)).toEqual(["session", "a", "session", "a"]);
  });

  it("takes another ticket where the first was too old, and tells when that does not help", async () => {
    const { made, tickets } = session((path) =>
      path.endsWith("session") ? Response.json({ detail: "Sign in." }, { status: 401 }) : fine(),
    );
    await expect(made.open()).rejects.toMatchObject({ status: 401, detail: "Sign in." });
    expect(tickets).toHaveBeenCalledTimes(2);
  });

  it("does not speak for a page whose ticket is another's", async () => {
    const { made } = session(fine, { origin: "https://evil.example" });
    await expect(made.request("a")).rejects.toMatchObject({ status: 403 });
  });

  it("tells a desk that says no from one that does not answer", async () => {
    const refused = session(fine, { ticket: async () => ({ ticket: null, status: 403 }) });
    await expect(refused.made.open()).rejects.toBeInstanceOf(Refused);
    const silent = session(fine, { ticket: async () => ({ ticket: null, status: 0 }) });
    await expect(silent.made.open()).rejects.toBeInstanceOf(TypeError);
  });

  it("is somebody else after a reset, also while it opens", async () => {
    const { made, asked } = session(fine);
    const first = made.open();
    made.reset("w", "jwt");
    await first;
    expect(asked.at(-1)![2]).toMatchObject({ visitor: "w", identity: "jwt" });
  });
});
