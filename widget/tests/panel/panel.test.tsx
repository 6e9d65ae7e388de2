import { render } from "preact";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Chat } from "../../src/panel/chat.ts";
import { Panel } from "../../src/panel/panel.tsx";
import { Wire } from "../../src/panel/wire.ts";
import type { Init, ToLoader, ToPanel } from "../../src/protocol.ts";
import { history, line, message, sse } from "./desk.ts";

const ORIGIN = "https://shop.example";
const words = [
  "ai.notice",
  "widget.greeting",
  "widget.question",
  "widget.send",
  "widget.stop",
  "widget.close",
  "widget.menu",
  "widget.ai_label",
  "widget.open_source",
  "widget.show_original",
  "widget.show_translation",
  "widget.talk_to_person",
  "widget.helpful",
  "widget.not_helpful",
  "widget.copy",
  "widget.queued",
  "widget.cancel",
  "widget.unavailable",
  "widget.retry",
  "widget.new_conversation",
  "widget.delete_conversation",
  "widget.delete_yes",
  "widget.deleted",
  "widget.signed_out",
  "degraded.llm",
];
const phrases = {
  ...Object.fromEntries(words.map((key) => [key, key])),
  direction: "ltr",
  "widget.source": "Source {number}: {title}",
  "widget.translated": "from {language}",
  "widget.email": "Write to {email}!",
};
const citation = {
  n: 1,
  title: "Refunds",
  url: "/help/refunds#how-long",
  heading: ["Refunds", "How long"],
  quote: "Wir erstatten.",
  language: "de",
  score: 0.9,
  translation: "We refund.",
};
const answer = {
  id: "a",
  status: "answered",
  text: "We refund. [1]",
  language: "en",
  translated: true,
  citations: [citation],
  degraded: ["llm"],
  original: { text: "Wir erstatten. [1]", language: "de" },
};
const asked = (client_id: string) => message(1, "How long?", "done", { author: "visitor", client_id });
const answered = message(2, answer.text, "done", { answer });

let told: ToLoader[];
let port: { onmessage: ((event: { data: ToPanel }) => void) | null; postMessage(message: ToLoader): void };
let requests: { method: string; path: string; body: Record<string, unknown> | null }[];
let stream: ReturnType<typeof line>;
let answers: Record<string, () => Response | Promise<Response>>;

const until = (check: () => unknown) => vi.waitFor(() => expect(check()).toBeTruthy());
const find = (selector: string) => document.querySelector<HTMLElement>(selector);
const named = (name: string) => document.querySelector<HTMLElement>(`[aria-label="${name}"]`);
const button = (text: string) => [...document.querySelectorAll("button")].find((one) => one.textContent === text);
const names = (type: string) => told.filter((one) => one.type === type);
const post = () => requests.filter(({ path }) => path === "/api/widget/messages");

beforeEach(() => {
  localStorage.clear();
  told = [];
  requests = [];
  stream = line();
  port = { onmessage: null, postMessage: (said) => told.push(said) };
  answers = {
    "GET /api/phrases": () => Response.json({ language: "en", languages: ["de", "en"], phrases }),
    "POST /api/widget/session": () =>
      Response.json({
        token: "t",
        expires_in: 900,
        visitor: "v",
        origin: ORIGIN,
        user: null,
        agent: false,
        desk: { name: "Shop", email: "help@shop.example", person: true, fresh: false },
      }),
    "GET /api/widget/suggestions": () => Response.json({ suggestions: ["How long?"] }),
    "GET /api/widget/conversations": () =>
      Response.json({ conversations: [{ id: "c", preview: "", started_at: "", updated_at: "" }] }),
    "POST /api/widget/messages": () => Response.json({ conversation: "c", message: 1, reply: 2 }, { status: 202 }),
    "GET /api/widget/conversations/c/events": () => stream.response,
  };
  vi.stubGlobal("fetch", async (url: string, init: RequestInit = {}) => {
    const { pathname } = new URL(url);
    const method = init.method ?? "GET";
    requests.push({ method, path: pathname, body: init.body ? JSON.parse(init.body as string) : null });
    return answers[`${method} ${pathname}`]?.() ?? new Response(null, { status: 204 });
  });
});

afterEach(() => {
  render(null, document.body);
  vi.unstubAllGlobals();
});

function open(change: Partial<Init> = {}): Chat {
  const init: Init = {
    polydesk: 1,
    type: "init",
    mode: "popover",
    language: "en",
    greeting: "",
    identity: "",
    ticket: "x",
    status: 200,
    seen: Infinity,
    theme: { scheme: "auto", accent: "", radius: "", font: "" },
    ...change,
  };
  const chat = new Chat(new Wire(init, ORIGIN, port as unknown as MessagePort), "https://desk.example/", "shop");
  render(<Panel chat={chat} />, document.body);
  chat.start();
  return chat;
}

