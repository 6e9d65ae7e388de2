import { describe, expect, it } from "vitest";
import { applied, EMPTY, RESYNC, type Transcript } from "../../src/panel/transcript.ts";
import { history, message } from "./desk.ts";

function after(...events: [string, unknown][]): Transcript {
  return events.reduce((transcript, [event, data]) => {
    const next = applied(transcript, event, data);
    if (next === RESYNC) throw new Error("resync");
    return next;
  }, EMPTY);
}

const start: [string, unknown] = ["history", history(1, [message(2, "Hel", "streaming")]).data];
const delta = (at: number, text: string, number = 2): [string, unknown] => ["delta", { number, at, text }];
const text = (transcript: Transcript) => transcript.messages.at(-1)?.text;

describe("applied", () => {
  it("appends the next piece", () => expect(text(after(start, delta(3, "lo")))).toBe("Hello"));
  it("drops what it has", () => expect(text(after(start, delta(1, "el")))).toBe("Hel"));
  it("drops the overlap only", () => expect(text(after(start, delta(1, "ello")))).toBe("Hello"));
  it("counts UTF-16", () => {
    expect(text(after(start, delta(3, "🚲"), delta(5, "🚲!")))).toBe("Hel🚲🚲!");
    expect(text(after(start, delta(3, "🚲"), delta(3, "🚲!")))).toBe("Hel🚲!");
  });
  it("asks anew where a piece is missing", () => expect(applied(after(start), ...delta(4, "o"))).toBe(RESYNC));
  it("asks anew where a piece says otherwise", () => expect(applied(after(start), ...delta(1, "xx"))).toBe(RESYNC));
  it("asks anew for a message it does not know", () => expect(applied(after(start), ...delta(0, "x", 9))).toBe(RESYNC));
  it("takes the finished form, and no piece after it", () => {
    const done = after(start, ["message", message(2, "Hello!")]);
    expect(text(done)).toBe("Hello!");
    expect(applied(done, ...delta(3, "lo"))).toBe(done);
    expect(applied(done, ...delta(6, "?"))).toBe(RESYNC);
  });
  it("keeps the order of numbers", () => {
    const numbers = after(
      start,
      ["message", message(5, "e")],
      ["message", message(4, "d")],
      ["message", message(1, "a")],
    );
    expect(numbers.messages.map(({ number }) => number)).toEqual([1, 2, 4, 5]);
  });
  it("replaces everything with a history", () => {
    expect(after(start, ["history", history(9, [message(7, "x")], "person").data])).toMatchObject({
      state: "person",
      messages: [{ number: 7 }],
    });
  });
  it("shows a step until its message is complete", () => {
    const searching = after(start, ["status", { number: 2, step: "search" }]);
    expect(searching.step?.step).toBe("search");
    expect(after(start, ["status", { number: 2, step: "search" }], ["message", message(2, "x")]).step).toBeNull();
  });
  it("leaves what it does not know", () => expect(applied(EMPTY, "confetti", {})).toBe(EMPTY));
});
