"""Everybody can use the widget: axe in every state and layout, keyboards, screen readers, narrow and zoomed windows."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import product

import pytest
from playwright.sync_api import Browser, Route, expect

from tests.browser.axe import violations
from tests.browser.desk import RunningDesk
from tests.browser.host import Host
from tests.browser.visit import visiting
from tests.fakes.cutting_proxy import CuttingProxy
from tests.fakes.llm import FakeLLM, Reply

QUESTION = {"en": "How do I charge the battery?", "ar": "كم تكلفة استئجار دراجة ليوم كامل؟"}
UNKNOWN = {"en": "Which vegetables grow on the moon in winter?", "ar": "ما هي الخضروات التي تنمو على القمر في الشتاء؟"}
TABLE = "What do the batteries cost?"
# Notes what is added to anything that screen readers read out by themselves.
LISTEN = """() => {
  const aloud = "[aria-live]:not([aria-live=off]), [role=log], [role=status], [role=alert]";
  window.__said = [];
  const note = (text) => text.trim() && window.__said.push(text.trim());
  const heard = (change) => {
    const at = change.target.nodeType === 1 ? change.target : change.target.parentElement;
    if (!at?.closest(aloud)) return;
    if (change.type === "characterData") note(at.textContent);
    change.addedNodes.forEach((node) => note(node.textContent));
  };
  const observer = new MutationObserver((changes) => changes.forEach(heard));
  observer.observe(document.body, { childList: true, subtree: true, characterData: true });
}"""
LAYOUTS = list(product(("en", "ar"), ("light", "dark"), (False, True)))


@pytest.mark.parametrize(("language", "scheme", "phone"), LAYOUTS)
def test_axe_finds_nothing_in_any_state(
    browser: Browser, desk: RunningDesk, host: Host, language: str, scheme: str, phone: bool
) -> None:
    url = host.embed(f"/axe-{language}", desk.script, language=language)
    found: dict[str, list[str]] = {}

    with visiting(browser, url, phone=phone, scheme=scheme, quiet=True, reduced_motion="reduce") as visit:
        frame = visit.open().frame

        def state(name: str) -> None:
            if wrong := violations(frame):
                found[name] = wrong

        def menu() -> None:
            frame.locator(".menu > button").click()

        state("welcome")
        menu()
        state("menu before anything was said")
        visit.page.keyboard.press("Escape")
        visit.ask(QUESTION[language])
        state("answered")
        visit.answers.first.locator("button.chip").first.click()
        frame.locator("dialog[open] blockquote").wait_for()
        state("quote")
        visit.page.keyboard.press("Escape")
        visit.answers.first.locator(".actions button[aria-pressed]").last.click()
        frame.locator(".reason textarea").wait_for()
        state("reason")
        visit.ask(UNKNOWN[language])
        state("no answer")
        visit.ask(TABLE)
        frame.locator(".prose table").wait_for()
        state("table")
        visit.composer.fill("x" * 2_050)
        state("too long")
        visit.composer.fill("")
        frame.locator(".menu > button").click()
        frame.locator("#menu .item").first.click()
        expect(frame.locator(".notices p")).not_to_have_count(0)
        state("waiting")
        desk.say(desk.conversations()[0]["id"], "Hello. [A page](https://shop.example/page)\n\n- one\n- two")
        frame.locator(".message.person").wait_for()
        state("person")
        menu()
        state("menu")
        frame.locator("#menu .item").last.click()
        frame.locator("dialog[open] .danger").wait_for()
        state("deleting")
        visit.page.keyboard.press("Escape")
        visit.page.context.set_offline(True)
        visit.send("And offline?")
        frame.locator(".message.visitor.queued").wait_for()
        state("offline")
        visit.page.context.set_offline(False)
        visit.page.evaluate("polydesk.identify('nonsense')")
        frame.locator(".away").wait_for()
        state("signed out")
    assert not found


@pytest.mark.parametrize(("language", "scheme", "phone"), [LAYOUTS[0], LAYOUTS[-1]])
def test_axe_finds_nothing_while_an_answer_is_written_and_where_it_was_stopped(
    browser: Browser, slow_desk: RunningDesk, host: Host, writer: FakeLLM, language: str, scheme: str, phone: bool
) -> None:
    writer.script = Reply(
        "Charge the battery at room temperature with the charger that came with the bike [1]. " * 9,
        tokens_per_second=20,
    )
    url = host.embed(f"/axe-writing-{language}", slow_desk.script, language=language)
    with visiting(browser, url, phone=phone, scheme=scheme, reduced_motion="reduce") as visit:
        visit.open().send(QUESTION["en"])
        visit.frame.locator(".message.bot[aria-busy] .prose").wait_for()
        assert violations(visit.frame) == []
        visit.frame.locator("button.stop").click()
        visit.answers.first.locator(".row button").wait_for()
        assert violations(visit.frame) == []


@pytest.mark.parametrize(("language", "scheme", "phone"), LAYOUTS)
def test_axe_finds_nothing_in_what_is_translated_failed_or_refused(
    browser: Browser, desk: RunningDesk, host: Host, language: str, scheme: str, phone: bool
) -> None:
    url = host.embed(f"/axe-{language}", desk.script, language=language)

    def altered(route: Route) -> None:
        """The conversation as a desk tells it that translates, and whose last answer failed."""
        known = desk.operator.get(f"/api/conversations/{desk.conversations()[0]['id']}").json()
        answered, failed = (one for one in known["messages"] if one["author"] == "bot")
        answered["answer"] |= {"translated": True, "original": {"text": "Eine Antwort [1]", "language": "de"}}
        answered["answer"]["citations"][0] |= {"translation": answered["text"], "language": "de"}
        failed |= {"status": "failed", "answer": None, "text": "", "detail": ""}
        history = {"conversation": known["id"], **{key: known[key] for key in ("state", "language", "messages")}}
        route.fulfill(content_type="text/event-stream", body=f"id: 1\nevent: history\ndata: {json.dumps(history)}\n\n")

    with visiting(browser, url, phone=phone, scheme=scheme, quiet=True, reduced_motion="reduce") as visit:
        visit.open().ask(QUESTION[language])
        visit.ask(UNKNOWN[language])
        visit.page.route("**/api/widget/conversations/*/events", altered)
        visit.page.route("**/api/widget/messages", lambda route: route.fulfill(status=422, json={"detail": "No."}))
        visit.page.reload()
        frame = visit.open().frame
        frame.locator(".state.error").wait_for()
        visit.send("?")
        frame.locator(".message.visitor.refused").wait_for()
        assert violations(frame) == []
        frame.locator("button.chip").first.click()
        turn = frame.locator("dialog[open] button[aria-pressed]")
        turn.wait_for()
        assert violations(frame) == []
        turn.click()
        expect(turn).to_have_attribute("aria-pressed", "true")
        assert violations(frame) == []


@pytest.mark.parametrize(("language", "scheme", "phone"), LAYOUTS)
def test_axe_finds_nothing_where_it_stands_in_a_page(
    browser: Browser, desk: RunningDesk, host: Host, language: str, scheme: str, phone: bool
) -> None:
    body = '<p>Ask here:</p><polydesk-chat style="display:block;height:30rem"></polydesk-chat>'
    url = host.embed(f"/axe-inline-{language}", desk.script, language=language, body=body)
    with visiting(browser, url, phone=phone, scheme=scheme, reduced_motion="reduce") as visit:
        visit.composer.wait_for()
        assert violations(visit.page.main_frame, page=True) == []
        assert violations(visit.frame) == []
        visit.ask(QUESTION[language])
        assert violations(visit.frame) == []


def test_axe_finds_nothing_where_the_desk_is_out(browser: Browser, desk: RunningDesk, host: Host) -> None:
    with CuttingProxy(desk.port) as line:
        script = f'src="http://127.0.0.1:{line.port}/widget.js"'
        with visiting(browser, host.embed("/axe-out", script), quiet=True, reduced_motion="reduce") as visit:
            visit.open()
            line.up = False
            line.cut()
            visit.send("Is anybody there?")
            visit.frame.locator(".message.visitor.queued").wait_for()
            visit.frame.locator(".notices p").wait_for()
            assert violations(visit.frame) == []


@pytest.mark.parametrize("path", ["/", "/help/battery"])
@pytest.mark.parametrize("language", ["en-GB", "ar"])
def test_axe_finds_nothing_on_the_desks_own_pages(
    browser: Browser, desk: RunningDesk, path: str, language: str
) -> None:
    for scheme, phone in product(("light", "dark"), (False, True)):
        size = {"width": 390, "height": 780} if phone else {"width": 1200, "height": 800}
        with browser.new_context(locale=language, color_scheme=scheme, viewport=size) as context:
            page = context.new_page()
            page.goto(desk.url + path, wait_until="networkidle")
            assert violations(page.main_frame, page=True) == []


def test_each_message_is_announced_once(browser: Browser, desk: RunningDesk, host: Host) -> None:
    with visiting(browser, host.embed("/announce", desk.script)) as visit:
        visit.open()
        visit.frame.evaluate(LISTEN)
        visit.ask(QUESTION["en"])
        visit.ask("Who pays for the return?")
        visit.page.wait_for_timeout(1_000)

        def announced(text: str) -> int:
            return sum(text in said for said in visit.frame.evaluate("window.__said"))

        assert announced("Charge the battery at room temperature") == 1
        assert announced("free of charge") == 1
        visit.page.reload()
        visit.open()
        expect(visit.answers).to_have_count(2)
        # What was said before is not said again.
        assert visit.frame.locator("[role=log]").inner_text().strip() == ""


def test_everything_can_be_reached_by_keyboard(browser: Browser, desk: RunningDesk, host: Host) -> None:
    with visiting(browser, host.embed("/keyboard", desk.script)) as visit:
        visit.open().ask(QUESTION["en"])
        reached = set()
        visit.composer.focus()
        for _ in range(40):
            visit.page.keyboard.press("Shift+Tab")
            reached.add(visit.frame.evaluate("document.activeElement.className || document.activeElement.id"))
            if not visit.frame.evaluate("document.hasFocus()"):
                break
        assert {"chip", "source", "round", "log"} <= reached
        # The conversation is no trap: focus left the panel.
        assert not visit.frame.evaluate("document.hasFocus()")


@pytest.mark.parametrize("phone", [False, True])
def test_focus_goes_to_the_composer_but_not_where_a_keyboard_would_pop_up(
    browser: Browser, desk: RunningDesk, host: Host, phone: bool
) -> None:
    with visiting(browser, host.embed("/focus", desk.script), phone=phone) as visit:
        visit.open()
        focused: Callable[[], str] = lambda: visit.frame.evaluate("document.activeElement.id")  # noqa: E731
        visit.page.wait_for_timeout(300)
        assert (focused() == "question") is not phone


@pytest.mark.parametrize(("width", "height"), [(320, 480), (600, 320)])
def test_small_and_zoomed_windows_lose_nothing(
    browser: Browser, desk: RunningDesk, host: Host, width: int, height: int
) -> None:
    """320 by 480 is a page of 1280 pixels at four times its size, which WCAG asks for."""
    with visiting(browser, host.embed("/small", desk.script)) as visit:
        visit.page.set_viewport_size({"width": width, "height": height})
        visit.open().ask("What do the batteries cost?")
        inside = visit.frame.evaluate("[document.documentElement.scrollWidth, innerWidth]")
        assert inside[0] <= inside[1]
        for place in (visit.composer, visit.frame.locator(".head h1"), visit.frame.locator(".menu > button")):
            box = place.bounding_box()
            assert box is not None
            assert box["x"] >= 0
            assert box["x"] + box["width"] <= width + 1
            assert 0 <= box["y"] < height


def test_a_phones_keyboard_does_not_cover_the_composer(browser: Browser, desk: RunningDesk, host: Host) -> None:
    with visiting(browser, host.embed("/phone", desk.script), phone=True) as visit:
        visit.open()
        size = visit.page.viewport_size
        assert size is not None
        whole = visit.page.evaluate("[innerWidth, innerHeight]")
        assert visit.frame.evaluate("[innerWidth, innerHeight]") == whole
        assert float(visit.composer.evaluate("(e) => getComputedStyle(e).fontSize").removesuffix("px")) >= 16
        # The keyboard makes the visible part of the window smaller; browsers tell by visualViewport.
        visit.page.evaluate(
            "(height) => { Object.defineProperty(visualViewport, 'height', {value: height, configurable: true});"
            " visualViewport.dispatchEvent(new Event('resize')); }",
            size["height"] - 300,
        )
        visit.page.wait_for_timeout(300)
        box = visit.composer.bounding_box()
        assert box is not None
        assert box["y"] + box["height"] <= size["height"] - 300
