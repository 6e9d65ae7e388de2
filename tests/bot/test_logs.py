"""Both kinds of logger write the same lines."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from bot.logs import configure_logs


@pytest.fixture(autouse=True)
def _restored() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    yield
    root.handlers, root.level = handlers, level
    root.setLevel(level)
    structlog.reset_defaults()


def test_json_lines_from_both_kinds_of_logger(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs("info", "json")
    structlog.get_logger().info("asked", language="tr", text="günaydın")
    structlog.get_logger().debug("not shown")
    logging.getLogger("library").warning("low on %s", "disk")
    logging.getLogger("httpx").info("not shown")
    try:
        raise ValueError("what went wrong")
    except ValueError:
        structlog.get_logger().error("failed", exc_info=True)
    first, second, third = (json.loads(line) for line in capsys.readouterr().err.splitlines())
    assert (first["event"], first["language"], first["text"], first["level"]) == ("asked", "tr", "günaydın", "info")
    assert (second["event"], second["logger"], second["level"]) == ("low on disk", "library", "warning")
    assert "ValueError: what went wrong" in third["exception"]


def test_text_for_people_shows_no_local_variables(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs("warning", "text")
    secret = "swordfish"
    try:
        raise ValueError(len(secret))
    except ValueError:
        structlog.get_logger().error("failed", exc_info=True)
    shown = capsys.readouterr().err
    assert "failed" in shown
    assert "ValueError: 9" in shown
    assert "'swordfish'" not in shown
