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

    async def run(self, place: Place, answer: Callable[[Work], Coroutine[None, None, None]]) -> bool:
        """Makes an answer. Cancelling this cancels the answer; stopping it makes this return.

        Returns:
            False where it was stopped before it had begun to answer, so that nothing says so yet.
        """
        work = Work()
        works = self._works.setdefault(_key(place), set())
        works.add(work)
        try:
            work.task = asyncio.create_task(answer(work))
            await work.task
        except asyncio.CancelledError:
            current = asyncio.current_task()
            if not work.stopped or (current is not None and current.cancelling()):
                raise
            return False
        finally:
            works.discard(work)
            if not works:
                self._works.pop(_key(place), None)
        return True

    def stop(self, place: Place) -> bool:
        """Stops what is being made for a thread; whether something was made or sent there."""
        works = self._works.get(_key(place), set())
        for work in works:
            if work.task is not None and not work.ending and not work.stopped:
                work.stopped = True
                work.task.cancel()
        return bool(works)


def _key(place: Place) -> tuple[str, str, str]:
    return place.team, place.channel, place.thread_ts
