"""Answers in the making are stopped; those that are complete are not, and nobody is told that they were."""

from __future__ import annotations

import asyncio

from bot.slack.message import Place
from bot.slack.running import Running, Work

PLACE = Place("T1", "D1", "1.2")


async def test_only_what_is_being_made_is_stopped() -> None:
    running, ended = Running(), asyncio.Event()

    async def answer(work: Work) -> None:
        work.ending = ending
        await ended.wait()

    for ending in (False, True):
        making = asyncio.create_task(running.run(PLACE, answer))
        await asyncio.sleep(0.01)
        assert running.stop(PLACE)
        assert not running.stop(Place("T1", "D1", "3.4"))
        ended.set() if ending else None
        assert await making is ending
        assert not running.stop(PLACE)
