"""Takes the pictures of docs/slack.md: `python -m tests.fakes.slack.pictures [URL]`, once `make slack-demo` is ready.

Needs Playwright and a Chromium on PATH; nothing is downloaded.
"""

from __future__ import annotations

import shutil
import sys
from dataclasses import dataclass
from typing import Literal

from playwright.sync_api import Browser, Page, sync_playwright

from scripts.screenshots import ARGUMENTS, BROWSERS, IMAGES


@dataclass(frozen=True, slots=True)
class Shot:
    """One picture.

    Attributes:
        who: looks.
        channel: by name; the app's for its direct messages.
        asked: what they write there; the thread that it starts is shown.
        shortcut: chosen from the menu of what they wrote, in place of an answer in the thread.
        tab: of the app, "home" or "messages".
    """

    name: str
    who: str
    channel: str
    asked: str = ""
    shortcut: str = ""
    tab: str = ""
    width: int = 1180
    height: int = 860
    scheme: Literal["light", "dark"] = "light"


SHOTS = (
    Shot("slack-thread", "Anna", "support", "@Polydesk Wie lange kann ich ein Fahrrad zurückgeben?"),
    Shot("slack-agents", "Olga", "agents", "@Polydesk What do I do about a suspicious order?", scheme="dark"),
    Shot("slack-find", "Ben", "support", "电池可以带上飞机吗？", shortcut="Find an answer"),
    Shot(
        "slack-phone", "Ben", "Polydesk", "バッテリーを飛行機に持ち込めますか？", width=390, height=780, scheme="dark"
    ),
    Shot("slack-home", "Olga", "Polydesk", tab="home"),
)


def take(browser: Browser, url: str, shot: Shot) -> None:
    """Does what the shot says, waits for the answer and saves what is seen."""
    context = browser.new_context(
        color_scheme=shot.scheme, viewport={"width": shot.width, "height": shot.height}, device_scale_factor=2
    )
    page = context.new_page()
    page.goto(url)
    page.locator("#me option", has_text=shot.who).first.wait_for(state="attached")
    person = page.locator("#me option", has_text=shot.who).first.get_attribute("value")
    page.locator("#me").select_option(person)
    page.locator("nav .channel", has_text=shot.channel).click()
    if shot.tab:
        page.locator(f"#tabs [data-tab={shot.tab}]").click()
        page.locator("#home > *").nth(2).wait_for()
        # What it showed before is drawn at once, and then anew.
        page.wait_for_timeout(2_000)
    if shot.asked:
        write(page, shot)
    page.evaluate("document.activeElement?.blur()")
    page.mouse.move(0, 0)
    page.screenshot(path=IMAGES / f"{shot.name}.png")
    if page.locator("#modal[open]").count():
        page.locator("#modal footer .button").first.click()
        page.locator("#modal[open]").wait_for(state="detached")
    context.close()


def write(page: Page, shot: Shot) -> None:
    field = page.locator("#main .composer textarea")
    field.fill(shot.asked)
    field.press("Enter")
    if shot.shortcut:
        message = page.locator("#messages .message").last
        message.hover()
        message.locator("[aria-label='More actions']").click()
        page.locator("#menu button", has_text=shot.shortcut).click()
        page.locator("#modal .actions button").first.wait_for()
        return
    page.locator("#replies .message .feedback").wait_for(timeout=60_000)
    page.locator("#replies [aria-busy]").wait_for(state="detached")
    page.locator("#replies").evaluate("list => { list.scrollTop = 0 }")


def main() -> None:
    url = sys.argv[1] if len(sys.argv) > 1 else "http://localhost:8090"
    executable = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if executable is None:
        sys.exit(f"There is no browser on PATH; one of {', '.join(BROWSERS)} is needed.")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=ARGUMENTS)
        for shot in SHOTS:
            take(browser, url, shot)
        browser.close()


if __name__ == "__main__":
    main()
