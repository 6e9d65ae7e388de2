"""A conversation's language and last questions are kept, found again after a restart, and forgotten in time."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from cachetools import LRUCache
from sqlalchemy import Engine, func, select

from bot.conversations import Conversation, Conversations, Turn, conversation_id
from bot.question import QuestionRefused
from bot.tables import metadata, turns
from retrieval.database import migrate, open_engine

TODAY = datetime(2026, 3, 1, tzinfo=UTC)
ID = "0123456789abcdefXYZ_-"


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = open_engine(f"sqlite:///{tmp_path / 'desk.sqlite3'}")
    migrate(engine, "bot")
    yield engine
    engine.dispose()


def turn(number: int) -> Turn:
    return Turn(f"question {number}", f"topic {number}", ("Batteries › Charging", "Akku laden"))


def test_a_conversation_is_found_again_after_a_restart(engine: Engine) -> None:
    before = Conversations(engine, 30, now=lambda: TODAY)
    before.remember(ID, Conversation("fr"))
    held = before.add(ID, Conversation("de"), turn(1))
    assert before.known(ID) == held == Conversation("de", (turn(1),))
    before.flush()
    before.add(ID, held, turn(2))
    before.flush()
    after = Conversations(engine, 30, now=lambda: TODAY)
    assert after.known(ID) is None
    assert after.load(ID) == Conversation("de", (turn(1), turn(2)))
    assert after.load("another-conversation") == Conversation()


def test_only_the_last_turns_are_kept_and_none_if_so_wished(engine: Engine) -> None:
    conversations = Conversations(engine, 30, 2, now=lambda: TODAY)
    held = Conversation("en")
    for number in range(5):
        held = conversations.add(ID, held, turn(number))
    conversations.flush()
    assert held.turns == conversations.load(ID).turns == (turn(3), turn(4))
    silent = Conversations(engine, 30, 0, now=lambda: TODAY)
    assert silent.load(ID) == Conversation("en")
    assert silent.add(ID, Conversation("en"), turn(1)).turns == ()
    silent.flush()
    with engine.connect() as connection:
        assert connection.execute(select(func.count()).select_from(turns)).scalar_one() == 0


def test_a_turn_is_bounded(engine: Engine) -> None:
    conversations = Conversations(engine, 30, now=lambda: TODAY)
    (kept,) = conversations.add(ID, Conversation(), Turn("q" * 9_000, "t" * 9_000, ("h" * 9_000,) * 90)).turns
    assert len(kept.question) == len(kept.topic) == 1_000
    assert sum(map(len, kept.headings)) == 1_000


def test_old_conversations_are_forgotten(engine: Engine) -> None:
    before = Conversations(engine, 30, now=lambda: TODAY)
    before.add(ID, Conversation("fr"), turn(1))
    before.flush()
    later = Conversations(engine, 30, now=lambda: TODAY + timedelta(days=31))
    assert later.load(ID) == Conversation()
    later.forget_old()
    assert Conversations(engine, 30, now=lambda: TODAY).load(ID) == Conversation()
    with engine.connect() as connection:
        assert connection.execute(select(func.count()).select_from(turns)).scalar_one() == 0


@pytest.mark.parametrize("written", [True, False])
def test_a_conversation_is_erased_everywhere_and_others_stay(engine: Engine, written: bool) -> None:
    conversations = Conversations(engine, 30, now=lambda: TODAY)
    other = "another-conversation"
    for id in (ID, other):
        conversations.add(id, Conversation("fr"), turn(1))
    if written:
        conversations.flush()
    conversations.forget(ID)
    conversations.flush()
    assert conversations.known(ID) is None
    assert conversations.load(ID) == Conversation()
    assert conversations.load(other) == Conversation("fr", (turn(1),))


def test_what_is_not_written_yet_is_not_lost_when_memory_is_short(engine: Engine) -> None:
    conversations = Conversations(engine, 30, now=lambda: TODAY)
    conversations._known = LRUCache(1)
    conversations.add(ID, Conversation("fr"), turn(1))
    conversations.add("another-conversation", Conversation("de"), turn(2))
    assert conversations.known(ID) == Conversation("fr", (turn(1),))


def test_the_tables_are_those_that_the_migrations_make(engine: Engine) -> None:
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"include_name": _of_the_desk})
        assert compare_metadata(context, metadata) == []


def _of_the_desk(name: str | None, kind: str, parents: object) -> bool:
    return kind != "table" or name in metadata.tables


def test_ids_are_made_here_or_look_as_if() -> None:
    made = conversation_id("new")
    assert made != conversation_id("new")
    assert conversation_id(made) == made
    assert conversation_id("") == ""
    for wrong in ("short", "x" * 65, "../../etc/passwd0000", "a' or '1'='1' --"):
        with pytest.raises(QuestionRefused):
            conversation_id(wrong)
