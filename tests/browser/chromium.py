"""The Chromium of this machine, without a window; nothing is downloaded."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MISSING = "No Chromium on PATH: apt-get install chromium, or your system's package of it."
ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
# Playwright turns more off, and with it that frames of other sites have a storage of their own for each site that shows
# them, as they have in everybody's browser; what is said last counts.
PARTITIONED = "--disable-features=Translate,MediaRouter,OptimizationHints"


def executable() -> str | None:
    """Where it lies, or None."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


@contextmanager
def chromium(path: str, *, partitioned: bool = True) -> Iterator[Browser]:
    """The browser at this path, ended with the block.

    Args:
        partitioned: otherwise frames of other sites may store nothing, as where a visitor has forbidden it.
    """
    arguments = [*ARGUMENTS, PARTITIONED] if partitioned else ARGUMENTS
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=arguments)
        try:
            yield browser
        finally:
            browser.close()
