"""A real browser, a real desk in a process of its own, and pages of other sites that embed its widget."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.browser.desk import RunningDesk, running_desk, write_knowledge
from tests.browser.host import Host
from tests.fakes.llm import FakeLLM

if TYPE_CHECKING:
    from playwright.sync_api import Browser


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Chromium from PATH.

    For these tests only: while Playwright is there its event loop runs, and no other test could run one.
    """
    pytest.importorskip("playwright", reason='pip install "polydesk[screenshots]"')
    from tests.browser.chromium import MISSING, chromium, executable

    path = executable()
    if path is None:
        pytest.skip(MISSING)
    with chromium(path) as started:
        yield started


@pytest.fixture(scope="package")
def host() -> Iterator[Host]:
    """Another site than the desk's, whose pages a test writes."""
    with Host() as started:
        yield started


@pytest.fixture(scope="package")
def desk(browser: Browser, host: Host, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningDesk]:
    """A desk that answers with extracts."""
    folder = tmp_path_factory.mktemp("browser-desk")
    write_knowledge(folder / "knowledge")
    with running_desk(folder, host.origin) as running:
        yield running


@pytest.fixture(scope="package")
def writer() -> Iterator[FakeLLM]:
    """The language model of `slow_desk`."""
    with FakeLLM() as llm:
        yield llm


@pytest.fixture(scope="package")
def slow_desk(
    browser: Browser, host: Host, writer: FakeLLM, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningDesk]:
    """A desk whose answers are written by a language model, at the pace that a test sets."""
    folder: Path = tmp_path_factory.mktemp("slow-desk")
    write_knowledge(folder / "knowledge")
    model = {"base_url": writer.base_url, "model": "scripted", "first_token_seconds": 20, "timeout_seconds": 60}
    settings = {"llm": model, "answer": {"kind": "generated"}, "server": {"question_seconds": 120}}
    with running_desk(folder, host.origin, settings) as running:
        yield running
