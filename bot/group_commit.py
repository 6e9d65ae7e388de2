"""Writes to the database that must be on the disk before the desk goes on, many of them at the price of one.

A commit waits for the disk. What comes meanwhile is committed together with the next.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar

import structlog
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from retrieval.database import PRIVATE

log = structlog.get_logger()

Result = TypeVar("Result")
# Works that go into one transaction at most; one that waits for the disk does not wait for endless others too.
MOST = 200


@dataclass(frozen=True, slots=True)
class _Waiting:
    work: Callable[[Connection], Any]
    future: asyncio.Future[Any]


class GroupCommit:
    """Does works in transactions, in the order in which they came. Used from one event loop.

    It has a thread of its own: the desk's may all be busy with questions that hang.

    Args:
        engine: opened with `durable`, see `retrieval.database.open_engine`; closed with this.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._thread = ThreadPoolExecutor(1, "delivery")
        self._waiting: deque[_Waiting] = deque()
        self._running: asyncio.Task[None] | None = None
        self._closed = False

    async def write(self, work: Callable[[Connection], Result]) -> Result:
        """Does the work in a transaction; returns its result once that is on the disk.

        Args:
            work: runs in the thread, a second time where another one of the same transaction failed.

        Raises:
            SQLAlchemyError: nothing of it was written; nor was it where the work itself raised something else.
        """
        if self._closed:
            raise RuntimeError("The database is closed.")
        waiting = _Waiting(work, asyncio.get_running_loop().create_future())
        self._waiting.append(waiting)
        if self._running is None:
            self._running = asyncio.create_task(self._run())
        result: Result = await waiting.future
        return result

    async def read(self, work: Callable[[Connection], Result]) -> Result:
        """Does work that writes nothing. Raises as `write` does."""

        def reading() -> Result:
            with self._engine.connect() as connection, connection.begin():
                return work(connection)

        return await asyncio.get_running_loop().run_in_executor(self._thread, reading)

    async def close(self) -> None:
        """Finishes what was begun and closes the engine."""
        self._closed = True
        if self._running is not None:
            await self._running
        await asyncio.get_running_loop().run_in_executor(self._thread, self._engine.dispose)
        self._thread.shutdown()

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        while self._waiting:
            batch = [self._waiting.popleft() for _ in range(min(MOST, len(self._waiting)))]
            outcomes = await loop.run_in_executor(self._thread, self._commit, [each.work for each in batch])
            for each, outcome in zip(batch, outcomes, strict=True):
                if each.future.done():
                    continue  # Nobody waits for it any more.
                if isinstance(outcome, Exception):
                    each.future.set_exception(outcome)
                else:
                    each.future.set_result(outcome)
        self._running = None

    def _commit(self, works: list[Callable[[Connection], Any]]) -> list[Any]:
        """The result, or the error, of each."""
        try:
            with self._engine.connect().execution_options(**PRIVATE) as connection, connection.begin():
                return [work(connection) for work in works]
        except Exception as error:  # A fault of the desk in one of them must not end the writing of all.
            if len(works) == 1:
                if not isinstance(error, SQLAlchemyError):
                    log.error("delivery_not_written", exc_info=error)
                return [error]
        # One of them cannot be written; the others must not suffer from it.
        return [outcome for work in works for outcome in self._commit([work])]
