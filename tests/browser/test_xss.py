"""Hostile texts through every way into the panel: nothing of them runs, and nothing but text comes of them."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Frame, expect

from tests.browser.desk import RunningDesk, running_desk
from tests.browser.host import Host
from tests.browser.visit import Visit, visiting

PAYLOADS: list[str] = json.loads(
    (Path(__file__).parents[2] / "widget" / "tests" / "xss.json").read_text(encoding="utf-8")
)
# Of what the panel is made of. Anything else in it, or any handler in an attribute, came out of a text.
STRANGE = """() => {
  const own = new Set(("html head meta title link script body div span header main h1 h2 h3 p ol ul li button form " +
    "label textarea select option a sup b i bdi strong em del code pre blockquote table thead tbody tr th td dialog " +
    "svg path circle rect line br hr").split(" "));
  const found = [];
  for (const node of document.querySelectorAll("*")) {
    if (!own.has(node.localName)) found.push(node.outerHTML.slice(0, 200));
    for (const { name, value } of node.attributes) {
      if (/^on|^style$|^srcdoc$|^formaction$/i.test(name)) found.push(`${node.localName} ${name}=${value}`);
      if (/^(xlink:)?href$/i.test(name) && !/^(https?:|mailto:|tel:|[/#.])/i.test(value)) found.push(`href=${value}`);
      if (name === "src" && !/^(\\.|\\/|http:\\/\\/localhost)/.test(value)) found.push(`src=${value}`);
    }
  }
  if (document.querySelectorAll("script").length !== 1) found.push("another script");
  return found;
}"""
OPEN_QUOTES = """async () => {
  const until = async (happened, what) => {
    for (let tries = 0; !happened(); tries++) {
      if (tries > 1000) throw new Error(`the quote is not ${what}`);
      await new Promise((done) => setTimeout(done, 10));
    }
  };
  const seen = [];
  for (const source of document.querySelectorAll(".sources button.source")) {
    source.click();
    await until(() => document.querySelector("dialog[open] blockquote"), "there");
    seen.push(document.querySelector("dialog[open] blockquote").textContent);
    document.querySelector("dialog[open]").close();
    await until(() => !document.querySelector("dialog blockquote"), "gone");
  }
  return seen;
}"""


def code(number: int) -> str:
    return f"PRT-{1000 + number}"


@pytest.fixture(scope="module")
def hostile_desk(browser: Browser, host: Host, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningDesk]:
    """A desk whose knowledge holds each text in a title and in what is quoted."""
    folder = tmp_path_factory.mktemp("xss")
    (folder / "knowledge").mkdir()
    (folder / "knowledge" / "_folder.yaml").write_text("url_base: /help\nlanguage: en\n", encoding="utf-8")
    for number, payload in enumerate(map(_printable, PAYLOADS)):
        # One a file: a row that cannot be read has its file refused.
        with (folder / "knowledge" / f"{number}.csv").open("w", encoding="utf-8", newline="") as file:
            row = [f"Part {code(number)} {payload}", f"The part {code(number)} is {payload} in the shop."]
            csv.writer(file).writerows([["question", "answer"], row])
    with running_desk(folder, host.origin, name=PAYLOADS[0]) as running:
        yield running


def checked(visit: Visit, frame: Frame) -> None:
    """Nothing ran, and there is nothing in the panel that is not its own."""
    assert frame.evaluate(STRANGE) == []
    assert visit.complaints() == []


def test_there_are_enough_payloads() -> None:
    assert len(set(PAYLOADS)) >= 150


def test_knowledge_in_answers_titles_quotes_and_history(
    browser: Browser, hostile_desk: RunningDesk, host: Host
) -> None:
    quoted: list[str] = []
    cited = 0
    script = f"{hostile_desk.script} data-greeting='{PAYLOADS[14]}'"
    with visiting(browser, host.embed("/xss", script), reduced_motion="reduce") as visit:
        visit.open()
        for start in range(0, len(PAYLOADS), 80):
            numbers = range(start, min(start + 80, len(PAYLOADS)))
            for number in numbers:
                visit.send(f"What is {code(number)}?")
            expect(visit.answers).to_have_count(len(numbers), timeout=60_000)
            checked(visit, visit.frame)
            cited += visit.frame.locator(".sources .section", has_text="PRT-").count()
            quoted += visit.frame.evaluate(OPEN_QUOTES)
            checked(visit, visit.frame)
            # The same from the history, and in a window that was not there when it was said.
            visit.page.reload()
            visit.open()
            expect(visit.answers).to_have_count(len(numbers))
            quoted += visit.frame.evaluate(OPEN_QUOTES)
            checked(visit, visit.frame)
            visit.frame.locator(".menu > button").click()
            visit.frame.locator("#menu .item").nth(1).click()
            expect(visit.answers).to_have_count(0)
    assert cited >= len(PAYLOADS) * 0.9
    assert sum("PRT-" in text for text in quoted) >= len(PAYLOADS) * 0.9 * 2


def test_people_and_visitors_write_hostile_texts(browser: Browser, hostile_desk: RunningDesk, host: Host) -> None:
    with visiting(browser, host.embed("/xss-people", hostile_desk.script), reduced_motion="reduce") as visit:
        visit.open().send(PAYLOADS[1])
        visit.answers.first.wait_for()
        id = hostile_desk.conversations()[0]["id"]
        for number, payload in enumerate(PAYLOADS):
            hostile_desk.say(id, _printable(payload), name=_printable(payload)[:60].strip() if number % 2 else "Mia")
        last: Any = visit.frame.locator(".message.person").last
        expect(last).to_contain_text(_words(PAYLOADS[-1]), timeout=30_000)
        checked(visit, visit.frame)
        for payload in map(_printable, PAYLOADS[:40]):
            visit.send(payload)
        expect(visit.frame.locator(".message.visitor.queued, .message.visitor.sending")).to_have_count(0)
        checked(visit, visit.frame)
        visit.page.reload()
        visit.open()
        visit.frame.locator(".message.person").first.wait_for()
        checked(visit, visit.frame)


def _printable(text: str) -> str:
    """Without control characters: no file, person or name with them is taken."""
    return "".join(character if character >= " " and character != "\x7f" else " " for character in text)


def _words(text: str) -> str:
    """What surely stays of a text when it is shown as Markdown: its first run of letters."""
    return next((word for word in "".join(c if c.isalpha() else " " for c in text).split() if len(word) > 2), "")
