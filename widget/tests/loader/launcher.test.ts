import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { answerFrame, answerTickets, include, rootOf, TICKETS, type Page } from "./page.ts";

let page: Page;

beforeEach(() => {
  localStorage.clear();
  document.documentElement.lang = "de";
  answerTickets(200);
});

afterEach(() => {
  page.polydesk.destroy();
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

async function opened(attributes = "") {
  page = include(attributes);
  page.polydesk.open();
  await vi.waitFor(() => expect(page.panel()).not.toBeNull());
  return answerFrame(page.panel()!);
}

test("the launcher is named in the page's language and loads nothing", () => {
  page = include();
  expect(page.launcher.getAttribute("aria-label")).toBe("Chatten Sie mit uns");
  expect(page.launcher.getAttribute("aria-expanded")).toBe("false");
  expect(page.launcher.getAttribute("aria-haspopup")).toBe("dialog");
  expect(page.loads()).toBe(0);
  expect(fetch).not.toHaveBeenCalled();
});

test("Arabic is written from right to left", () => {
  page = include('data-language="ar-EG"');
  const section = page.root.querySelector("section")!;
  expect([section.dir, section.lang]).toEqual(["rtl", "ar"]);
});

test.each(["pointerenter", "focus"])("%s loads the panel, once and unseen", async (intent) => {
  page = include();
  page.launcher.dispatchEvent(new Event(intent));
  page.launcher.dispatchEvent(new Event(intent));
  await vi.waitFor(() => expect(page.panel()).not.toBeNull());
  expect(page.loads()).toBe(1);
  expect(page.panel()!.src).toBe("https://desk.example/widget/panel?desk=default");
  expect(page.panel()!.title).toBe("Chatten Sie mit uns");
  expect(page.panel()!.inert).toBe(true);
  expect(fetch).toHaveBeenCalledExactlyOnceWith(TICKETS, expect.objectContaining({ method: "POST", credentials: "omit" }));
});

test("the first message says what the page chose, to the desk's origin alone", async () => {
  const panel = await opened('data-language="fr" data-greeting="Salut" data-email="help@shop.example" data-scheme="dark"');
  expect(panel.target).toBe("https://desk.example");
  expect(panel.init).toMatchObject({
    type: "init",
    mode: "popover",
    language: "fr",
    greeting: "Salut",
    email: "help@shop.example",
    ticket: "t",
    status: 200,
    seen: Infinity,
  });
});

test("calls wait for the panel and keep their order", async () => {
  const panel = await opened();
  page.polydesk.ask("Wie schwer?");
  page.polydesk.setLanguage("it");
  page.polydesk.identify("jwt");
  await Promise.resolve();
  expect(panel.said).toEqual([]);
  panel.say({ type: "ready" });
  await vi.waitFor(() => expect(panel.said.at(-1)?.type).toBe("opened"));
  expect(panel.said.map(({ type }) => type)).toEqual(["theme", "ask", "language", "identify", "opened"]);
  expect(page.launcher.getAttribute("aria-label")).toBe("Chatta con noi");
});

test("who the visitor is stands in the first message when the page says so before", async () => {
  page = include();
  page.polydesk.identify("jwt");
  page.polydesk.open();
  await vi.waitFor(() => expect(page.panel()).not.toBeNull());
  expect((await answerFrame(page.panel()!)).init.identity).toBe("jwt");
  expect(page.loads()).toBe(1);
});

test("the panel closes, counts what is unread and speaks another language", async () => {
  const panel = await opened();
  const heard: unknown[] = [];
  page.polydesk.on("unread", (detail) => heard.push(detail));
  page.polydesk.on("close", () => heard.push("close"));
  page.polydesk.on("answer", (detail) => heard.push(detail));
  panel.say({ type: "ready" });
  panel.say({ type: "close" });
  panel.say({ type: "unread", count: 2, seen: 4 });
  panel.say({ type: "unread", count: 2, seen: 4 });
  panel.say({ type: "event", name: "answer", detail: { status: "answered" } });
  panel.say({ type: "event", name: "language", detail: { language: "ar" } });
  await vi.waitFor(() => expect(page.panel()!.title).toBe("تحدثوا معنا"));
  expect(heard).toEqual(["close", { count: 2 }, { status: "answered" }]);
  expect(page.launcher.getAttribute("aria-expanded")).toBe("false");
  expect(page.launcher.getAttribute("aria-label")).toBe("تحدثوا معنا (2)");
  expect(page.panel()!.inert).toBe(true);
});

test("a ticket is fetched again for the panel", async () => {
  const panel = await opened();
  panel.say({ type: "ready" });
  panel.say({ type: "ticket", id: 5 });
  await vi.waitFor(() => expect(panel.said).toContainEqual({ type: "ticket", id: 5, ticket: "t", status: 200 }));
});

test("a listener's fault stops neither the others nor the panel; one that is off hears nothing", async () => {
  const error = vi.spyOn(console, "error").mockReturnValue();
  page = include();
  const heard: string[] = [];
  page.polydesk.on("open", () => {
    throw new Error("the page's own");
  });
  page.polydesk.on("open", () => heard.push("first"));
  page.polydesk.on("open", () => heard.push("second"))();
  page.polydesk.open();
  await vi.waitFor(() => expect(heard).toEqual(["first"]));
  expect(error).toHaveBeenCalledOnce();
  expect(page.launcher.getAttribute("aria-expanded")).toBe("true");
});

test("until the panel is ready the launcher stays, and can take the visitor's click back", async () => {
  page = include();
  const section = page.root.querySelector("section")!;
  page.launcher.focus();
  page.launcher.click();
  await vi.waitFor(() => expect(page.panel()).toBeTruthy());
  const panel = await answerFrame(page.panel()!);
  expect([section.className, page.launcher.getAttribute("aria-busy")]).toEqual(["end", "true"]);
  page.launcher.click();
  await vi.waitFor(() => expect(page.launcher.getAttribute("aria-busy")).toBe("false"));
  panel.say({ type: "ready" });
  await vi.waitFor(() => expect(panel.said).toContainEqual({ type: "closed" }));
  expect([section.className, page.panel()!.inert]).toEqual(["end", true]);
  page.launcher.click();
  await vi.waitFor(() => expect(section.className).toBe("end open"));
  expect(panel.said.at(-1)).toEqual({ type: "opened", focus: true });
});

test("a visitor who went elsewhere meanwhile is not called back", async () => {
  page = include("", "<input>");
  page.launcher.focus();
  page.launcher.click();
  await vi.waitFor(() => expect(page.panel()).toBeTruthy());
  const panel = await answerFrame(page.panel()!);
  document.querySelector("input")!.focus();
  panel.say({ type: "ready" });
  await vi.waitFor(() => expect(panel.said).toContainEqual({ type: "opened", focus: false }));
  expect(document.activeElement!.localName).toBe("input");
});

test("calls that were written down before the script came are made, in their order", async () => {
  const heard: string[] = [];
  window.polydesk = [
    ["on", "open", () => heard.push("open")],
    ["nonsense", 1],
  ];
  const waiting = window.polydesk;
  page = include();
  waiting.forEach((call) => page.polydesk.push(call));
  page.polydesk.push(["open"]);
  await vi.waitFor(() => expect(heard).toEqual(["open"]));
});

test("a desk that fails twice is down: the address takes the launcher's place", async () => {
  vi.useFakeTimers();
  const fetcher = answerTickets(503, 0);
  page = include('data-email="help@shop.example"');
  page.polydesk.open();
  await vi.advanceTimersByTimeAsync(2000);
  expect(fetcher).toHaveBeenCalledTimes(2);
  expect([page.launcher.hidden, page.mail.hidden, page.panel()]).toEqual([true, false, null]);
  expect([page.mail.getAttribute("href"), page.mail.textContent]).toEqual(["mailto:help@shop.example", "help@shop.example"]);
});

test("without an address the launcher of a desk that is down hides, and a call still opens the panel", async () => {
  vi.useFakeTimers();
  answerTickets(0, 0, 200);
  page = include();
  page.polydesk.open();
  await vi.advanceTimersByTimeAsync(2000);
  expect([page.launcher.hidden, page.mail.hidden]).toEqual([true, true]);
  page.polydesk.open();
  await vi.advanceTimersByTimeAsync(100);
  const panel = await answerFrame(page.panel()!);
  panel.say({ type: "ready" });
  await vi.waitFor(() => expect(page.launcher.hidden).toBe(false));
});

test("a launcher that hid comes back with the desk, which is looked for ever more seldom", async () => {
  vi.useFakeTimers();
  const fetcher = answerTickets(0, 0, 0, 503, 200);
  page = include();
  page.polydesk.open();
  await vi.advanceTimersByTimeAsync(2000);
  expect(page.launcher.hidden).toBe(true);
  const looks = () => fetcher.mock.calls.filter(([url]) => url === "https://desk.example/widget.js").length;
  await vi.advanceTimersByTimeAsync(10_000);
  expect(looks()).toBe(1);
  await vi.advanceTimersByTimeAsync(20_000);
  expect([looks(), page.launcher.hidden]).toEqual([2, true]);
  await vi.advanceTimersByTimeAsync(40_000);
  expect([looks(), page.launcher.hidden, page.panel()]).toEqual([3, false, null]);
  await vi.advanceTimersByTimeAsync(1_000_000);
  expect(looks()).toBe(3);
});

test("nobody looks for a desk while the page is hidden, or gone", async () => {
  vi.useFakeTimers();
  const fetcher = answerTickets(0);
  const hidden = vi.spyOn(document, "hidden", "get").mockReturnValue(true);
  page = include();
  page.polydesk.open();
  await vi.advanceTimersByTimeAsync(500_000);
  expect(fetcher).toHaveBeenCalledTimes(2);
  hidden.mockReturnValue(false);
  await vi.advanceTimersByTimeAsync(10_000);
  expect(fetcher).toHaveBeenCalledTimes(3);
  page.polydesk.destroy();
  await vi.advanceTimersByTimeAsync(500_000);
  expect(fetcher).toHaveBeenCalledTimes(3);
  hidden.mockRestore();
});

test("what stands in the page comes back with the desk, too", async () => {
  vi.useFakeTimers();
  answerTickets(0, 0, 200);
  page = include("", "<polydesk-chat></polydesk-chat>");
  const frame = () => rootOf(document.querySelector("polydesk-chat")!)?.querySelector("iframe") ?? null;
  await vi.advanceTimersByTimeAsync(2000);
  expect(frame()).toBeNull();
  await vi.advanceTimersByTimeAsync(10_000);
  expect(frame()).not.toBeNull();
});

test("a visitor who awaits an answer has it counted on the next page, without a touch", async () => {
  vi.useFakeTimers();
  page = include();
  await vi.advanceTimersByTimeAsync(5_000);
  expect(page.loads()).toBe(0);
  page.polydesk.open();
  await vi.advanceTimersByTimeAsync(100);
  const first = await answerFrame(page.panel()!);
  first.say({ type: "unread", count: 0, seen: 4 });
  await vi.waitFor(() => expect(localStorage.getItem("polydesk-seen:default")).toBe("4"));
  page.polydesk.destroy();
  page = include();
  await vi.advanceTimersByTimeAsync(5_000);
  const next = await answerFrame(page.panel()!);
  expect(next.init.seen).toBe(4);
  next.say({ type: "unread", count: 0, seen: null });
  await vi.waitFor(() => expect(localStorage).toHaveLength(0));
});

test("Escape closes the panel from the launcher, too", async () => {
  const panel = await opened();
  panel.say({ type: "ready" });
  await vi.waitFor(() => expect(panel.said.at(-1)?.type).toBe("opened"));
  page.launcher.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape" }));
  expect(page.launcher.getAttribute("aria-expanded")).toBe("false");
});

test.each([
  [1200, 800, 1],
  [400, 800, 0],
  [800, 400, 0],
])("a page of %d by %d opens the panel %d times by itself", (width, height, times) => {
  vi.stubGlobal("innerWidth", width);
  vi.stubGlobal("innerHeight", height);
  page = include("data-open");
  expect(page.loads()).toBe(times);
});

test("one failure is tried again", async () => {
  vi.useFakeTimers();
  answerTickets(0, 200);
  page = include();
  page.polydesk.open();
  await vi.advanceTimersByTimeAsync(2000);
  expect(page.launcher.hidden).toBe(false);
});

test("a refused page says to its developer what to change, and is not asked for again", async () => {
  vi.useFakeTimers();
  const warn = vi.spyOn(console, "warn").mockReturnValue();
  const fetcher = answerTickets(403);
  page = include();
  page.polydesk.open();
  await vi.advanceTimersByTimeAsync(100_000);
  expect(page.launcher.hidden).toBe(true);
  expect(fetcher).toHaveBeenCalledOnce();
  expect(warn).toHaveBeenCalledOnce();
  expect(warn.mock.calls[0]![0]).toContain("widget.desks.default.origins");
});

test("a panel that says nothing for twenty seconds is down", async () => {
  vi.useFakeTimers();
  page = include();
  page.polydesk.open();
  await vi.advanceTimersByTimeAsync(21000);
  expect(page.launcher.hidden).toBe(true);
});

test("a page that forbids the rest of the widget gets no error", async () => {
  page = include("", "", { fails: true });
  page.polydesk.open();
  await vi.waitFor(() => expect(page.launcher.hidden).toBe(true));
});

test("the launcher comes back when the page replaces its body", async () => {
  page = include();
  const host = document.querySelector("polydesk-widget")!;
  document.documentElement.replaceChild(document.createElement("body"), document.body);
  await vi.waitFor(() => expect(host.parentNode).toBe(document.body));
  document.body.innerHTML = "";
  await vi.waitFor(() => expect(host.parentNode).toBe(document.body));
});

test("an element of the page takes the launcher's place, and gets the calls", async () => {
  page = include("", '<polydesk-chat language="ja" desk="shop"></polydesk-chat>');
  const element = document.querySelector("polydesk-chat")!;
  await vi.waitFor(() => expect(rootOf(element)?.querySelector("iframe")).toBeTruthy());
  const frame = rootOf(element).querySelector("iframe")!;
  expect(page.root.querySelector("section")!.hidden).toBe(true);
  expect(frame.src).toBe("https://desk.example/widget/panel?desk=shop");
  const panel = await answerFrame(frame);
  expect(panel.init).toMatchObject({ mode: "inline", language: "ja" });
  page.polydesk.ask("質問");
  panel.say({ type: "ready" });
  await vi.waitFor(() => expect(panel.said).toEqual([{ type: "ask", text: "質問" }]));
  expect(page.panel()).toBeNull();
  element.setAttribute("language", "ko");
  await vi.waitFor(() => expect(panel.said).toContainEqual({ type: "language", language: "ko" }));
  element.remove();
  await vi.waitFor(() => expect(page.root.querySelector("section")!.hidden).toBe(false));
  expect(frame.isConnected).toBe(false);
});

test("an open panel follows what the keyboard leaves of the screen, and lets go of it", async () => {
  const view = Object.assign(new EventTarget(), { height: 800, offsetTop: 0, scale: 1 });
  vi.stubGlobal("visualViewport", view);
  await opened();
  const { style } = page.root.adoptedStyleSheets[1]!.cssRules[0] as CSSStyleRule;
  const seen = () => style.getPropertyValue("--polydesk-height");
  await vi.waitFor(() => expect(seen()).toBe("800px"));
  view.height = 420;
  view.dispatchEvent(new Event("resize"));
  expect(seen()).toBe("420px");
  view.scale = 2; // Who magnifies sees a part of the panel, and not a smaller panel.
  view.dispatchEvent(new Event("scroll"));
  expect(seen()).toBe("");
  page.polydesk.close();
  await vi.waitFor(() => expect(page.launcher.getAttribute("aria-expanded")).toBe("false"));
  view.scale = 1;
  view.dispatchEvent(new Event("resize"));
  expect(seen()).toBe("");
});

test("destroy leaves nothing behind, and the widget can be included again", async () => {
  const sheets = document.adoptedStyleSheets.length;
  const panel = await opened();
  panel.say({ type: "ready" });
  const heard = vi.fn();
  page.polydesk.on("open", heard);
  const old = page.polydesk;
  old.destroy();
  await Promise.resolve();
  expect(document.querySelector("polydesk-widget")).toBeNull();
  expect(window.polydesk).toBeUndefined();
  expect(document.adoptedStyleSheets.length).toBe(sheets);
  old.open();
  document.body.replaceChildren();
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(heard).not.toHaveBeenCalled();
  expect(document.querySelector("polydesk-widget")).toBeNull();
  page = include("", "<polydesk-chat></polydesk-chat>");
  const element = document.querySelector("polydesk-chat")!;
  await vi.waitFor(() => expect(rootOf(element)?.querySelector("iframe")).toBeTruthy());
});
