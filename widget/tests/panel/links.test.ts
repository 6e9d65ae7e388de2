import { describe, expect, it } from "vitest";
import { safeLink } from "../../src/panel/links.ts";

const DESK = "http://desk.example/widget/panel";

describe("safeLink", () => {
  it.each([
    ["https://shop.example/a?b#c", "https://shop.example/a?b#c"],
    ["mailto:help@shop.example", "mailto:help@shop.example"],
    ["tel:+49123", "tel:+49123"],
    ["/help/returns#how-long", "http://desk.example/help/returns#how-long"],
    ["http://desk.example/help", "http://desk.example/help"],
  ])("follows %s", (address, followed) => expect(safeLink(address, DESK)).toBe(followed));

  it.each([
    "",
    "returns",
    "#how-long",
    "http://shop.example",
    "//shop.example",
    "/\\shop.example",
    "javascript:alert(1)",
    "java\tscript:alert(1)",
    "\u0000javascript:alert(1)",
    "data:text/html,x",
    "blob:http://desk.example/1",
    "https://bank.example@evil.example",
    "https://",
  ])("does not follow %j", (address) => expect(safeLink(address, DESK)).toBe(""));
});
