"""A chat as it happens: its events with ids that only grow, for whoever listens, whenever they come."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass
from typing import Any

import orjson

# Of one chat's events in memory; who comes back later than that gets the whole history instead.
WINDOW = 600  # events
WINDOW_BYTES = 400_000


@dataclass(frozen=True, slots=True)
class LiveEvent:
    """One event; `data` is JSON, written once for all who listen."""

    id: int
    name: str
    data: str


class Subscription:
    """Somebody who listens. Ends when told so, or with the log."""

    def __init__(self) -> None:
        self.ended = False
        self.wake = asyncio.Event()

    def end(self) -> None:
        """Ends it after what is there already was handed over."""
        self.ended = True
        self.wake.set()


class EventLog:
    """The last events of one chat. Used from the event loop only; whoever listens costs nothing between two events.

    Args:
        history: all that a listener must know who comes without a place to go on from.
        clock: the time in seconds; ids are its milliseconds where it is ahead of them, so that they grow over restarts.
    """

    def __init__(self, history: Callable[[], dict[str, Any]], clock: Callable[[], float] = time.time) -> None:
        self._history = history
        self._clock = clock
        self._events: deque[LiveEvent] = deque()
        self._bytes = 0
        self._listening: set[Subscription] = set()
        self.last = int(clock() * 1000)
        # The id before the first event of the window: who has seen it has missed nothing.
        self._before = self.last
        self.closed = False

    @property
    def listened_to(self) -> bool:
        return bool(self._listening)

    def emit(self, name: str, data: dict[str, Any]) -> None:
        """Appends an event and wakes who listens."""
        self.last = max(self.last + 1, int(self._clock() * 1000))
        event = LiveEvent(self.last, name, orjson.dumps(data).decode())
        self._events.append(event)
        self._bytes += len(event.data)
        while len(self._events) > WINDOW or (self._bytes > WINDOW_BYTES and len(self._events) > 1):
            gone = self._events.popleft()
            self._bytes -= len(gone.data)
            self._before = gone.id
        for subscription in self._listening:
            subscription.wake.set()

    def close(self) -> None:
        """Ends all who listen, after what is there already."""
        self.closed = True
        for subscription in self._listening:
            subscription.wake.set()

    async def follow(self, subscription: Subscription, seen: int | None = None) -> AsyncGenerator[LiveEvent]:
        """The events after the one seen, as they come; first the history where that is not known (any more)."""
        self._listening.add(subscription)
        try:
            while True:
                subscription.wake.clear()
                missed = self._after(seen)
                for event in missed:
                    yield event
                    seen = event.id
                if subscription.ended or (self.closed and not missed):
                    return
                if not missed:
                    await subscription.wake.wait()
        finally:
            self._listening.discard(subscription)

    def disconnect(self) -> None:
        """Ends all who listen now; others may come."""
        for subscription in self._listening:
            subscription.end()

    def _after(self, seen: int | None) -> list[LiveEvent]:
        fresh: list[LiveEvent] = []
        if seen is not None:
            for event in reversed(self._events):
                if event.id <= seen:
                    break
                fresh.append(event)
            before = self._events[-1 - len(fresh)].id if len(fresh) < len(self._events) else self._before
            if before == seen:
                return fresh[::-1]
        return [LiveEvent(self.last, "history", orjson.dumps(self._history()).decode())]
