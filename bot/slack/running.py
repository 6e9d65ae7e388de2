"""The answers that are being made, so that a person can stop them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass

from bot.slack.message import Place


@dataclass(eq=False, slots=True)
class Work:
    """An answer in the making.

    Attributes:
        stopped: somebody stopped it; it ends in its own way.
        ending: it is all there and only sent yet, so that it cannot be stopped any more.
    """

    stopped: bool = False
    ending: bool = False
    task: asyncio.Task[None] | None = None


class Running:
    """Used from one event loop."""

    def __init__(self) -> None:
        self._works: dict[tuple[str, str, str], set[Work]] = {}

    async def run(self, place: Place, answer: Callable[[Work], Coroutine[None, None, None]]) -> None:
        """Makes an answer. Cancelling this cancels the answer; stopping it makes this return."""
        work = Work()
        works = self._works.setdefault(_key(place), set())
        works.add(work)
        try:
            work.task = asyncio.create_task(answer(work))
            await work.task
        finally:
            works.discard(work)
            if not works:
                self._works.pop(_key(place), None)

    def stop(self, place: Place) -> bool:
        """Stops what is being made for a thread; whether there was anything."""
        found = [work for work in self._works.get(_key(place), ()) if work.task is not None and not work.ending]
        for work in found:
            if not work.stopped and work.task is not None:
                work.stopped = True
                work.task.cancel()
        return bool(found)


def _key(place: Place) -> tuple[str, str, str]:
    return place.team, place.channel, place.thread_ts
