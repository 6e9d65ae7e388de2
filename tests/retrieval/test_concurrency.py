"""Several things at once: all results, or the first failure and nothing that goes on."""

from __future__ import annotations

import asyncio

import pytest

from retrieval.concurrency import all_of
from retrieval.errors import UpstreamError


async def test_results_come_in_order() -> None:
    async def later(number: int) -> int:
        await asyncio.sleep(0.01 * (3 - number))
        return number

    assert await all_of(*(later(number) for number in range(3))) == [0, 1, 2]
    assert await all_of() == []


async def test_the_first_failure_ends_the_others() -> None:
    ended: list[str] = []

    async def fail() -> None:
        await asyncio.sleep(0)
        raise UpstreamError("It is down.")

    async def wait() -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            ended.append("cancelled")
            raise

    with pytest.raises(UpstreamError, match="It is down"):
        await all_of(wait(), fail(), all_of(wait(), wait()), fail())
    assert ended == ["cancelled"] * 3


async def test_who_stops_waiting_ends_all() -> None:
    begun = asyncio.Event()

    async def wait() -> None:
        begun.set()
        await asyncio.Event().wait()

    task = asyncio.create_task(all_of(wait(), wait()))
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert asyncio.all_tasks() == {asyncio.current_task()}
