"""The widget on another site's page, in a real browser: what its benchmarks begin with."""

from __future__ import annotations

import importlib.util
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.options import MissingOption

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from tests.browser.desk import RunningDesk
    from tests.browser.host import Host

NEEDED = (
    "The widget's benchmarks need Chromium on PATH (apt-get install chromium) and pip install 'polydesk[screenshots]'."
)


@dataclass(frozen=True, slots=True)
class Stage:
    """A desk that runs, a shop that may embed its widget, and a browser to visit it with."""

    browser: Browser
    host: Host
    desk: RunningDesk


@contextmanager
def stage(folder: Path, knowledge: Path, settings: Mapping[str, Mapping[str, Any]] | None = None) -> Iterator[Stage]:
    """A fresh desk on the knowledge.

    Args:
        settings: sections of config.yaml to change.

    Raises:
        MissingOption: there is no browser.
        DeskFailed: the desk did not start.
    """
    if importlib.util.find_spec("playwright") is None:
        raise MissingOption(NEEDED)
    from tests.browser.chromium import chromium, executable
    from tests.browser.desk import running_desk
    from tests.browser.host import Host

    path = executable()
    if path is None:
        raise MissingOption(NEEDED)
    for name in ("data", "knowledge"):
        shutil.rmtree(folder / name, ignore_errors=True)
    shutil.copytree(knowledge, folder / "knowledge")
    with Host() as host, running_desk(folder, host.origin, settings) as desk, chromium(path) as browser:
        yield Stage(browser, host, desk)
