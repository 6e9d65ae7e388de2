"""Takes the README's pictures of a desk that runs with the demo (`make serve`): `python scripts/screenshots.py [URL]`.

Needs the extra `screenshots` and a Chromium on PATH; nothing is downloaded. Chinese, Japanese, Korean and Devanagari
text needs fonts that have them.
"""

from __future__ import annotations

import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, sync_playwright

IMAGES = Path(__file__).resolve().parent.parent / "docs" / "images"
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Shot:
    """One picture of the shop with the open widget: in which language, and what is asked.

    Attributes:
        quote: whether the first source of the answer is opened.
    """

    name: str
    language: str
    question: str
    width: int = 1200
    height: int = 760
    scheme: Literal["light", "dark"] = "light"
    quote: bool = False


SHOTS = (
    Shot("widget", "fr", "Puis-je laver mon vélo au nettoyeur haute pression ?"),
    Shot("widget-arabic-phone", "ar", "كم تكلفة استئجار Lark Tour 5 ليوم كامل؟", 390, 760, "dark"),
    Shot("widget-quote", "en", "Can a mechanic repair my bike at my home in Barcelona?", quote=True),
)


def take(browser: Browser, url: str, shot: Shot) -> None:
    """Asks the question as a visitor does, and saves what they see once the answer is there."""
    context = browser.new_context(
        color_scheme=shot.scheme,
        reduced_motion="reduce",
        viewport={"width": shot.width, "height": shot.height},
        device_scale_factor=1.5,
    )
    page = context.new_page()
    page.goto(f"{url}/?lang={shot.language}")
    with page.expect_event("frameattached") as attached:
        page.evaluate("question => polydesk.ask(question)", shot.question)
    panel = attached.value
    panel.locator(".message.bot:not([aria-busy]) .sources").wait_for()
    if shot.quote:
        panel.locator(".source").first.click()
        panel.locator("[role=dialog] blockquote").wait_for()
    page.wait_for_timeout(300)
    page.screenshot(path=IMAGES / f"{shot.name}.png")
    context.close()


def main() -> None:
    url = sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8080"
    executable = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if executable is None:
        sys.exit(f"There is no browser on PATH; one of {', '.join(BROWSERS)} is needed.")
    IMAGES.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=ARGUMENTS)
        for shot in SHOTS:
            take(browser, url, shot)
        browser.close()


if __name__ == "__main__":
    main()
