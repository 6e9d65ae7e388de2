"""The widget on pages that guard themselves, and on pages that would harm it; and the pages that may not show it."""

from __future__ import annotations

import json
import time

import jwt
import pytest
from playwright.sync_api import Browser, expect

from tests.browser.axe import violations
from tests.browser.chromium import executable
from tests.browser.desk import RunningDesk, running_desk, write_knowledge
from tests.browser.host import Host
from tests.browser.visit import new_visit, visiting, wait_for

QUESTION, ANSWER = "How long does a refund take?", "We refund within five working days"
HOSTILE = """
<style>
  * { all: unset !important; display: none !important; color: red !important; transform: rotate(3deg) !important }
  html, body, main, h1 { display: block !important; transform: none !important }
  iframe, button { width: 1px !important; height: 1px !important; visibility: hidden !important; opacity: 0 !important }
</style>
<script>
  Array.prototype.broken = function () { throw new Error("broken") };
  Object.prototype.inherited = "inherited";
  Array.prototype.toJSON = String.prototype.toJSON = () => "nonsense";
  document.createElement = () => { throw new Error("createElement is mine") };
  window.MessageChannel = class { constructor() { throw new Error("MessageChannel is mine") } };
  window.open = window.close = () => { throw new Error("mine") };
  window.$ = window._ = window.h = window.marked = "taken";
</script>
"""


def test_a_page_that_allows_next_to_nothing(browser: Browser, desk: RunningDesk, host: Host) -> None:
    policy = (
        f"default-src 'none'; script-src 'nonce-abc'; connect-src {desk.url}; frame-src {desk.url}; img-src data:; "
        "require-trusted-types-for 'script'; trusted-types 'none'; base-uri 'none'; form-action 'none'"
    )
    url = host.embed("/csp", f'{desk.script} nonce="abc"', headers={"Content-Security-Policy": policy})
    with visiting(browser, url) as visit:
        assert ANSWER in visit.open().ask(QUESTION)
        visit.answers.first.locator("button.chip").first.click()
        expect(visit.frame.locator("dialog[open] blockquote")).to_contain_text(ANSWER)
        # `visiting` fails for any complaint of either policy.


def test_a_hostile_page_breaks_neither_launcher_nor_panel(browser: Browser, desk: RunningDesk, host: Host) -> None:
    body = HOSTILE.replace("window.MessageChannel", "window.Unused")
    with visiting(browser, host.embed("/hostile", desk.script, body=f"{body}<p>Shop</p>"), quiet=True) as visit:
        page = visit.page
        page.mouse.click(1200 - 50, 800 - 50)
        expect(visit.composer).to_be_visible()
        assert ANSWER in visit.ask(QUESTION)
        box = visit.composer.bounding_box()
        assert box is not None
        assert box["width"] > 200
        assert not [note for note in visit.complaints() if "broken" in note or "undefined" in note]


def test_the_page_has_one_new_name_and_nothing_moves(browser: Browser, desk: RunningDesk, host: Host) -> None:
    plain = host.put("/names-without", '<!doctype html><html lang="en"><title>Shop</title><p>Shop</p></html>')
    with visiting(browser, host.embed("/names", desk.script)) as visit:
        names = "Object.getOwnPropertyNames(window).filter((name) => !/^\\d+$/.test(name) && name !== '__noted')"
        visit.open().ask(QUESTION)
        page = visit.page.context.new_page()
        page.goto(plain)
        assert set(visit.page.evaluate(names)) - set(page.evaluate(names)) == {"polydesk"}
        shifts = """new Promise((done) => {
          const seen = [];
          new PerformanceObserver((list) => seen.push(...list.getEntries().map((e) => e.value)))
            .observe({type: 'layout-shift', buffered: true});
          setTimeout(() => done(seen), 300);
        })"""
        assert visit.page.evaluate(shifts) == []


def test_destroy_takes_everything_away(browser: Browser, desk: RunningDesk, host: Host) -> None:
    with visiting(browser, host.embed("/destroy", desk.script)) as visit:
        before = visit.page.evaluate(
            "document.documentElement.outerHTML.replace(/<polydesk-widget.*?<.polydesk-widget>/s, '')"
        )
        visit.open().ask(QUESTION)
        visit.page.evaluate("polydesk.destroy()")
        assert visit.page.evaluate("typeof window.polydesk") == "undefined"
        assert visit.page.evaluate("document.documentElement.outerHTML") == before
        visit.page.wait_for_timeout(500)
        assert len(visit.page.frames) == 1


