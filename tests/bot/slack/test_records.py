"""What is remembered of answers, threads, people and corrections, and for how long."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, inspect

from bot.slack.record_tables import answers, corrections, people, threads
from bot.slack.records import Correction, Given, Records
from bot.slack.why import Explanation, Found
from bot.tables import metadata
from retrieval.database import migrate, open_engine
from tests.bot.slack.answers import ANSWER

START = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)
WHY = Explanation((Found("Refunds", "/help", "public", 3, 1, 0.9, 0.8),), 50, 0.8, 0.07, 3, "late interaction", 1)
GIVEN = Given("a1", "T1", "C1", "1.2", "U1", "How long?", ANSWER, ("public",), True, WHY, "Judge", 0, START)
WRONG = Correction(0, "T1", "U1", "a1", "How long?", "Six days", "terms", START)


class Clock:
    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = open_engine(f"sqlite:///{tmp_path / 'desk.sqlite3'}")
    migrate(engine)
    migrate(engine, "bot")
    yield engine
    engine.dispose()


@pytest.fixture
def records(engine: Engine, clock: Clock) -> Records:
    return Records(engine, keep_days=30, now=clock)


def test_the_migration_makes_the_tables_that_are_declared(engine: Engine) -> None:
    found = inspect(engine)
    for table in (answers, corrections, people, threads):
        assert table.metadata is metadata
        made = {column["name"]: column["nullable"] for column in found.get_columns(table.name)}
        assert made == {column.name: column.nullable for column in table.columns}
        indexes = {index["name"] for index in found.get_indexes(table.name)}
        assert {index.name for index in table.indexes} <= indexes


def test_an_answer_comes_back_as_it_was_given(records: Records) -> None:
    records.give(GIVEN)
    assert records.given("a1") == GIVEN
    records.rate("a1", -1)
    records.give(replace(GIVEN, question="How long now?"))
    again = records.given("a1")
    assert again is not None
    assert (again.question, again.rating) == ("How long now?", -1)
    assert records.given("a2") is None


def test_unanswered_questions_are_ones_own_until_somebody_answers_them(records: Records) -> None:
    nothing = replace(ANSWER, status="no_answer", citations=())
    for id, user, team in (("a1", "U1", "T1"), ("a2", "U2", "T1"), ("a3", "U3", "T2")):
        records.give(replace(GIVEN, id=id, user=user, team=team, answer=nothing, explanation=None))
    records.give(replace(GIVEN, id="a4", user="U2", question="And in Spain?", answer=nothing, explanation=None))
    assert [one.id for one in records.unanswered("T1", "U1", 5)] == ["a1"]
    # What several have asked stands there once.
    assert {one.question for one in records.unanswered("T1", "", 5)} == {GIVEN.question, "And in Spain?"}
    assert len(records.unanswered("T1", "", 5)) == 2
    assert records.recent("T1", "U1", 5) == []
    records.settle("a1")
    assert [one.id for one in records.unanswered("T1", "", 5)] == ["a4"]
    assert [one.id for one in records.unanswered("T2", "", 5)] == ["a3"]


def test_a_reason_is_given_once_in_a_row_in_a_thread(records: Records) -> None:
    said = [records.newly_silent("T1", "C1", "1.2", reason) for reason in ("guests", "guests", "not_engaged", "guests")]
    assert said == [True, False, True, True]
    assert records.newly_silent("T1", "C1", "1.3", "guests")
    records.engage("T1", "C1", "1.2")
    assert not records.newly_silent("T1", "C1", "1.2", "guests")


def test_a_thread_is_engaged_until_it_is_forgotten(records: Records, clock: Clock) -> None:
    assert records.engaged("T1", "C1", "1.2") is None
    records.engage("T1", "C1", "1.2", engaged=False)
    assert records.engaged("T1", "C1", "1.2") is False
    records.engage("T1", "C1", "1.2")
    assert records.engaged("T1", "C1", "1.2") is True
    clock.now += timedelta(days=31)
    assert records.engaged("T1", "C1", "1.2") is False
    records.forget_old()
    assert records.engaged("T1", "C1", "1.2") is None


def test_a_correction_is_kept_once_and_until_it_is_done(records: Records, clock: Clock) -> None:
    first, again = records.correct("k1", WRONG), records.correct("k1", WRONG)
    assert first == again
    assert first.id > 0
    assert records.open_corrections("T1", 5) == [first]
    clock.now += timedelta(days=400)
    records.forget_old()
    assert records.open_corrections("T1", 5) == [first]
    records.finish_correction("T2", first.id)
    assert records.open_corrections("T1", 5) == [first]
    records.finish_correction("T1", first.id)
    assert records.open_corrections("T1", 5) == []


def test_a_workspace_that_leaves_leaves_no_bytes(records: Records, tmp_path: Path) -> None:
    records.give(replace(GIVEN, question="Where is the spare key?" * 500))
    records.forget_team("T1")
    kept = b"".join(file.read_bytes() for file in tmp_path.glob("desk.sqlite3*"))
    assert b"spare key" not in kept


def test_old_answers_and_a_workspace_that_leaves_are_erased(records: Records, clock: Clock) -> None:
    records.give(GIVEN)
    records.give(replace(GIVEN, id="b1", team="T2"))
    records.set_language("T2", "U1", "ja")
    assert records.language("T2", "U1") == "ja"
    records.forget_team("T2")
    assert records.given("b1") is None
    assert records.language("T2", "U1") == ""
    assert records.given("a1") is not None
    clock.now += timedelta(days=31)
    assert records.given("a1") is None
    records.forget_old()
    clock.now = START
    assert records.given("a1") is None
