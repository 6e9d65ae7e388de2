"""A visitor in front of a page that embeds the widget: what they do, and what they see."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal

from playwright.sync_api import Browser, BrowserContext, Dialog, Frame, Locator, Page

PATIENCE = 20_000  # milliseconds
PHONE = {"width": 390, "height": 780}
DESKTOP = {"width": 1200, "height": 800}
PANEL = "/widget/panel"

# Whatever a page must not do is noted in every frame: policies broken, scripts of others run, errors nobody caught.
WATCH = """
(() => {
  const noted = [];
  const note = (kind, text) => noted.push(`${kind}: ${text}`);
  Object.defineProperty(window, "__noted", { value: noted });
  addEventListener("securitypolicyviolation", (e) => note("policy", `${e.violatedDirective} ${e.blockedURI}`));
  addEventListener("error", (e) => note("error", e.message));
  addEventListener("unhandledrejection", (e) => note("rejection", e.reason));
  for (const name of ["alert", "confirm", "prompt", "print"]) window[name] = () => note("executed", name);
})();
"""


@dataclass
class Visit:
    """One page with the widget in it.

    Attributes:
        noted: what the page and the browser complained of, see `complaints`.
    """

    page: Page
    noted: list[str] = field(default_factory=list)

    @property
    def frame(self) -> Frame:
        """The panel's, which is waited for."""
        for _ in range(PATIENCE // 50):
            found = next((frame for frame in self.page.frames if PANEL in frame.url), None)
            if found is not None:
                return found
            self.page.wait_for_timeout(50)
        raise AssertionError(f"There is no panel among {[frame.url for frame in self.page.frames]}.")

    @property
    def composer(self) -> Locator:
        return self.frame.locator("#question")

    @property
    def answers(self) -> Locator:
        """The bot's messages that are finished."""
        return self.frame.locator(".message.bot:not([aria-busy]):has(.prose)")

    @property
    def said(self) -> Locator:
        """The visitor's messages."""
        return self.frame.locator(".message.visitor .verbatim")

    def open(self) -> Visit:
        """By the page's own call; the launcher has tests of its own."""
        self.page.evaluate("polydesk.open()")
        self.composer.wait_for()
        self.frame.locator(".head h1:not(:empty)").wait_for()
        return self

    def wait_until_hidden(self) -> None:
        """Until the panel cannot be seen; what lies in a frame counts as visible even where the frame is hidden."""
        self.frame.frame_element().wait_for_element_state("hidden")

    def send(self, text: str) -> None:
        """Types a question and presses Enter."""
        self.composer.fill(text)
        self.composer.press("Enter")

    def ask(self, text: str) -> str:
        """Sends a question and waits for the answer, whose words are returned."""
        before = self.answers.count()
        self.send(text)
        answer = self.answers.nth(before)
        answer.wait_for()
        return answer.locator(".prose").inner_text()

    def refuse(self, dialog: Dialog) -> None:
        """Notes a dialog of the browser's, which no page here may open."""
        self.noted.append(f"executed: {dialog.type}")
        dialog.dismiss()

    def complaints(self) -> list[str]:
        """What was noted in any frame, and in the console."""
        found = list(self.noted)
        for frame in self.page.frames:
            found += frame.evaluate("window.__noted ?? []")
        return found


@contextmanager
def visiting(
    browser: Browser,
    url: str,
    *,
    locale: str = "en-GB",
    phone: bool = False,
    scheme: Literal["light", "dark"] = "light",
    quiet: bool = False,
    **options: Any,
) -> Iterator[Visit]:
    """A fresh browser profile on a page.

    Args:
        quiet: whether the page's complaints are expected.
        options: of the browser's context.
    """
    size = PHONE if phone else DESKTOP
    options |= {"viewport": size, "locale": locale, "has_touch": phone, "is_mobile": phone, "color_scheme": scheme}
    with browser.new_context(**options) as context:
        visit = new_visit(context, url)
        yield visit
        complaints = visit.complaints()
        assert quiet or not complaints, complaints


def new_visit(context: BrowserContext, url: str) -> Visit:
    """One more tab."""
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    visit = Visit(page)
    page.add_init_script(WATCH)
    page.on("pageerror", lambda error: visit.noted.append(f"error: {error}"))
    page.on("console", lambda said: visit.noted.append(f"console: {said.text}") if said.type == "error" else None)
    page.on("dialog", visit.refuse)
    page.goto(url)
    wait_for(page, "Boolean(window.polydesk)")
    return visit


def wait_for(where: Page | Frame, condition: str) -> None:
    """Waits until a condition in JavaScript is true.

    Playwright's `wait_for_function` looks again from within the page, which policies without 'unsafe-eval' forbid.
    """
    for _ in range(PATIENCE // 50):
        if where.evaluate(condition):
            return
        where.wait_for_timeout(50)
    raise AssertionError(f"{condition} did not become true.")
