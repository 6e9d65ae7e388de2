import { describe, expect, it } from "vitest";
import { lengthOf, sends } from "../../src/panel/typing.ts";

const enter = {
  key: "Enter",
  shiftKey: false,
  ctrlKey: false,
  altKey: false,
  metaKey: false,
  isComposing: false,
  keyCode: 13,
  timeStamp: 1000,
};

describe("sends", () => {
  it("sends on Enter", () => expect(sends(enter, -Infinity)).toBe(true));
  it.each([
    ["another key", { key: "a" }],
    ["a new line", { shiftKey: true }],
    ["the choice of a word", { isComposing: true }],
    ["a key that an input method took", { keyCode: 229 }],
  ])("does not send on %s", (_name, change) => expect(sends({ ...enter, ...change }, -Infinity)).toBe(false));
  it("does not send on the Enter that ended a composition in Safari, but on the next", () => {
    expect(sends(enter, 995)).toBe(false);
    expect(sends(enter, 900)).toBe(true);
  });
});

describe("lengthOf", () => {
  it("counts characters as the desk does", () => expect(lengthOf("a🚲é")).toBe(3));
});