def test_the_pages_calls_and_events(browser: Browser, desk: RunningDesk, host: Host) -> None:
    with visiting(browser, host.embed("/calls", desk.script)) as visit:
        page = visit.page
        page.evaluate(
            "window.heard = []; for (const name of ['ready', 'open', 'close', 'message', 'answer', 'language'])"
            " polydesk.on(name, (detail) => heard.push([name, detail]));"
            " window.off = polydesk.on('open', () => heard.push(['never', null])); off();"
            " polydesk.on('open', () => { throw new Error('the page is at fault') });"
            f" polydesk.setLanguage('de'); polydesk.ask({json.dumps(QUESTION)});"
        )
        expect(visit.answers.first).to_contain_text(ANSWER)
        expect(visit.frame.locator("html")).to_have_attribute("lang", "de")
        page.evaluate("polydesk.toggle()")
        wait_for(page, "heard.some(([name]) => name === 'close')")
        visit.wait_until_hidden()
        heard = page.evaluate("heard")
        names = [name for name, _ in heard]
        assert {"ready", "open", "close", "message", "answer"} <= set(names)
        assert "never" not in names
        # Nothing of what was said is told to the page.
        assert "refund" not in json.dumps(heard).lower()
        visit.noted.clear()


def test_other_sites_may_not_show_it(browser: Browser, desk: RunningDesk) -> None:
    with Host() as stranger, visiting(browser, stranger.embed("/", desk.script), quiet=True) as visit:
        visit.page.evaluate("polydesk.open()")
        visit.page.wait_for_timeout(2_000)
        assert any("widget.desks" in note or "origins" in note for note in _console(visit.page.context, stranger, desk))
        # Nor by hand, without the script.
        framed = stranger.put("/frame", f'<iframe src="{desk.url}/widget/panel?desk=default"></iframe>')
        visit.page.goto(framed)
        inner = visit.page.frames[1]
        assert inner.locator("#question").count() == 0
        assert "chrome-error" in inner.url or inner.evaluate("document.body.childElementCount") == 0


def _console(context: object, stranger: Host, desk: RunningDesk) -> list[str]:
    from playwright.sync_api import BrowserContext

    assert isinstance(context, BrowserContext)
    page, said = context.new_page(), []
    page.on("console", lambda message: said.append(message.text))
    page.goto(stranger.embed("/warned", desk.script))
    page.evaluate("polydesk.open()")
    page.wait_for_timeout(2_000)
    return said


def test_a_browser_that_lets_frames_store_nothing(desk: RunningDesk, host: Host, browser: Browser) -> None:
    path = executable()
    assert path is not None
    url = host.embed("/storeless", desk.script)
    context = browser.browser_type.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
    try:
        with visiting(context, url) as visit:
            assert ANSWER in visit.open().ask(QUESTION)
            assert "battery" in visit.ask("How do I charge the battery?").lower()
            with pytest.raises(Exception, match="denied"):
                visit.frame.evaluate("localStorage.length")
    finally:
        context.close()


def test_signed_in_customers_find_their_conversation_on_another_device(
    browser: Browser, host: Host, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder, secret = tmp_path_factory.mktemp("identity"), "s" * 40
    write_knowledge(folder / "knowledge")

    def token(**claims: object) -> str:
        return jwt.encode({"exp": int(time.time()) + 300, **claims}, secret, algorithm="HS256")

    with running_desk(folder, host.origin, identity={"secret": secret}) as desk:
        url = host.embed("/identity", desk.script)
        with visiting(browser, url) as visit:
            visit.open().ask(QUESTION)
            with visit.page.expect_response("**/api/widget/session"):
                visit.page.evaluate("(token) => polydesk.identify(token)", token(sub="c-17", name="Zoë"))
            # What was said before signing in goes along.
            expect(visit.answers).to_have_count(1)
        with visiting(browser, url) as visit:
            visit.page.evaluate("(token) => polydesk.identify(token)", token(sub="c-17"))
            visit.open()
            expect(visit.answers.first).to_contain_text(ANSWER)
            expect(visit.frame.get_by_role("button", name="Why this answer?")).to_have_count(0)
            visit.page.evaluate("polydesk.identify('')")
            expect(visit.answers).to_have_count(0)
        # What still fades in has no contrast yet.
        with visiting(browser, url, reduced_motion="reduce") as visit:
            visit.page.evaluate("(token) => polydesk.identify(token)", token(sub="a-1", agent=True))
            visit.open().ask(QUESTION)
            visit.frame.get_by_role("button", name="Why this answer?").click()
            expect(visit.frame.locator("dialog[open] table tr")).not_to_have_count(0)
            assert violations(visit.frame) == []
        with visiting(browser, url, quiet=True) as visit:
            visit.page.evaluate("polydesk.identify('nonsense')")
            visit.page.evaluate("polydesk.open()")
            expect(visit.frame.locator(".away")).to_contain_text("sign in again")


def test_the_chromium_of_these_tests_keeps_sites_apart(desk: RunningDesk, host: Host, browser: Browser) -> None:
    """One conversation a site: what another site's page shows is another visitor's."""
    with visiting(browser, host.embed("/apart", desk.script)) as visit:
        visit.open().ask(QUESTION)
        own = new_visit(visit.page.context, desk.url)
        own.composer.wait_for()
        expect(own.answers).to_have_count(0)
        # The desk's own page shares its storage with the panel: neither is in the other's way.
        own.ask(QUESTION)
        own.page.reload()
        expect(own.answers.first).to_contain_text(ANSWER)
