"""A conversation's language is kept, found again after a restart, and forgotten in time."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

from bot.conversations import Conversations, conversation_id
from bot.question import QuestionRefused
from retrieval.database import migrate, open_engine

TODAY = datetime(2026, 3, 1, tzinfo=UTC)
ID = "0123456789abcdefXYZ_-"


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = open_engine(f"sqlite:///{tmp_path / 'desk.sqlite3'}")
    migrate(engine, "bot")
    yield engine
    engine.dispose()


def test_the_language_is_found_again_after_a_restart(engine: Engine) -> None:
    before = Conversations(engine, 30, lambda: TODAY)
    before.remember(ID, "fr")
    before.remember(ID, "de")
    assert before.language(ID) == "de"
    before.flush()
    before.remember(ID, "es")
    before.flush()
    after = Conversations(engine, 30, lambda: TODAY)
    assert after.language(ID) is None
    assert after.load(ID) == "es"
    assert after.load("another-conversation") == ""


def test_old_conversations_are_forgotten(engine: Engine) -> None:
    before = Conversations(engine, 30, lambda: TODAY)
    before.remember(ID, "fr")
    before.flush()
    later = Conversations(engine, 30, lambda: TODAY + timedelta(days=31))
    assert later.load(ID) == ""
    later.forget_old()
    assert Conversations(engine, 30, lambda: TODAY).load(ID) == ""


def test_ids_are_made_here_or_look_as_if() -> None:
    made = conversation_id("new")
    assert made != conversation_id("new")
    assert conversation_id(made) == made
    assert conversation_id("") == ""
    for wrong in ("short", "x" * 65, "../../etc/passwd0000", "a' or '1'='1' --"):
        with pytest.raises(QuestionRefused):
            conversation_id(wrong)
