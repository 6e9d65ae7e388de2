"""Keeps questions from waiting for a service that is known to be down, and finds out by itself when it is back.

The pattern is Michael Nygard's ("Release It!", 2007). While the circuit is open, no question is the guinea pig: a probe
of its own, which does the service's real work, decides when it closes.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import Literal, TypeVar

import structlog

from retrieval.errors import UpstreamError, UpstreamTimeout

PROBE_SECONDS = 5.0
# Many desks that lost the same service do not come back in step.
_JITTER = 0.2

log = structlog.get_logger()

State = Literal["closed", "open", "half_open"]
Changed = Callable[[State, str], None]
Result = TypeVar("Result")


class CircuitBreaker:
    """Closed: calls go through. Open: they fail at once. Half open: still so, while a probe is under way.

    Opens on the first call that was not answered in time, as all the others would wait as long, and after a few
    failures in a row. Calls that are under way when it opens fail at once too. Used from one event loop.

    Args:
        probe: does a small piece of the service's real work, within a time; raises UpstreamError when it fails. After
            any other error, a fault of the desk itself, which is logged, it stays open and is probed again.
        failures: in a row, that open it.
        probe_seconds: between two probes, give or take a fifth.
        changed: called with the new state, "closed" or "open", and the reason for it.

    Attributes:
        state: see above.
        reason: the sentence of the error that opened it or kept it open; "" while it is closed.
    """

    def __init__(
        self,
        probe: Callable[[], Awaitable[object]],
        *,
        failures: int = 3,
        probe_seconds: float = PROBE_SECONDS,
        changed: Changed = lambda state, reason: None,
    ) -> None:
        self.state: State = "closed"
        self.reason = ""
        self._probe = probe
        self._limit = failures
        self._probe_seconds = probe_seconds
        self._changed = changed
        self._failures = 0
        self._under_way: set[asyncio.Task[object]] = set()
        self._probing: asyncio.Task[None] | None = None
        self._suspecting: asyncio.Task[None] | None = None

    def check(self) -> None:
        """Raises UpstreamError unless calls go through: for callers that cannot hand over their work, as streams."""
        if self.state != "closed":
            raise UpstreamError(self.reason)

    async def call(self, work: Callable[[], Awaitable[Result]]) -> Result:
        """Does the work, if calls go through, and counts how it went.

        Raises:
            UpstreamError: the work's own, or at once with the reason why the circuit is open.
        """
        self.check()

        async def working() -> Result:
            return await work()

        task: asyncio.Task[Result] = asyncio.create_task(working())
        self._under_way.add(task)
        try:
            await asyncio.wait((task,))
        finally:
            self._under_way.discard(task)
            task.cancel()
        if task.cancelled():
            raise UpstreamError(self.reason)
        try:
            result = task.result()
        except UpstreamError as error:
            self.failed(error)
            raise
        self.succeeded()
        return result

    def succeeded(self) -> None:
        """A call that went through was answered."""
        self._failures = 0

    def failed(self, error: UpstreamError) -> None:
        """A call that went through failed."""
        self._failures += 1
        if isinstance(error, UpstreamTimeout) or self._failures >= self._limit:
            self.open(str(error))

    def suspect(self) -> None:
        """A call was late for which the service may not be to blame: a probe beside the calls finds out."""
        if self.state == "closed" and self._suspecting is None:
            self._suspecting = asyncio.create_task(self._open_unless_answered())

    def open(self, reason: str) -> None:
        """Lets no more calls through until a probe succeeds."""
        if self.state != "closed":
            return
        self.state, self.reason = "open", reason
        for task in self._under_way:
            task.cancel()
        self._changed("open", reason)
        self._probing = asyncio.create_task(self._probe_until_closed())

    async def close(self) -> None:
        """Stops probing."""
        tasks = [task for task in (self._probing, self._suspecting) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _open_unless_answered(self) -> None:
        try:
            if reason := await self._probed():
                self.open(reason)
        finally:
            self._suspecting = None

    async def _probe_until_closed(self) -> None:
        while True:
            await asyncio.sleep(self._probe_seconds * random.uniform(1 - _JITTER, 1 + _JITTER))
            self.state = "half_open"
            reason = await self._probed()
            if not reason:
                break
            self.state, self.reason = "open", reason
        self._failures = 0
        self.state, self.reason = "closed", ""
        self._changed("closed", "")

    async def _probed(self) -> str:
        """Why the service is still out; "" where it is back."""

        async def probing() -> None:
            await self._probe()

        task = asyncio.create_task(probing())
        try:
            await asyncio.wait((task,))
        finally:
            task.cancel()
        error = asyncio.CancelledError() if task.cancelled() else task.exception()
        if error is None or isinstance(error, UpstreamError):
            return "" if error is None else str(error)
        # A fault of the desk itself. Were it to end the probing, the service would stay out until the next start.
        log.error("probe_failed", exc_info=error)
        return f"Whether the service is back could not be found out: {type(error).__name__}."
