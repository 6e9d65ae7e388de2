"""Takes the README's pictures of a running desk with the demo: `python scripts/screenshots.py [URL]`.

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
    """One picture: who looks, and what is asked."""

    name: str
    locale: str
    question: str
    width: int = 900
    scheme: Literal["light", "dark"] = "light"


SHOTS = (
    Shot("page", "fr-FR", "Puis-je laver mon vélo au nettoyeur haute pression ?"),
    Shot("page-arabic-phone", "ar", "كم تكلفة استئجار Lark Tour 5 ليوم كامل؟", width=390, scheme="dark"),
)


def take(browser: Browser, url: str, shot: Shot) -> None:
    """Asks the question and saves the page once the answer is there."""
    context = browser.new_context(
        locale=shot.locale,
        color_scheme=shot.scheme,
        viewport={"width": shot.width, "height": 700},
        device_scale_factor=2,
    )
    page = context.new_page()
    page.goto(url)
    page.locator("#question").fill(shot.question)
    page.locator("#ask").click()
    page.locator("#text[aria-busy=false]:not(:empty)").wait_for()
    page.screenshot(path=IMAGES / f"{shot.name}.png", full_page=True)
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
