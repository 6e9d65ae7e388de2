"""What waits in the inbox and the outbox, and what was given up; also for those who only look."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, desc, func, select

from bot.delivery_tables import RECORD, inbox, outbox


@dataclass(frozen=True, slots=True)
class Figures:
    """How much waits; `oldest_seconds` is the age of what waits longest, 0 where nothing does."""

    waiting: int
    dead: int
    oldest_seconds: float


@dataclass(frozen=True, slots=True)
class DeadEvent:
    """An event that was given up, with the reason."""

    id: str
    kind: str
    arrived_at: float
    attempts: int
    reason: str


@dataclass(frozen=True, slots=True)
class DeadMessage:
    """A message that was given up, with the reason."""

    key: str
    kind: str
    put_at: float
    reason: str


def inbox_figures(connection: Connection, now: float) -> Figures:
    """How many events there are."""
    return _figures(connection, inbox.c.state, inbox.c.arrived_at, now)


def outbox_figures(connection: Connection, now: float) -> Figures:
    """How many messages there are, without those that their sender sends itself."""
    return _figures(connection, outbox.c.state, outbox.c.put_at, now, outbox.c.kind != RECORD)


def dead_events(connection: Connection, most: int = 100) -> list[DeadEvent]:
    """The last events that were given up, newest first."""
    query = select(inbox).where(inbox.c.state == "dead").order_by(desc(inbox.c.number)).limit(most)
    return [DeadEvent(row.id, row.kind, row.arrived_at, row.attempts, row.reason) for row in connection.execute(query)]


def dead_messages(connection: Connection, most: int = 100) -> list[DeadMessage]:
    """The last messages that were given up, newest first."""
    query = select(outbox).where(outbox.c.state == "dead").order_by(desc(outbox.c.number)).limit(most)
    return [DeadMessage(row.key, row.kind, row.put_at, row.reason) for row in connection.execute(query)]


def _figures(
    connection: Connection, state: ColumnElement[str], at: ColumnElement[float], now: float, *where: ColumnElement[bool]
) -> Figures:
    query = select(state, func.count(), func.min(at)).where(state.in_(("waiting", "dead")), *where).group_by(state)
    found = {name: (count, oldest) for name, count, oldest in connection.execute(query)}
    waiting, oldest = found.get("waiting", (0, now))
    return Figures(waiting, found.get("dead", (0, now))[0], max(0.0, now - oldest))
