"""Works the inbox off: a few events at a time, each thread in order, what fails again later."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import structlog
from sqlalchemy.exc import SQLAlchemyError

from bot.inbox import Inbox, Taken
from retrieval.errors import PolydeskError

MOST_ATTEMPTS = 5
# An event that was under way at so many crashes is taken for their cause.
MOST_CRASHES = 50
FIRST_PAUSE_SECONDS = 2.0
# Longer than the longest answer takes, with Slack asking to wait; nobody waits for more.
LIMIT_SECONDS = 600.0
POLL_SECONDS = 1.0
EXCUSED_SECONDS = 5.0
# Urgent events are short; some beside the others are enough.
URGENT_AT_ONCE = 8

log = structlog.get_logger()


class Postponed(PolydeskError):
    """An event did not get a fair chance; it is tried again and no attempt is counted.

    Attributes:
        seconds: until then.
    """

    def __init__(self, reason: str, seconds: float = 5.0) -> None:
        self.seconds = seconds
        super().__init__(reason)


class InboxWorker:
    """Runs while the desk does. Used from one event loop.

    Args:
        handle: works one event off. After any error but `Postponed` it is called again later, five times in all.
        at_once: events that are not urgent.
        ready: whether events may be taken yet.
        excuse: why events cannot be worked off at the moment whatever they are, as while the service is out, ""
            otherwise; such failures do not count.
        counted: called with "done", "retried" or "dead" for each event that was worked on.
    """

    def __init__(
        self,
        inbox: Inbox,
        handle: Callable[[Taken], Awaitable[None]],
        *,
        at_once: int,
        ready: Callable[[], bool] = lambda: True,
        excuse: Callable[[], str] = lambda: "",
        counted: Callable[[str], None] = lambda outcome: None,
        limit_seconds: float = LIMIT_SECONDS,
    ) -> None:
        self._inbox = inbox
        self._handle = handle
        self._at_once = at_once
        self._ready = ready
        self._excuse = excuse
        self._counted = counted
        self._limit_seconds = limit_seconds
        self._under_way: dict[asyncio.Task[None], bool] = {}
        self._loop: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Takes up what a process before this one left."""
        await self._inbox.release()
        self._loop = asyncio.create_task(self._run())

    async def close(self, grace_seconds: float) -> None:
        """Takes no more; lets what is under way end within the time. What does not is taken up at the next start."""
        if self._loop is not None:
            self._loop.cancel()
            await asyncio.gather(self._loop, return_exceptions=True)
        if self._under_way:
            await asyncio.wait(self._under_way, timeout=grace_seconds)
        for task in self._under_way:
            task.cancel()
        await asyncio.gather(*self._under_way, return_exceptions=True)

    async def _run(self) -> None:
        while True:
            self._inbox.arrived.clear()
            try:
                if self._ready():
                    await self._take()
            except SQLAlchemyError as error:
                log.warning("inbox_not_read", reason=str(error))
            except Exception as error:  # A fault of the desk; what waits must not wait for ever.
                log.error("inbox_not_read", exc_info=error)
            try:
                # Not `wait_for`, which in Python 3.11 loses a cancellation that comes together with the event.
                async with asyncio.timeout(POLL_SECONDS):
                    await self._inbox.arrived.wait()
            except TimeoutError:
                continue

    async def _take(self) -> None:
        urgent = sum(self._under_way.values())
        rooms = self._at_once - (len(self._under_way) - urgent), URGENT_AT_ONCE - urgent
        if max(rooms) <= 0:
            return
        for taken in await self._inbox.claim(*rooms, lease_seconds=self._limit_seconds + 60):
            task = asyncio.create_task(self._work(taken))
            self._under_way[task] = taken.event.urgent
            task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        del self._under_way[task]
        # There is room again, and the next of its thread may go.
        self._inbox.arrived.set()
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("inbox_not_written", exc_info=error)

    async def _work(self, taken: Taken) -> None:
        event, number = taken.event, taken.number
        if taken.attempt > MOST_CRASHES:
            await self._bury(taken, f"under way at {MOST_CRASHES} crashes of the desk")
            return
        try:
            async with asyncio.timeout(self._limit_seconds):
                await self._handle(taken)
        except Postponed as error:
            await self._postpone(taken, str(error), error.seconds)
        except Exception as error:  # Whatever it was, the event must not be lost.
            if excuse := self._excuse():
                await self._postpone(taken, excuse, EXCUSED_SECONDS)
                return
            reason = f"{type(error).__name__}: {error}"
            log.warning("event_failed", id=event.id, kind=event.kind, attempt=taken.attempt, exc_info=error)
            if taken.attempt >= MOST_ATTEMPTS:
                await self._bury(taken, reason)
                return
            seconds = FIRST_PAUSE_SECONDS * 2 ** (taken.attempt - 1)
            await self._inbox.retry(number, reason, seconds)
            self._again(seconds)
            self._counted("retried")
        else:
            await self._inbox.done(number)
            self._counted("done")

    async def _postpone(self, taken: Taken, reason: str, seconds: float) -> None:
        await self._inbox.retry(taken.number, reason, seconds, counted=False)
        self._again(seconds)
        log.info("event_postponed", id=taken.event.id, reason=reason)

    async def _bury(self, taken: Taken, reason: str) -> None:
        await self._inbox.bury(taken.number, reason)
        self._counted("dead")
        log.error("event_given_up", id=taken.event.id, kind=taken.event.kind, attempts=taken.attempt, reason=reason)

    def _again(self, seconds: float) -> None:
        asyncio.get_running_loop().call_later(seconds, self._inbox.arrived.set)
