"""Answers in the making: stopped they end, cancelled they are left for another time."""

from __future__ import annotations

import asyncio

import pytest

from bot.slack.message import Place
from bot.slack.running import Running, Work

PLACE = Place("T1", "C1", "1.2")


async def begun(running: Running) -> asyncio.Task[bool]:
    """An answer that would take a minute and has no way of its own to end."""
    at_work = asyncio.Event()

    async def answer(work: Work) -> None:
        at_work.set()
        await asyncio.sleep(60)

    making = asyncio.create_task(running.run(PLACE, answer))
    await at_work.wait()
    return making


async def test_stopping_makes_it_return() -> None:
    running = Running()
    making = await begun(running)
    assert running.stop(PLACE)
    assert await asyncio.wait_for(making, 5) is False
    assert not running.stop(PLACE)


async def test_cancelling_is_passed_on() -> None:
    running = Running()
    making = await begun(running)
    making.cancel()
    with pytest.raises(asyncio.CancelledError):
        await making
    assert not running.stop(PLACE)
