"""What the desk tells chat services, delivered at least once and in the order of each thread.

A message is on the disk before it is sent. What a crash leaves behind may have been sent or not: such a message is
marked as unsure, and its sender looks for it in the service before it sends it again.
"""

from __future__ import annotations

import asyncio
import json
import secrets
import time
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import structlog
from sqlalchemy import Connection, Row, delete, insert, select, update
from sqlalchemy.exc import SQLAlchemyError

from bot.delivery_figures import Figures, outbox_figures
from bot.delivery_tables import RECORD, outbox
from bot.group_commit import GroupCommit
from retrieval.errors import PolydeskError

# A message that could not be delivered for so long is of no use to anybody any more.
LONGEST_SECONDS = 24 * 3600.0
# What a process sent just before it was killed may arrive at the service a little later.
SETTLE_SECONDS = 2.0

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message to be sent.

    Attributes:
        key: names it; the same key is sent once.
        thread: messages of one thread are sent one after the other.
        marker: made up, and sent along, so that the message can be found in the service.
        put_at: seconds since 1970.
        unsure: it may have been sent already.
    """

    key: str
    kind: str
    thread: str
    body: Mapping[str, Any]
    marker: str
    put_at: float
    unsure: bool = False


@dataclass(frozen=True, slots=True)
class Record:
    """What is known of a message that is sent piece by piece.

    Attributes:
        receipt: JSON of what was sent so far, "" for nothing.
        done: it was sent as a whole.
        fresh: it was not known before.
    """

    key: str
    thread: str
    marker: str
    put_at: float
    receipt: str
    done: bool
    fresh: bool


class NotSent(PolydeskError):
    """A message was certainly not sent, and may be in a while.

    Attributes:
        seconds: until then.
    """

    def __init__(self, reason: str, seconds: float = 1.0) -> None:
        self.seconds = seconds
        super().__init__(reason)


class Unsure(PolydeskError):
    """Whether a message was sent is unknown."""


class Refused(PolydeskError):
    """The service does not take a message, now or later; the text says why."""


Send = Callable[[Outgoing], Awaitable[str]]


@dataclass(slots=True)
class _Lane:
    """The messages of a thread that wait, and the task that sends them."""

    waiting: deque[Outgoing]
    task: asyncio.Task[None] | None = None


class Outbox:
    """The messages. Used from one event loop, by the one process that owns the data folder.

    Args:
        send: sends one; returns its receipt, such as the message's id in the service. Raises NotSent, Unsure or
            Refused; after Unsure it is called again with the message marked as unsure.
        counted: called with "sent", "retried" or "dead".
    """

    def __init__(
        self,
        database: GroupCommit,
        send: Send,
        *,
        now: Callable[[], float] = time.time,
        counted: Callable[[str], None] = lambda outcome: None,
        settle_seconds: float = SETTLE_SECONDS,
    ) -> None:
        self._database = database
        self._send = send
        self._now = now
        self._counted = counted
        self._settle_seconds = settle_seconds
        self._lanes: dict[str, _Lane] = {}
        self._futures: dict[str, asyncio.Future[str]] = {}

    async def start(self) -> None:
        """Goes on with what a process before this one left."""
        query = select(outbox).where(outbox.c.state == "waiting", outbox.c.kind != RECORD).order_by(outbox.c.number)
        for row in await self._database.read(lambda connection: connection.execute(query).all()):
            self._queue(replace(_outgoing(row), unsure=True))

    async def close(self) -> None:
        """Stops sending; what was not sent is at the next start."""
        tasks = [lane.task for lane in self._lanes.values() if lane.task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def deliver(self, key: str, kind: str, thread: str, body: Mapping[str, Any]) -> str:
        """Stores a message, has it sent and waits for that; returns its receipt.

        A key that is known is not sent again, whatever the body. Where the caller stops waiting, it is sent just so.

        Raises:
            Refused: the service does not take it, or could not for a day.
            SQLAlchemyError: it could not be stored.
        """
        if (future := self._futures.get(key)) is not None:
            return await asyncio.shield(future)
        message = Outgoing(key, kind, thread, body, secrets.token_hex(16), self._now())
        row = await self._database.write(lambda connection: _found_or_put(connection, message))
        if row is None:
            future = self._queue(message)
        elif row.state == "done":
            return str(row.receipt)
        elif row.state == "dead":
            raise Refused(row.reason)
        else:
            future = self._futures.get(key) or self._queue(replace(_outgoing(row), unsure=True))
        return await asyncio.shield(future)

    async def record(self, key: str, thread: str) -> Record:
        """The record of a message that is sent piece by piece by the caller; made where there is none."""
        message = Outgoing(key, RECORD, thread, {}, secrets.token_hex(16), self._now())
        row = await self._database.write(lambda connection: _found_or_put(connection, message))
        if row is None:
            return Record(key, thread, message.marker, message.put_at, "", done=False, fresh=True)
        return Record(key, row.thread, row.marker, row.put_at, row.receipt, done=row.state == "done", fresh=False)

    async def note(self, key: str, receipt: str, *, done: bool = False) -> None:
        """Writes down what was sent of such a message so far, or that it was sent as a whole."""
        values = {"receipt": receipt} | ({"state": "done"} if done else {})
        statement = update(outbox).where(outbox.c.key == key).values(values)
        await self._database.write(lambda connection: connection.execute(statement) and None)

    async def receipt(self, key: str) -> str | None:
        """The receipt of a message once it is sent, None where there is no such key. Raises as `deliver` does."""
        if (future := self._futures.get(key)) is not None:
            return await asyncio.shield(future)
        query = select(outbox).where(outbox.c.key == key)
        row = await self._database.read(lambda connection: connection.execute(query).first())
        if row is None:
            return None
        if row.state == "dead":
            raise Refused(row.reason)
        return str(row.receipt)

    async def receipts(self, thread: str) -> list[str]:
        """The receipts of all that was sent to a thread."""
        query = select(outbox.c.receipt).where(outbox.c.thread == thread, outbox.c.receipt != "")
        return await self._database.read(lambda connection: list(connection.execute(query).scalars()))

    async def figures(self) -> Figures:
        """How much waits."""
        return await self._database.read(lambda connection: outbox_figures(connection, self._now()))

    async def forget(self, keep_seconds: float) -> None:
        """Erases messages that were put longer ago, sent or not."""
        old = outbox.c.put_at < self._now() - max(keep_seconds, LONGEST_SECONDS)
        await self._database.write(lambda connection: connection.execute(delete(outbox).where(old)) and None)

    def _queue(self, message: Outgoing) -> asyncio.Future[str]:
        future: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        # It may have nobody who waits for it.
        future.add_done_callback(lambda done: done.cancelled() or done.exception())
        self._futures[message.key] = future
        lane = self._lanes.setdefault(message.thread, _Lane(deque()))
        lane.waiting.append(message)
        if lane.task is None:
            lane.task = asyncio.create_task(self._run(message.thread, lane))
        return future

    async def _run(self, thread: str, lane: _Lane) -> None:
        while lane.waiting:
            message = lane.waiting[0]
            future = self._futures[message.key]
            try:
                future.set_result(await self._deliver(message))
            except Refused as error:
                future.set_exception(error)
            lane.waiting.popleft()
            del self._futures[message.key]
        del self._lanes[thread]

    async def _deliver(self, message: Outgoing) -> str:
        """Sends one until it is sent, or given up."""
        if message.unsure:
            await asyncio.sleep(self._settle_seconds)
        pause = 1.0
        while True:
            try:
                receipt = await self._send(message)
                break
            except NotSent as error:
                reason, seconds = str(error), error.seconds
            except Unsure as error:
                reason, seconds = str(error), max(self._settle_seconds, pause)
                message, pause = replace(message, unsure=True), min(60.0, pause * 2)
            except Refused as error:
                await self._bury(message, str(error))
                raise
            except Exception as error:  # A fault of the desk itself must not stop all that waits behind.
                log.error("message_failed", key=message.key, exc_info=error)
                reason, seconds = f"{type(error).__name__}: {error}", pause
                message, pause = replace(message, unsure=True), min(60.0, pause * 2)
            if self._now() - message.put_at > LONGEST_SECONDS:
                await self._bury(message, reason)
                raise Refused(reason)
            self._counted("retried")
            log.info("message_waits", key=message.key, reason=reason, seconds=round(seconds, 1))
            await asyncio.sleep(seconds)
        await self._settle(message.key, state="done", receipt=receipt, body=b"")
        self._counted("sent")
        return receipt

    async def _bury(self, message: Outgoing, reason: str) -> None:
        await self._settle(message.key, state="dead", reason=reason[:500])
        self._counted("dead")
        log.error("message_given_up", key=message.key, reason=reason)

    async def _settle(self, key: str, **values: Any) -> None:
        """Writes how a message ended. Where that fails, it is known in memory, and looked for after a crash."""
        statement = update(outbox).where(outbox.c.key == key).values(**values)
        try:
            await self._database.write(lambda connection: connection.execute(statement) and None)
        except SQLAlchemyError as error:
            log.warning("outbox_not_written", key=key, reason=str(error))


def _found_or_put(connection: Connection, message: Outgoing) -> Row[Any] | None:
    """The row of the key, None where there was none and the message was put."""
    row = connection.execute(select(outbox).where(outbox.c.key == message.key)).first()
    if row is None:
        connection.execute(
            insert(outbox).values(
                key=message.key,
                kind=message.kind,
                thread=message.thread,
                marker=message.marker,
                put_at=message.put_at,
                body=json.dumps(message.body).encode(),
                state="waiting",
                receipt="",
                reason="",
            )
        )
    return row


def _outgoing(row: Row[Any]) -> Outgoing:
    return Outgoing(row.key, row.kind, row.thread, json.loads(row.body), row.marker, row.put_at)
