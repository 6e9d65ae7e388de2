import { expect, test } from "vitest";
import { languageAt, nearest } from "../../src/loader/language.ts";
import { optionsOf } from "../../src/loader/options.ts";

function optionsIn(attributes: string) {
  document.body.innerHTML = `<script ${attributes}></script>`;
  return optionsOf(document.querySelector("script")!.dataset);
}

test("a script without options", () => {
  const options = optionsIn("");
  expect(options).toMatchObject({ desk: "default", language: "", position: "end", open: false, hideLauncher: false });
  expect(new Set(options.style.map(([, value]) => value))).toEqual(new Set([""]));
});

test("all options", () => {
  const options = optionsIn(`data-desk=" shop " data-language="pt-BR" data-position="start" data-scheme="dark" data-accent="#b00"
    data-radius="0" data-font="Lora, serif" data-email="help@shop.example" data-label="Ask" data-greeting="Hi" data-open
    data-z-index="7" data-hide-launcher="true"`);
  expect(options).toEqual({
    desk: "shop",
    language: "pt-BR",
    position: "start",
    email: "help@shop.example",
    label: "Ask",
    greeting: "Hi",
    open: true,
    hideLauncher: true,
    style: [
      ["--polydesk-accent", "#b00"],
      ["--polydesk-radius", "0"],
      ["--polydesk-font", "Lora, serif"],
      ["--polydesk-scheme", "dark"],
      ["--polydesk-z", "7"],
    ],
  });
});

test("what is not a choice is none", () => {
  expect(optionsIn('data-position="left" data-open="false"')).toMatchObject({ position: "end", open: false });
});

test("the language that the page asks for, else that around the script, else the browser's", () => {
  document.documentElement.lang = "";
  document.body.innerHTML = '<div lang="hi"><p lang="fr-CA"><b></b></p></div><i></i>';
  const inside = document.querySelector("b")!;
  expect(languageAt(inside, "de")).toBe("de");
  expect(languageAt(inside, "")).toBe("fr-CA");
  expect(languageAt(document.querySelector("i")!, "")).toBe(navigator.language);
});

test.each([
  ["zh-TW", "zh"],
  ["PT_br", "pt"],
  ["en-x", "en"],
  ["xx", "en"],
  ["toString", "en"],
  ["", "en"],
])("%s is nearest to %s", (asked, found) => {
  expect(nearest({ en: "a", pt: "b", zh: "c" }, asked)).toBe(found);
});
