"""What is remembered in Slack: answers with what they rest on, threads, languages, corrections (SQL).

Every method blocks, so from a thread. Texts are kept for as long as conversations are.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Engine, Table, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from bot.answer import Answer, Original
from bot.answers.values import Citation
from bot.slack.record_tables import answers, corrections, people, threads
from bot.slack.why import Explanation
from retrieval.database import PATIENCE_SECONDS, PRIVATE, truncate_log
from retrieval.store import live
from retrieval.tables import versions

# So many rows are read for each question in a list, as some are asked again and again.
_REPEATED = 10


@dataclass(frozen=True, slots=True)
class Given:
    """An answer that was given.

    Attributes:
        thread: where it stands, "" where it is in no thread.
        user: who asked.
        searched: whose files were searched.
        exact: whether the text is made of quotes alone.
        explanation: None where it has to be searched for anew.
        rating: 1 helped, -1 did not, 0 nobody said.
    """

    id: str
    team: str
    channel: str
    thread: str
    user: str
    question: str
    answer: Answer
    searched: tuple[str, ...]
    exact: bool
    explanation: Explanation | None
    instruction: str
    rating: int
    asked_at: datetime


@dataclass(frozen=True, slots=True)
class Correction:
    """What somebody says an answer should have been; `source` is where it stands, in their words."""

    id: int
    team: str
    user: str
    answer_id: str
    question: str
    suggestion: str
    source: str
    made_at: datetime


class Records:
    """Thread-safe.

    Args:
        keep_days: after which answers, threads and corrections that are done are erased.
    """

    def __init__(self, engine: Engine, keep_days: int, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._engine = engine
        self._keep = timedelta(days=keep_days)
        self._now = now

    def engaged(self, team: str, channel: str, thread: str) -> bool | None:
        """Whether the app goes on answering in a thread without a mention; None where it never spoke there."""
        row = self._one(select(threads.c.engaged_at, threads.c.seen_at).where(*_thread(team, channel, thread)))
        if row is None:
            return None
        return row.engaged_at is not None and _aware(row.seen_at) >= self._oldest()

    def engage(self, team: str, channel: str, thread: str, *, engaged: bool = True) -> None:
        """Notes that the app has spoken in a thread, and whether it goes on there."""
        seen = {"seen_at": self._now()}
        values = seen | ({"engaged_at": self._now()} if engaged else {})
        self._put(threads, _named(team, channel, thread), values, {"engaged_at": None, "silence": ""})

    def newly_silent(self, team: str, channel: str, thread: str, reason: str) -> bool:
        """Notes why the app is silent in a thread; whether that is another reason than the last time there."""
        with self._engine.connect().execution_options(**PRIVATE) as connection, connection.begin():
            before = connection.execute(select(threads.c.silence).where(*_thread(team, channel, thread))).scalar()
            if before == reason:
                return False
            named = _named(team, channel, thread)
            values = {"silence": reason, "seen_at": self._now()}
            if before is None:
                connection.execute(insert(threads).values(named | values | {"engaged_at": None}))
            else:
                connection.execute(update(threads).where(*_thread(team, channel, thread)).values(values))
        return True

    def language(self, team: str, user: str) -> str:
        """The language somebody has set, "" for none."""
        row = self._one(select(people.c.language).where(people.c.team == team, people.c.user == user))
        return "" if row is None else str(row.language)

    def set_language(self, team: str, user: str, language: str) -> None:
        self._put(people, {"team": team, "user": user}, {"language": language}, {})

    def give(self, given: Given) -> None:
        """Keeps an answer, in place of one of the same id."""
        answer = given.answer
        values = {
            "team": given.team,
            "channel": given.channel,
            "thread": given.thread,
            "user": given.user,
            "question": given.question,
            "status": answer.status,
            "answer": _json(answer.to_json()),
            "searched": _json(given.searched),
            "exact": int(given.exact),
            "explanation": _json(given.explanation.to_json()) if given.explanation else "",
            "instruction": given.instruction,
            "asked_at": given.asked_at,
        }
        self._put(answers, {"id": given.id}, values, {"rating": given.rating})

    def given(self, id: str) -> Given | None:
        """The answer of an id, None where it is not kept (any more)."""
        row = self._one(select(answers).where(answers.c.id == id, answers.c.asked_at >= self._oldest()))
        return None if row is None else _given(row)

    def rate(self, id: str, rating: int) -> None:
        """Keeps what somebody says of an answer: 1 or -1."""
        with self._writing() as connection:
            connection.execute(update(answers).where(answers.c.id == id).values(rating=rating))

    def recent(self, team: str, user: str, most: int) -> list[Given]:
        """Somebody's last answers, newest first, each question once."""
        mine = (answers.c.team == team, answers.c.user == user, answers.c.status == "answered")
        return self._answers(mine, most)

    def unanswered(self, team: str, user: str, most: int) -> list[Given]:
        """The last questions without an answer, newest first, each once: somebody's own, or all where `user` is ""."""
        asked = (answers.c.team == team, answers.c.status == "no_answer")
        return self._answers((*asked, answers.c.user == user) if user else asked, most)

    def settle(self, id: str) -> None:
        """Takes a question from the unanswered ones: somebody has answered it."""
        with self._writing() as connection:
            row = connection.execute(select(answers.c.question, answers.c.team).where(answers.c.id == id)).first()
            if row is not None:
                same = (answers.c.team == row.team, answers.c.question == row.question)
                settled = (*same, answers.c.status == "no_answer")
                connection.execute(update(answers).where(*settled).values(status="settled"))

    def correct(self, key: str, correction: Correction) -> Correction:
        """Keeps a correction; with the same key only once."""
        values = {name: getattr(correction, name) for name in Correction.__slots__ if name != "id"}
        try:
            with self._writing() as connection:
                connection.execute(insert(corrections).values(values | {"key": key}))
        except IntegrityError:
            pass
        row = self._one(select(corrections.c.id).where(corrections.c.key == key))
        assert row is not None  # It was just written, now or the first time.
        return replace(correction, id=row.id)

    def open_corrections(self, team: str, most: int) -> list[Correction]:
        """What is yet to be looked at, oldest first."""
        open_ones = select(corrections).where(corrections.c.team == team, corrections.c.done_at.is_(None))
        return [_correction(row) for row in self._all(open_ones.order_by(corrections.c.id).limit(most))]

    def finish_correction(self, team: str, id: int) -> None:
        """Notes that somebody has looked at a correction."""
        mine = (corrections.c.id == id, corrections.c.team == team, corrections.c.done_at.is_(None))
        with self._writing() as connection:
            connection.execute(update(corrections).where(*mine).values(done_at=self._now()))

    def audiences_of(self, paths: Collection[str]) -> dict[str, tuple[str, ...]]:
        """The audiences that the published files of each path belong to now; none where it is gone."""
        found: dict[str, set[str]] = {path: set() for path in paths}
        query = select(versions.c.path, versions.c.audience).where(versions.c.path.in_(list(found)), live())
        for row in self._all(query):
            found[row.path].add(row.audience)
        return {path: tuple(sorted(audiences)) for path, audiences in found.items()}

    def forget_old(self) -> None:
        """Erases what is kept no longer."""
        oldest = self._oldest()
        with self._writing() as connection:
            connection.execute(delete(answers).where(answers.c.asked_at < oldest))
            connection.execute(delete(threads).where(threads.c.seen_at < oldest))
            connection.execute(delete(corrections).where(corrections.c.done_at < oldest))

    def forget_team(self, team: str) -> None:
        """Erases everything of a workspace that has removed the app."""
        with self._writing() as connection:
            for table in (answers, threads, people, corrections):
                connection.execute(delete(table).where(table.c.team == team))
        truncate_log(self._engine, PATIENCE_SECONDS)

    def _oldest(self) -> datetime:
        return self._now() - self._keep

    def _answers(self, where: Sequence[Any], most: int) -> list[Given]:
        query = select(answers).where(*where, answers.c.asked_at >= self._oldest())
        found: dict[str, Any] = {}
        for row in self._all(query.order_by(answers.c.asked_at.desc()).limit(_REPEATED * most)):
            found.setdefault(row.question, row)
        return [_given(row) for row in [*found.values()][:most]]

    def _writing(self) -> Any:
        return self._engine.execution_options(**PRIVATE).begin()

    def _one(self, query: Any) -> Any:
        with self._engine.connect() as connection, connection.begin():
            return connection.execute(query).first()

    def _all(self, query: Any) -> list[Any]:
        with self._engine.connect() as connection, connection.begin():
            return list(connection.execute(query).all())

    def _put(self, table: Table, key: dict[str, Any], values: dict[str, Any], first: dict[str, Any]) -> None:
        """Writes a row, or changes the one of this key; `first` holds what only a new one gets."""
        same = [table.c[name] == value for name, value in key.items()]
        with self._writing() as connection:
            if not connection.execute(update(table).where(*same).values(values)).rowcount:
                connection.execute(insert(table).values(first | key | values))