const say = (data: ToPanel) => port.onmessage!({ data });

async function ask(): Promise<string> {
  await until(() => button("How long?"));
  button("How long?")!.click();
  await until(() => post().length);
  const id = post()[0]!.body!["client_id"] as string;
  stream.write(sse(history(1, [asked(id), message(2, "", "streaming")])));
  return id;
}

describe("the panel", () => {
  it("says what it is before anything is asked, and stores nothing", async () => {
    open();
    await until(() => button("How long?"));
    expect(find(".greeting")!.textContent).toBe("widget.greeting");
    expect(find(".notice")!.textContent).toBe("ai.notice");
    expect(find("[role=dialog]")!.getAttribute("aria-labelledby")).toBe("title");
    expect(find("h1")!.textContent).toBe("Shop");
    expect(localStorage).toHaveLength(0);
    expect(names("ready")).toHaveLength(1);
    expect(requests.some(({ path }) => path === "/api/widget/conversations")).toBe(false);
  });

  it("shows nothing before it has words, and says that it is ready when they stand", async () => {
    let give: (response: Response) => void = () => undefined;
    answers["GET /api/phrases"] = () => new Promise((resolve) => (give = resolve));
    open();
    await until(() => requests.some(({ path }) => path === "/api/widget/session"));
    expect([find(".panel")!.childElementCount, names("ready").length]).toEqual([0, 0]);
    give(Response.json({ language: "en", languages: ["de", "en"], phrases }));
    await until(() => names("ready").length);
    expect(named("widget.close")).toBeTruthy();
    expect(find("form label")!.textContent).toBe("widget.question");
  });

  it("names the desk's address before anything was said", async () => {
    open();
    await until(() => named("widget.menu"));
    named("widget.menu")!.click();
    await until(() => find("#menu a[href='mailto:help@shop.example']"));
  });

  it("shows the host page's greeting, as text", async () => {
    open({ greeting: "<b>Hi</b>" });
    await until(() => find(".greeting")?.textContent === "<b>Hi</b>");
  });

  it("streams an answer, says it once when it is finished, and keeps the visitor from then on", async () => {
    open();
    const said: string[] = [];
    await ask();
    await until(() => find(".message.bot[aria-busy]"));
    const log = find("[role=log]")!;
    new MutationObserver((changes) =>
      changes.forEach(({ addedNodes }) => addedNodes.forEach((node) => said.push(node.textContent ?? ""))),
    ).observe(log, { childList: true });
    stream.write(sse({ id: 2, event: "delta", data: { number: 2, at: 0, text: "We refund. [1]" } }));
    await until(() => find(".message.bot .prose")?.textContent === "We refund.1");
    expect(find("button.chip")).toBeNull();
    expect(log.textContent).toBe("");
    stream.write(sse({ id: 3, event: "message", data: answered }));
    await until(() => find("button.chip"));
    expect(said).toEqual(["widget.ai_label: We refund."]);
    expect(document.querySelectorAll(".message")).toHaveLength(2);
    expect(JSON.parse(localStorage.getItem("polydesk:shop")!)[ORIGIN]).toMatchObject({
      visitor: "v",
      conversation: "c",
      outgoing: [],
    });
    expect(names("event").map((one) => "name" in one && one.name)).toEqual(["message", "message", "answer"]);
  });

  it("opens the quote of a chip, shows its original, and gives the focus back", async () => {
    open();
    await ask();
    stream.write(sse({ id: 3, event: "message", data: answered }));
    await until(() => named("Source 1: How long"));
    const chip = named("Source 1: How long")!;
    chip.click();
    await until(() => find("dialog[open]"));
    const quote = () => find("dialog blockquote")!;
    expect([quote().lang, quote().textContent]).toEqual(["en", "We refund."]);
    find("dialog .fact button")!.click();
    await until(() => quote().textContent === "Wir erstatten.");
    expect(quote().lang).toBe("de");
    expect(find("dialog a")!.getAttribute("href")).toMatch(/\/help\/refunds#how-long$/);
    find("dialog .round")!.click();
    await until(() => !find("dialog"));
    expect(document.activeElement).toBe(chip);
  });

  it("shows the original of an answer, and what it had to do without", async () => {
    open();
    await ask();
    stream.write(sse({ id: 3, event: "message", data: answered }));
    await until(() => button("widget.show_original"));
    expect(find(".bubble .fact")!.textContent).toContain("from German");
    expect(document.body.textContent).toContain("degraded.llm");
    button("widget.show_original")!.click();
    await until(() => find(".message.bot .prose")!.textContent === "Wir erstatten.1");
    expect(find(".message.bot .prose")!.lang).toBe("de");
  });

  it("sends a rating, takes it back when pressed again or not taken", async () => {
    open();
    await ask();
    stream.write(sse({ id: 3, event: "message", data: answered }));
    await until(() => named("widget.helpful"));
    const pressed = () => named("widget.helpful")!.getAttribute("aria-pressed");
    named("widget.helpful")!.click();
    await until(() => pressed() === "true");
    named("widget.helpful")!.click();
    await until(() => pressed() === "false");
    const path = "/api/widget/conversations/c/messages/2/feedback";
    expect(requests.filter((one) => one.path === path).map(({ body }) => body!["value"])).toEqual(["up", null]);
    answers[`PUT ${path}`] = () => Response.json({ detail: "No." }, { status: 422 });
    named("widget.not_helpful")!.click();
    await until(() => find(".notices .error")?.textContent === "No.");
    expect(named("widget.not_helpful")!.getAttribute("aria-pressed")).toBe("false");
  });

  it("counts what came while it was closed", async () => {
    open();
    await ask();
    stream.write(sse({ id: 3, event: "message", data: answered }));
    await until(() => (names("unread").at(-1) as { count: number }).count);
    expect(names("unread")).toEqual([
      { type: "unread", count: 0, seen: null },
      { type: "unread", count: 0, seen: 0 }, // It is awaited.
      { type: "unread", count: 1, seen: 0 },
    ]);
    say({ type: "opened", focus: true });
    expect(names("unread").at(-1)).toEqual({ type: "unread", count: 0, seen: null });
    stream.write(
      sse({ id: 4, event: "message", data: message(3, "Hello", "done", { author: "person", name: "Ada" }) }),
    );
    await until(() => find(".message.person"));
    expect(names("unread")).toHaveLength(4);
    expect(find(".message.person .name")!.textContent).toBe("Ada");
  });

  it("counts what came since the last page", async () => {
    localStorage.setItem("polydesk:shop", JSON.stringify({ [ORIGIN]: { visitor: "v", conversation: "c" } }));
    stream.write(sse(history(9, [asked("q"), answered, message(3, "Hello", "done", { author: "person" })], "person")));
    open({ seen: 2 });
    await until(() => find(".message.person"));
    expect(names("unread").at(-1)).toEqual({ type: "unread", count: 1, seen: 2 });
    say({ type: "opened", focus: true });
    // A person may write more.
    expect(names("unread").at(-1)).toEqual({ type: "unread", count: 0, seen: 3 });
  });

  it("takes a language that the page names before the visitor is in", async () => {
    let give: (response: Response) => void = () => undefined;
    const { "POST /api/widget/session": good } = answers;
    answers["POST /api/widget/session"] = () => new Promise((resolve) => (give = resolve));
    open();
    await until(() => names("ready").length);
    answers["GET /api/phrases"] = () => Response.json({ language: "de", languages: ["de", "en"], phrases });
    say({ type: "language", language: "de" });
    await until(() => document.documentElement.lang === "de");
    give(await good!());
  });

  it("comes back to the last conversation without saying it again", async () => {
    localStorage.setItem("polydesk:shop", JSON.stringify({ [ORIGIN]: { visitor: "v", conversation: "c" } }));
    stream.write(sse(history(9, [asked("q"), answered])));
    open();
    await until(() => find("button.chip"));
    expect(find("[role=log]")!.textContent).toBe("");
    expect(names("event")).toHaveLength(0);
  });

  it("sends what was queued before a reload once, under the same id", async () => {
    const outgoing = [{ clientId: "kept-before-reload", text: "How long?", language: "en", conversation: "c" }];
    localStorage.setItem("polydesk:shop", JSON.stringify({ [ORIGIN]: { visitor: "v", conversation: "c", outgoing } }));
    open();
    await until(() => post().length);
    stream.write(sse(history(9, [asked("kept-before-reload")])));
    await until(() => find(".message.visitor:not(.sent)"));
    expect(post().map(({ body }) => body!["client_id"])).toEqual(["kept-before-reload"]);
    expect(document.querySelectorAll(".message.visitor")).toHaveLength(1);
    expect(JSON.parse(localStorage.getItem("polydesk:shop")!)[ORIGIN].outgoing).toEqual([]);
  });

  it("queues what cannot be sent, and lets it be taken back", async () => {
    answers["POST /api/widget/messages"] = () => Promise.reject(new TypeError("network"));
    open();
    await until(() => button("How long?"));
    button("How long?")!.click();
    await until(() => find(".message.queued"));
    button("widget.cancel")!.click();
    await until(() => !find(".message"));
  });

  it("deletes a conversation here and there, with everything that the browser kept", async () => {
    open();
    await ask();
    stream.write(sse({ id: 3, event: "message", data: answered }));
    await until(() => button("widget.delete_conversation"));
    answers["GET /api/widget/conversations"] = () => Response.json({ conversations: [] });
    button("widget.delete_conversation")!.click();
    await until(() => button("widget.delete_yes"));
    button("widget.delete_yes")!.click();
    await until(() => find(".notices")!.textContent === "widget.deleted");
    await until(() => localStorage.length === 0);
    expect(requests.some(({ method, path }) => method === "DELETE" && path === "/api/widget/conversations/c")).toBe(
      true,
    );
    expect(find(".message")).toBeNull();
  });

  it("does not go on in a page that shows another page's ticket", async () => {
    const { "POST /api/widget/session": good } = answers;
    answers["POST /api/widget/session"] = async () =>
      Response.json({ ...(await (await good!()).json()), origin: "https://evil.example" });
    open();
    await until(() => names("down").length);
    expect(find(".away")!.textContent).toContain("widget.unavailable");
    expect(requests.some(({ path }) => path.startsWith("/api/widget/conversations"))).toBe(false);
  });

  it("asks to sign in again where the identity is refused, and goes on with a good one", async () => {
    const { "POST /api/widget/session": good } = answers;
    answers["POST /api/widget/session"] = () => new Response("{}", { status: 401 });
    open({ identity: "old" });
    await until(() => names("ticket").length);
    const asked = names("ticket").at(-1) as { type: "ticket"; id: number };
    say({ type: "ticket", id: asked.id, ticket: "y", status: 200 });
    await until(() => find(".away")?.textContent?.includes("widget.signed_out"));
    answers["POST /api/widget/session"] = good!;
    say({ type: "identify", token: "new" });
    await until(() => names("ticket").length === 2);
    say({
      type: "ticket",
      id: (names("ticket").at(-1) as { type: "ticket"; id: number }).id,
      ticket: "z",
      status: 200,
    });
    await until(() => find("#question"));
    expect(requests.filter(({ path }) => path.endsWith("session")).at(-1)!.body).toMatchObject({
      identity: "new",
      ticket: "z",
    });
  });

  it("asks to sign in again where the identity ran out while nothing was said, and goes on in its place then", async () => {
    stream.write(sse(history(9, [asked("q"), answered])));
    open({ identity: "old" });
    await until(() => find("button.chip"));
    const { "POST /api/widget/session": good } = answers;
    answers["POST /api/widget/session"] = () => new Response("{}", { status: 401 });
    answers["GET /api/widget/conversations/c/events"] = () => new Response("{}", { status: 401 });
    stream.end();
    const give = async (count: number) => {
      await until(() => names("ticket").length === count);
      say({ ...(names("ticket").at(-1) as { type: "ticket"; id: number }), ticket: "y", status: 200 });
    };
    await give(1);
    await give(2);
    await until(() => find(".away")?.textContent?.includes("widget.signed_out"));
    expect(told).toContainEqual({ type: "event", name: "error", detail: { status: 401 } });
    const count = requests.length;
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    expect(requests).toHaveLength(count);
    answers["POST /api/widget/session"] = good!;
    stream = line();
    answers["GET /api/widget/conversations/c/events"] = () => stream.response;
    say({ type: "identify", token: "new" });
    await give(3);
    stream.write(sse({ id: 10, event: "message", data: message(3, "Hello", "done", { author: "person" }) }));
    await until(() => find(".message.person"));
  });

  it("does not let a page whose tokens are never good try in a loop", async () => {
    answers["POST /api/widget/session"] = () => new Response("{}", { status: 401 });
    open({ identity: "bad" });
    const page = setInterval(() => {
      for (const one of told.splice(0)) {
        if (one.type === "ticket") say({ ...one, ticket: "y", status: 200 });
        if (one.type === "event" && one.name === "error") say({ type: "identify", token: `${Math.random()}` });
      }
    });
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    clearInterval(page);
    expect(requests.filter(({ path }) => path.endsWith("session")).length).toBeLessThan(10);
  });

  it("types: Enter sends, but not while a word is composed", async () => {
    open({ mode: "inline" });
    await until(() => button("How long?"));
    const field = find("#question") as HTMLTextAreaElement;
    expect(find("[role=dialog]")).toBeNull();
    expect(named("widget.close")).toBeNull();
    field.value = "电池";
    field.dispatchEvent(new Event("input", { bubbles: true }));
    await until(() => !(named("widget.send") as HTMLButtonElement).disabled);
    const enter = (more: object) =>
      field.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true, cancelable: true, ...more }));
    enter({ isComposing: true });
    enter({ shiftKey: true });
    expect(post()).toHaveLength(0);
    enter({});
    await until(() => post().length === 1);
    expect(post()[0]!.body).toMatchObject({ text: "电池", conversation: "new", language: "en" });
    expect(field.value).toBe("");
  });

  it("closes on Escape", async () => {
    open();
    await until(() => {
      document.body.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape", bubbles: true }));
      return names("close").length;
    });
  });
});
