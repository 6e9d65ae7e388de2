"""A conversation's language and last questions are kept, found again after a restart, and forgotten in time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from cachetools import LRUCache
from sqlalchemy import Engine, func, select
from sqlalchemy.exc import OperationalError

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
def test_memory_forgets_as_the_database_does(engine: Engine, written: bool) -> None:
    now = TODAY
    conversations = Conversations(engine, 30, now=lambda: now)
    conversations.add(ID, Conversation("fr"), turn(1))
    if written:
        conversations.flush()
    now = TODAY + timedelta(days=29)
    other = "another-conversation"
    conversations.add(other, Conversation("de"), turn(2))
    assert conversations.known(ID) == Conversation("fr", (turn(1),))
    now = TODAY + timedelta(days=31)
    assert conversations.known(ID) is None
    conversations.forget_old()
    conversations.flush()
    assert list(conversations._known) == [other]
    assert conversations.load(other) == Conversation("de", (turn(2),))
    now = TODAY
    assert conversations.load(ID) == Conversation()


def test_what_could_not_be_written_is_written_the_next_time(engine: Engine) -> None:
    conversations = Conversations(engine, 30, now=lambda: TODAY)
    first = conversations.add(ID, Conversation("fr"), turn(1))
    conversations.add("another-conversation", Conversation("de"), turn(2))
    with engine.connect() as other:
        other.exec_driver_sql("PRAGMA query_only = ON")
    with pytest.raises(OperationalError):
        conversations.flush()
    # Meanwhile the conversation goes on; what is older must not take its place.
    conversations.add(ID, first, turn(3))
    with engine.connect() as other:
        other.exec_driver_sql("PRAGMA query_only = OFF")
    conversations.flush()
    assert conversations.load(ID) == Conversation("fr", (turn(1), turn(3)))
    assert conversations.load("another-conversation") == Conversation("de", (turn(2),))


def test_what_is_remembered_while_the_rest_is_written_is_written_after_it(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    conversations = Conversations(engine, 30, now=lambda: TODAY)
    first = conversations.add(ID, Conversation("fr"), turn(1))
    write_all = conversations._write_all

    def meanwhile(unwritten: Mapping[str, Any]) -> None:
        write_all(unwritten)
        conversations.add(ID, first, turn(2))

    with monkeypatch.context() as patch:
        patch.setattr(conversations, "_write_all", meanwhile)
        conversations.flush()
    conversations.flush()
    assert conversations.load(ID) == Conversation("fr", (turn(1), turn(2)))


def test_a_conversation_that_no_database_takes_keeps_no_other_from_being_written(engine: Engine) -> None:
    conversations = Conversations(engine, 30, now=lambda: TODAY)
    conversations.add(ID, Conversation("fr"), Turn("half an emoji: \ud83d", "topic"))
    conversations.add("another-conversation", Conversation("de"), turn(2))
    conversations.flush()
    assert conversations.load("another-conversation") == Conversation("de", (turn(2),))
    assert conversations.load(ID) == Conversation()
    conversations.flush()
    assert not conversations._unwritten


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
