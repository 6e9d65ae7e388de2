"""What chat services tell the desk, taken exactly once: an event is on the disk before it is acknowledged."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, and_, delete, exists, insert, or_, select, update

from bot.delivery_figures import Figures, inbox_figures
from bot.delivery_tables import inbox
from bot.group_commit import GroupCommit


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened in a chat service.

    Attributes:
        id: the same however often it is delivered.
        kind: what its body is, such as "event" or "interaction".
        thread: events of one thread are worked off one after the other; those of different threads side by side.
        body: JSON.
        happened_at: seconds since 1970, by the service's clock; the order within a thread.
        urgent: taken before all that is not.
    """

    id: str
    kind: str
    thread: str
    body: bytes
    happened_at: float
    urgent: bool = False


@dataclass(frozen=True, slots=True)
class Taken:
    """An event to be worked off.

    Attributes:
        attempt: 1 the first time; counts those that failed, and those that a crash cut short.
    """

    number: int
    event: Event
    attempt: int


class Inbox:
    """The events. Used from one event loop, by the one process that owns the data folder.

    Attributes:
        arrived: set when there is something new to claim.
    """

    def __init__(self, database: GroupCommit, now: Callable[[], float] = time.time) -> None:
        self._database = database
        self._now = now
        self.arrived = asyncio.Event()

    async def put(self, event: Event) -> bool:
        """Stores an event; returns when it is on the disk.

        Returns:
            Whether it is new; one that is known already is left as it is.
        """

        def work(connection: Connection) -> bool:
            if connection.execute(select(inbox.c.number).where(inbox.c.id == event.id)).first() is not None:
                return False
            now = self._now()
            connection.execute(
                insert(inbox).values(
                    id=event.id,
                    kind=event.kind,
                    thread=event.thread,
                    urgent=int(event.urgent),
                    happened_at=event.happened_at,
                    arrived_at=now,
                    body=event.body,
                    state="waiting",
                    attempts=0,
                    due_at=now,
                    leased_until=0.0,
                    reason="",
                )
            )
            return True

        new = await self._database.write(work)
        if new:
            self.arrived.set()
        return new

    async def claim(self, most: int, most_urgent: int, lease_seconds: float) -> list[Taken]:
        """Takes events that are due, the first of each thread only, the urgent ones first.

        Args:
            most: of those that are not urgent.
            lease_seconds: nobody else gets them before.
        """

        def work(connection: Connection) -> list[Taken]:
            now = self._now()
            rows = [
                row
                for urgent, limit in ((1, most_urgent), (0, most))
                if limit > 0
                for row in connection.execute(
                    select(inbox)
                    .where(_due(now), inbox.c.urgent == urgent)
                    .order_by(inbox.c.number)
                    .limit(limit)
                    .with_for_update(skip_locked=True)
                ).all()
            ]
            if rows:
                connection.execute(
                    update(inbox)
                    .where(inbox.c.number.in_([row.number for row in rows]))
                    .values(leased_until=now + lease_seconds, attempts=inbox.c.attempts + 1)
                )
            return [
                Taken(
                    row.number,
                    Event(row.id, row.kind, row.thread, row.body, row.happened_at, bool(row.urgent)),
                    row.attempts + 1,
                )
                for row in rows
            ]

        return await self._database.write(work)

    async def done(self, number: int) -> None:
        """The event was worked off; its body is erased."""
        await self._change(number, state="done", body=b"", reason="")

    async def retry(self, number: int, reason: str, in_seconds: float, *, counted: bool = True) -> None:
        """The event is taken up again later.

        Args:
            reason: why it was not worked off.
            counted: False where it did not get a fair chance, as while the service is away.
        """
        attempts = inbox.c.attempts if counted else inbox.c.attempts - 1
        await self._change(
            number, due_at=self._now() + in_seconds, leased_until=0.0, reason=reason[:500], attempts=attempts
        )

    async def bury(self, number: int, reason: str) -> None:
        """The event is given up; it stays for operators to see."""
        await self._change(number, state="dead", reason=reason[:500])

    async def release(self) -> None:
        """Ends all leases: of a process that has ended, as only one at a time owns the data folder."""
        held = and_(inbox.c.state == "waiting", inbox.c.leased_until > 0)
        await self._database.write(
            lambda connection: connection.execute(update(inbox).where(held).values(leased_until=0.0)) and None
        )

    async def figures(self) -> Figures:
        """How much waits."""
        return await self._database.read(lambda connection: inbox_figures(connection, self._now()))

    async def forget(self, keep_seconds: float) -> None:
        """Erases events that came longer ago, done or not."""
        old = inbox.c.arrived_at < self._now() - keep_seconds
        await self._database.write(lambda connection: connection.execute(delete(inbox).where(old)) and None)

    async def _change(self, number: int, **values: object) -> None:
        statement = update(inbox).where(inbox.c.number == number).values(**values)
        await self._database.write(lambda connection: connection.execute(statement) and None)


def _due(now: float) -> ColumnElement[bool]:
    """Due, not leased, and nothing of the same thread before it."""
    other = inbox.alias()
    before = and_(
        other.c.state == "waiting",
        other.c.thread == inbox.c.thread,
        or_(
            other.c.happened_at < inbox.c.happened_at,
            and_(other.c.happened_at == inbox.c.happened_at, other.c.number < inbox.c.number),
            # One that came late, as deliveries may change places, waits for what is under way.
            and_(other.c.leased_until > now, other.c.number != inbox.c.number),
        ),
    )
    return and_(
        inbox.c.state == "waiting",
        inbox.c.due_at <= now,
        inbox.c.leased_until <= now,
        ~exists(select(other.c.number).where(before)),
    )
