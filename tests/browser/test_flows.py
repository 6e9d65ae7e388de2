"""What customers do with the widget, in a real browser on another site's page."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Route, expect

from bot.phrases import Phrases
from tests.browser.desk import RunningDesk
from tests.browser.host import Host
from tests.browser.visit import PATIENCE, Visit, new_visit, visiting, wait_for
from tests.fakes.cutting_proxy import CuttingProxy
from tests.fakes.llm import FakeLLM, Reply

REFUND = "We refund within five working days"
QUESTIONS = {
    "en": ("How long does a refund take?", REFUND),
    "de": ("Wie lange dauert eine Rückerstattung?", REFUND),
    "es": ("¿Cuánto tarda un reembolso?", REFUND),
    "fr": ("Combien de temps dure un remboursement ?", REFUND),
    "ar": ("كم تكلفة استئجار دراجة ليوم كامل؟", "خمسة وأربعون يورو"),
    "zh": ("外国游客购买自行车可以在哪里办理退税？", "机场办理退税"),
}


@pytest.fixture(scope="module")
def url(desk: RunningDesk, host: Host) -> str:
    return host.embed("/flows", desk.script)


def embedded(desk: RunningDesk, host: Host, language: str) -> str:
    return host.embed(f"/flows-{language}", desk.script, language=language)


@pytest.mark.parametrize(("phone", "scheme"), [(False, "light"), (True, "dark")], ids=["desktop-light", "phone-dark"])
@pytest.mark.parametrize("language", QUESTIONS)
def test_a_question_in_six_languages(
    browser: Browser, desk: RunningDesk, host: Host, language: str, phone: bool, scheme: str
) -> None:
    question, answer = QUESTIONS[language]
    with visiting(browser, embedded(desk, host, language), phone=phone, scheme=scheme) as visit:
        visit.open()
        root = visit.frame.locator("html")
        expect(root).to_have_attribute("lang", language)
        expect(root).to_have_attribute("dir", "rtl" if language == "ar" else "ltr")
        notice = visit.frame.locator(".notice")
        expect(notice).to_be_visible()
        assert answer in visit.ask(question)
        chip = visit.answers.first.locator("button.chip").first
        chip.click()
        quote = visit.frame.locator("dialog[open] blockquote")
        expect(quote).to_contain_text(answer)
        source = visit.frame.locator("dialog[open] a.button")
        expect(source).to_have_attribute("href", re.compile(f"^{re.escape(desk.url)}/help/.*#"))
        expect(source).to_have_attribute("rel", "noopener nofollow ugc")
        visit.page.keyboard.press("Escape")
        expect(chip).to_be_focused()
        for said in (visit.said.first, visit.answers.first.locator(".prose > *").first):
            expect(said).to_have_attribute("dir", "auto")
        visit.composer.fill(question)
        expect(visit.composer).to_have_attribute("dir", "auto")


@pytest.mark.parametrize("language", QUESTIONS)
def test_a_whole_conversation_in_six_languages(browser: Browser, desk: RunningDesk, host: Host, language: str) -> None:
    question, answer = QUESTIONS[language]
    phone = language in ("ar", "zh", "de")
    said = Phrases().catalogue(language)
    with visiting(browser, embedded(desk, host, language), phone=phone, scheme="dark", quiet=True) as visit:
        visit.open().ask(question)
        visit.page.reload()
        expect(visit.open().answers.first).to_contain_text(answer)
        visit.page.context.set_offline(True)
        visit.send(f"{question} {question}")
        queued = visit.frame.locator(".message.visitor.queued")
        expect(queued).to_contain_text(said["widget.queued"])
        visit.page.context.set_offline(False)
        expect(visit.answers).to_have_count(2)
        visit.frame.locator(".menu > button").click()
        visit.frame.get_by_role("button", name=said["widget.talk_to_person"]).click()
        expect(visit.frame.locator(".notices")).to_contain_text(said["widget.waiting"])
        id = desk.conversations()[0]["id"]
        desk.say(id, f"{answer} <b>x</b>")
        person = visit.frame.locator(".message.person .prose > *")
        expect(person).to_have_text(f"{answer} <b>x</b>")
        expect(person).to_have_attribute("dir", "auto")
        visit.frame.locator(".menu > button").click()
        visit.frame.get_by_role("button", name=said["widget.delete_conversation"]).click()
        visit.frame.locator("dialog[open] .danger").click()
        expect(visit.said).to_have_count(0)
        assert desk.operator.get(f"/api/conversations/{id}").status_code == 404


def test_the_launcher_opens_and_escape_closes_it(browser: Browser, url: str) -> None:
    with visiting(browser, url) as visit:
        page = visit.page
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        expect(visit.composer).to_be_focused()
        page.keyboard.press("Escape")
        wait_for(page, "document.activeElement.localName === 'polydesk-widget'")
        visit.wait_until_hidden()
        # What is closed is passed by.
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.localName") != "iframe"
        page.mouse.click(1200 - 50, 800 - 50)
        expect(visit.composer).to_be_focused()


def test_the_keyboard_opens_a_panel_whose_line_is_slow_and_is_in_it_then(browser: Browser, url: str) -> None:
    with visiting(browser, url) as visit:
        page = visit.page

        def later(route: Route) -> None:
            page.wait_for_timeout(1_000)
            route.continue_()

        page.route("**/api/phrases*", later)
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        # There is nothing to see yet, and the launcher can be pressed again.
        visit.frame.locator(".panel").wait_for(state="attached")
        assert visit.frame.frame_element().is_hidden()
        assert visit.frame.locator(".panel *").count() == 0
        visit.frame.frame_element().wait_for_element_state("visible")
        expect(visit.composer).to_be_focused()
        assert visit.frame.evaluate("document.hasFocus()")
        page.keyboard.type("How long?")
        expect(visit.composer).to_have_value("How long?")


def test_what_is_said_is_marked_with_its_language(browser: Browser, desk: RunningDesk, host: Host) -> None:
    with visiting(browser, embedded(desk, host, "fr")) as visit:
        question = QUESTIONS["fr"][0]
        assert REFUND in visit.open().ask(question)
        expect(visit.answers.first.locator(".prose")).to_have_attribute("lang", "en")
        expect(visit.frame.locator("[role=log] [lang]").last).to_have_attribute("lang", "en")
        # The page is in French, the question in German, and the answer in English.
        visit.ask(QUESTIONS["de"][0])
        expect(visit.said.first).to_have_attribute("lang", "fr")
        expect(visit.answers.last.locator(".sources .place")).to_have_attribute("lang", "en")


def test_suggested_questions_come_from_the_knowledge_and_can_be_asked(browser: Browser, url: str) -> None:
    with visiting(browser, url) as visit:
        visit.open()
        suggested = visit.frame.locator(".suggestions button")
        expect(suggested.first).to_be_visible()
        texts = suggested.all_inner_texts()
        knowledge = {"How long does a refund take?", "Who pays for the return?", "How do I charge the battery?"}
        assert set(texts) <= knowledge
        suggested.filter(has_text="How long does a refund take?").click()
        expect(visit.answers.first).to_contain_text(REFUND)
        expect(suggested).to_have_count(0)


def test_a_conversation_survives_reload_and_navigation(
    browser: Browser, desk: RunningDesk, host: Host, url: str
) -> None:
    with visiting(browser, url) as visit:
        visit.open().ask(QUESTIONS["en"][0])
        for elsewhere in (url, host.embed("/flows-other", desk.script)):
            visit.page.goto(elsewhere)
            visit.open()
            expect(visit.answers.first).to_contain_text(REFUND)
            expect(visit.said).to_have_text([QUESTIONS["en"][0]])


def test_nothing_is_stored_before_the_first_message(browser: Browser, url: str) -> None:
    with visiting(browser, url) as visit:
        visit.open()
        stored = "JSON.stringify([Object.keys(localStorage), Object.keys(sessionStorage), document.cookie])"
        assert visit.frame.evaluate(stored) == '[[],[],""]'
        visit.ask(QUESTIONS["en"][0])
        assert "polydesk:default" in visit.frame.evaluate(stored)
        assert visit.page.evaluate(stored) == '[[],[],""]'
        assert visit.page.context.cookies() == []


def test_the_language_can_be_changed_and_is_kept(browser: Browser, url: str) -> None:
    with visiting(browser, url) as visit:
        visit.open().ask(QUESTIONS["en"][0])
        visit.frame.locator(".menu > button").click()
        visit.frame.locator("#language").select_option("ar")
        expect(visit.frame.locator("html")).to_have_attribute("dir", "rtl")
        visit.page.reload()
        visit.open()
        expect(visit.frame.locator("html")).to_have_attribute("lang", "ar")


def test_an_answer_can_be_rated_and_copied(browser: Browser, desk: RunningDesk, url: str) -> None:
    permissions = {"permissions": ["clipboard-read", "clipboard-write"]}
    with visiting(browser, url, **permissions) as visit:
        visit.open().ask("How do I charge the battery?")
        up, down = visit.answers.first.locator(".actions button[aria-pressed]").all()
        up.click()
        expect(up).to_have_attribute("aria-pressed", "true")
        down.click()
        reason = visit.frame.locator(".reason textarea")
        reason.fill("Which charger?")
        visit.frame.locator(".reason button[type=submit]").click()
        expect(reason).to_have_count(0)
        id = desk.conversations()[0]["id"]
        message = desk.operator.get(f"/api/conversations/{id}").json()["messages"][-1]
        assert (message["feedback"], message["reason"]) == ("down", "Which charger?")
        visit.answers.first.locator(".actions button").first.click()
        expect(visit.frame.locator(".done")).to_have_text("Copied")
        copied = visit.page.evaluate("navigator.clipboard.readText()")
        assert "Charge the battery at room temperature" in copied
        assert f"{desk.url}/help/battery#" in copied
        assert "[1]" not in copied


def test_a_person_takes_over_and_gives_back(browser: Browser, desk: RunningDesk, url: str) -> None:
    with visiting(browser, url) as visit:
        visit.open().ask("Which vegetables grow on the moon in winter?")
        visit.answers.first.locator(".row button").click()
        notices = visit.frame.locator(".notices")
        expect(notices).to_contain_text("We have told our team")
        conversation = desk.conversations()[0]
        assert conversation["state"] == "waiting"
        desk.say(conversation["id"], "Hello, I am **Mia**. <b>None</b> that we know of.")
        person = visit.frame.locator(".message.person")
        expect(person).to_contain_text("Mia")
        expect(person).to_contain_text("<b>None</b> that we know of.")
        visit.send("Thank you!")
        expect(visit.said).to_have_count(2)
        expect(visit.frame.locator(".message.visitor.queued, .message.visitor.sending")).to_have_count(0)
        assert visit.answers.count() == 1  # The bot is silent.
        desk.operator.post(f"/api/conversations/{conversation['id']}/return").raise_for_status()
        assert REFUND in visit.ask(QUESTIONS["en"][0])


def test_deleting_a_conversation_reaches_the_desk_and_the_other_tab(
    browser: Browser, desk: RunningDesk, url: str
) -> None:
    with visiting(browser, url) as visit:
        visit.open().ask("Who pays for the return?")
        other = new_visit(visit.page.context, url).open()
        expect(other.answers.first).to_contain_text("free of charge")
        id = desk.conversations()[0]["id"]
        visit.frame.locator(".menu > button").click()
        visit.frame.locator("#menu .item").last.click()
        visit.frame.locator("dialog[open] .danger").click()
        for each in (visit, other):
            expect(each.said).to_have_count(0)
        assert desk.operator.get(f"/api/conversations/{id}").status_code == 404
        wait_for(visit.frame, "localStorage.length === 0")


def test_two_tabs_show_one_conversation(browser: Browser, url: str) -> None:
    with visiting(browser, url) as visit:
        visit.open().ask(QUESTIONS["en"][0])
        other = new_visit(visit.page.context, url).open()
        expect(other.answers.first).to_contain_text(REFUND)
        other.ask("How do I charge the battery?")
        expect(visit.answers).to_have_count(2)
        visit.ask("Who pays for the return?")
        expect(other.answers).to_have_count(3)
        assert visit.said.all_inner_texts() == other.said.all_inner_texts()


def test_tabs_that_tell_each_other_who_the_visitor_is_come_to_rest(browser: Browser, url: str) -> None:
    with visiting(browser, url) as visit:
        asked: list[str] = []
        visit.page.context.on("request", lambda request: asked.append(request.url))
        other = new_visit(visit.page.context, url).open()
        visit.open().ask(QUESTIONS["en"][0])
        new_visit(visit.page.context, url).open()
        expect(other.answers.first).to_contain_text(REFUND)
        visit.page.wait_for_timeout(1_000)
        # Each tab got in, and the first two once more when the visitor became known.
        assert 3 <= sum("/api/widget/session" in each for each in asked) <= 6


def test_two_tabs_that_send_their_first_messages_at_once_are_one_visitor(
    browser: Browser, desk: RunningDesk, url: str
) -> None:
    with visiting(browser, url) as visit:
        before = len(desk.conversations())
        tabs = [visit.open(), new_visit(visit.page.context, url).open()]
        sent_at = visit.page.evaluate("Date.now()") + 1_500
        for tab, question in zip(tabs, ("How do I charge the battery?", "Who pays for the return?"), strict=True):
            tab.composer.fill(question)
            expect(tab.frame.locator("button.send")).to_be_enabled()
            tab.frame.evaluate(
                "(at) => void setTimeout(() => document.querySelector('button.send').click(), at - Date.now())",
                sent_at,
            )
        for tab in tabs:
            expect(tab.answers).to_have_count(2)
        assert tabs[0].said.all_inner_texts() == tabs[1].said.all_inner_texts()
        assert len(desk.conversations()) == before + 1


@pytest.mark.parametrize("days", [-400, 400])
def test_a_browser_whose_clock_is_wrong(browser: Browser, url: str, days: int) -> None:
    with visiting(browser, url) as visit:
        visit.page.context.add_init_script(
            f"const now = Date.now; Date.now = () => now() + {days} * 86400000;"
            f"const Real = Date; globalThis.Date = class extends Real {{ constructor(...a) "
            f"{{ a.length ? super(...a) : super(now() + {days} * 86400000) }} }};"
        )
        visit.page.reload()
        assert REFUND in visit.open().ask(QUESTIONS["en"][0])
        visit.page.reload()
        visit.open()
        expect(visit.answers.first).to_contain_text(REFUND)


def test_composing_does_not_send(browser: Browser, url: str) -> None:
    with visiting(browser, url, locale="ja-JP") as visit:
        visit.open().composer.focus()
        client = visit.page.context.new_cdp_session(visit.page)
        client.send("Input.imeSetComposition", {"text": "へんきん", "selectionStart": 4, "selectionEnd": 4})
        visit.page.keyboard.press("Enter")
        expect(visit.said).to_have_count(0)
        client.send("Input.insertText", {"text": "返金"})
        # Safari reports the Enter that ends a composition after its end, so the next one counts a little later.
        visit.page.wait_for_timeout(50)
        visit.composer.press("Shift+Enter")
        expect(visit.said).to_have_count(0)
        visit.composer.press("Enter")
        expect(visit.said).to_have_text(["返金"])


def test_what_is_typed_offline_is_sent_once(browser: Browser, desk: RunningDesk, url: str) -> None:
    with visiting(browser, url, quiet=True) as visit:
        visit.open().ask(QUESTIONS["en"][0])
        context = visit.page.context
        context.set_offline(True)
        visit.send("How do I charge the battery?")
        visit.send("Who pays for the return?")
        visit.send("This one is taken back.")
        waiting = visit.frame.locator(".message.visitor.queued")
        expect(waiting).to_have_count(3)
        waiting.last.locator("button").click()
        expect(waiting).to_have_count(2)
        context.set_offline(False)
        expect(visit.answers).to_have_count(3)
        asked = [QUESTIONS["en"][0], "How do I charge the battery?", "Who pays for the return?"]
        expect(visit.said).to_have_text(asked)
        id = desk.conversations()[0]["id"]
        messages = desk.operator.get(f"/api/conversations/{id}").json()["messages"]
        assert [message["text"] for message in messages if message["author"] == "visitor"] == asked


def test_stopping_and_trying_again(browser: Browser, slow_desk: RunningDesk, host: Host, writer: FakeLLM) -> None:
    writer.script = Reply(
        "Charge the battery at room temperature with the charger that came with the bike [1]. " * 6,
        tokens_per_second=30,
    )
    with visiting(browser, host.embed("/slow", slow_desk.script)) as visit:
        visit.open().send("How do I charge the battery?")
        streaming = visit.frame.locator(".message.bot[aria-busy] .prose")
        expect(streaming).to_contain_text("room temperature")
        visit.frame.locator("button.stop").click()
        expect(visit.answers.first).to_contain_text("You stopped this answer.")
        kept = visit.answers.first.locator(".prose").inner_text()
        assert kept.startswith("Charge the battery")
        writer.script = "Charge the battery at room temperature with the charger that came with the bike [1]."
        visit.answers.first.locator(".row button").click()
        expect(visit.answers.first.locator(".actions")).to_be_visible()
        expect(visit.answers).to_have_count(1)


def test_a_line_that_breaks_while_an_answer_is_given(
    browser: Browser, slow_desk: RunningDesk, host: Host, writer: FakeLLM
) -> None:
    sentence = "Charge the battery at room temperature with the charger that came with the bike [1]."
    writer.script = Reply(" ".join([sentence] * 4), tokens_per_second=25)
    with CuttingProxy(slow_desk.port, (0.4, 1.2), seed=7) as line:
        script = f'src="http://127.0.0.1:{line.port}/widget.js"'
        with visiting(browser, host.embed("/cut", script), quiet=True) as visit:
            visit.open().send("How do I charge the battery, please?")
            answer = visit.frame.locator(".message.bot .prose").first
            seen = [""]
            for _ in range(600):
                text = answer.inner_text() if answer.count() else ""
                # What was shown is never taken back.
                assert text.startswith(seen[-1]) or visit.answers.count(), (seen[-1], text)
                seen.append(text)
                if visit.answers.count():
                    break
                visit.page.wait_for_timeout(50)
            assert line.cuts >= 2
            id = slow_desk.conversations()[0]["id"]
            message = slow_desk.operator.get(f"/api/conversations/{id}").json()["messages"][-1]
            assert message["status"] == "done"
            shown = re.sub(r"\s+", "", answer.inner_text())
            assert shown == re.sub(r"[\s\[\]]", "", message["text"])


def test_a_desk_that_is_down(browser: Browser, host: Host, desk: RunningDesk) -> None:
    with CuttingProxy(desk.port) as line:
        script = f'src="http://127.0.0.1:{line.port}/widget.js" data-email="help@shop.example"'
        with visiting(browser, host.embed("/down", script), quiet=True) as visit:
            line.up = False
            line.cut()
            visit.page.evaluate("polydesk.open()")
            wait_for_launcher(visit, "link", "help@shop.example")
            assert not [note for note in visit.complaints() if not note.startswith("console")]
            line.up = True
            # By itself: nobody can click what is not there.
            wait_for_launcher(visit, "button", "Chat with us")
            visit.page.mouse.click(1200 - 50, 800 - 50)
            expect(visit.composer).to_be_focused()


def test_a_persons_answer_is_counted_on_the_next_page(
    browser: Browser, desk: RunningDesk, host: Host, url: str
) -> None:
    kept = "Object.keys(localStorage).length"
    with visiting(browser, url) as visit:
        visit.open().ask("Which vegetables grow on the moon in summer?")
        assert visit.page.evaluate(kept) == 0
        visit.answers.first.locator(".row button").click()
        expect(visit.frame.locator(".notices")).to_contain_text("We have told our team")
        wait_for(visit.page, f"{kept} === 1")
        visit.page.goto(host.embed("/flows-awaiting", desk.script))
        desk.say(desk.conversations()[0]["id"], "None that we know of.")
        wait_for_launcher(visit, "button", "Chat with us (1)")
        visit.page.reload()
        wait_for_launcher(visit, "button", "Chat with us (1)")
        visit.open()
        expect(visit.frame.locator(".message.person")).to_contain_text("None that we know of.")
        visit.page.evaluate("polydesk.close()")
        wait_for_launcher(visit, "button", "Chat with us")
        desk.operator.post(f"/api/conversations/{desk.conversations()[0]['id']}/return").raise_for_status()
        wait_for(visit.page, f"{kept} === 0")


def wait_for_launcher(visit: Visit, role: str, name: str) -> None:
    """Until a screen reader finds it outside of the panel; the launcher's root is closed to scripts."""
    client = visit.page.context.new_cdp_session(visit.page)
    found: list[tuple[str, str]] = []
    for _ in range(PATIENCE // 100):
        nodes = client.send("Accessibility.getFullAXTree")["nodes"]
        found = [(node["role"]["value"], node["name"]["value"]) for node in nodes if "name" in node]
        if (role, name) in found:
            return
        visit.page.wait_for_timeout(100)
    raise AssertionError(f"There is no {role} {name!r} among {found}.")
