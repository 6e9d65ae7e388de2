import { beforeEach, describe, expect, it, vi } from "vitest";
import { Keeper, openedFirst } from "../../src/panel/kept.ts";
import { NEW } from "../../src/panel/outbox.ts";

const ORIGIN = "https://shop.example";
const outgoing = { clientId: "q", text: "?", language: "en", conversation: NEW };
const keeper = (origin = ORIGIN) => new Keeper("shop", origin, () => localStorage);

beforeEach(() => localStorage.clear());

describe("Keeper", () => {
  it("stores nothing before the first message was accepted", () => {
    const made = keeper();
    made.change({ language: "de" });
    made.keep(outgoing);
    expect(localStorage).toHaveLength(0);
    made.begin("v", "c");
    expect(keeper().value).toEqual({ visitor: "v", language: "de", conversation: "c", outgoing: [outgoing] });
  });

  it("stores nothing of users, nor for desks that forget", () => {
    keeper().begin("", "c");
    const made = keeper();
    made.forgetful = true;
    made.begin("v", "c");
    expect(localStorage).toHaveLength(0);
    expect(made.value.visitor).toBe("v");
  });

  it("keeps visitors of several sites apart, and forgets one", () => {
    const [one, other] = [keeper(), keeper("https://help.shop.example")];
    one.begin("v1", "c1");
    other.begin("v2", "c2");
    one.forget();
    expect(keeper().value.visitor).toBe("");
    expect(keeper("https://help.shop.example").value.visitor).toBe("v2");
    other.forget();
    expect(localStorage).toHaveLength(0);
  });

  it("adds to what another tab queued", () => {
    const one = keeper();
    one.begin("v", "c");
    const other = keeper();
    one.keep(outgoing);
    other.keep({ ...outgoing, clientId: "r" });
    expect(keeper().value.outgoing.map(({ clientId }) => clientId)).toEqual(["q", "r"]);
    one.drop("q");
    expect(keeper().value.outgoing.map(({ clientId }) => clientId)).toEqual(["r"]);
  });

  it("keeps what it has in memory where nothing is stored", () => {
    const made = keeper();
    made.forgetful = true;
    made.begin("v", "c");
    made.reread();
    expect(made.value.visitor).toBe("v");
  });

  it("lets one tab act at a time, and each where there are no locks", async () => {
    const order: string[] = [];
    const act = (name: string) => async () => {
      order.push(name);
      await new Promise((resolve) => setTimeout(resolve, 20));
      order.push(name);
    };
    await Promise.all(["a", "b"].map((name) => keeper().alone(act(name))));
    expect(order.join("")).toBe("abab");
    let last: Promise<unknown> = Promise.resolve();
    const request = (_name: string, _options: unknown, run: () => Promise<unknown>) => (last = last.then(run));
    vi.stubGlobal("navigator", { locks: { request } });
    await Promise.all(["c", "d"].map((name) => keeper().alone(act(name))));
    expect(order.slice(4).join("")).toBe("ccdd");
    vi.unstubAllGlobals();
  });

  it("works where the browser blocks storage", () => {
    const blocked = new Keeper("shop", ORIGIN, () => {
      throw new DOMException("denied", "SecurityError");
    });
    blocked.begin("v", "c");
    blocked.keep(outgoing);
    expect(blocked.value).toMatchObject({ visitor: "v", outgoing: [outgoing] });
    blocked.forget();
    expect(blocked.value.visitor).toBe("");
  });

  it("reads what is broken as nothing", () => {
    for (const value of ["{", "null", '"x"', "3"]) {
      localStorage.setItem("polydesk:shop", value);
      expect(keeper().value.visitor).toBe("");
    }
  });
});

describe("openedFirst", () => {
  it("opens what was open last, else the newest, else a new one", () => {
    expect(openedFirst("b", ["a", "b"])).toBe("b");
    expect(openedFirst("x", ["a", "b"])).toBe("a");
    expect(openedFirst(NEW, ["a"])).toBe(NEW);
    expect(openedFirst("", [])).toBe(NEW);
  });
});