def _thread(team: str, channel: str, thread: str) -> tuple[Any, ...]:
    return threads.c.team == team, threads.c.channel == channel, threads.c.thread == thread


def _named(team: str, channel: str, thread: str) -> dict[str, Any]:
    return {"team": team, "channel": channel, "thread": thread}


def _given(row: Any) -> Given:
    explanation = Explanation.from_json(json.loads(row.explanation)) if row.explanation else None
    return Given(
        row.id,
        row.team,
        row.channel,
        row.thread,
        row.user,
        row.question,
        _answer(json.loads(row.answer)),
        tuple(json.loads(row.searched)),
        bool(row.exact),
        explanation,
        row.instruction,
        row.rating,
        _aware(row.asked_at),
    )


def _answer(values: dict[str, Any]) -> Answer:
    citations = tuple(Citation(**{**one, "heading": tuple(one["heading"])}) for one in values["citations"])
    original = Original(**values["original"]) if "original" in values else None
    degraded = tuple(values["degraded"])
    return Answer(**{**values, "citations": citations, "original": original, "degraded": degraded})


def _correction(row: Any) -> Correction:
    return Correction(
        row.id, row.team, row.user, row.answer_id, row.question, row.suggestion, row.source, _aware(row.made_at)
    )


def _aware(moment: datetime) -> datetime:
    """SQLite gives times without their zone, which is UTC."""
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
