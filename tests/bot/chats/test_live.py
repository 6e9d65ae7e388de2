"""The events of a chat: ids only grow, and wherever somebody goes on they get each of the rest once."""

from __future__ import annotations

import asyncio
import itertools
from contextlib import aclosing
from typing import Any

import pytest

from bot.chats import live
from bot.chats.live import EventLog, LiveEvent, Subscription


class Clock:
    def __init__(self, now: float) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


def log(clock: Clock | None = None) -> EventLog:
    return EventLog(lambda: {"said": "all"}, clock or Clock(1_000.0))


async def heard(log: EventLog, seen: int | None) -> list[LiveEvent]:
    """What somebody gets at once."""
    subscription = Subscription()
    subscription.end()
    async with aclosing(log.follow(subscription, seen)) as events:
        return [event async for event in events]


async def test_ids_only_grow_whatever_the_clock_does() -> None:
    clock = Clock(1_000.0)
    events = log(clock)
    ids = [events.last]
    for now in (1_000.0, 999.0, 1_000.001, 1_005.0, 3.0, 1_005.0):
        clock.now = now
        events.emit("state", {})
        ids.append(events.last)
    assert all(one < other for one, other in itertools.pairwise(ids))
    assert ids[-2:] == [1_005_001, 1_005_002]


async def test_a_later_process_goes_on_above() -> None:
    before = log(Clock(1_000.0))
    before.emit("state", {})
    assert log(Clock(1_000.1)).last > before.last


async def test_whoever_knows_nothing_gets_the_history_and_goes_on_from_it() -> None:
    events = log()
    (history,) = await heard(events, None)
    assert (history.name, history.data) == ("history", '{"said":"all"}')
    assert await heard(events, history.id) == []
    events.emit("state", {"state": "waiting"})
    (event,) = await heard(events, history.id)
    assert (event.name, event.data) == ("state", '{"state":"waiting"}')
    assert event.id > history.id


async def test_whoever_goes_on_anywhere_gets_exactly_the_rest() -> None:
    events = log()
    start = events.last
    for number in range(20):
        events.emit("delta", {"number": number})
    everything = await heard(events, start)
    assert [event.data for event in everything] == [f'{{"number":{number}}}' for number in range(20)]
    for place, event in enumerate(everything):
        assert await heard(events, event.id) == everything[place + 1 :]


@pytest.mark.parametrize("seen", [-1, 0, 5, 10**17])
async def test_an_id_that_was_never_given_gets_the_history(seen: int) -> None:
    events = log()
    events.emit("state", {})
    (history,) = await heard(events, seen)
    assert (history.name, history.id) == ("history", events.last)


async def test_between_two_ids_there_is_nothing_to_go_on_from() -> None:
    clock = Clock(1_000.0)
    events = log(clock)
    clock.now = 1_010.0
    events.emit("state", {})
    assert [event.name for event in await heard(events, events.last - 1)] == ["history"]


async def test_what_left_the_window_is_replaced_by_the_history(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "WINDOW", 10)
    events = log()
    ids = [events.last]
    for number in range(25):
        events.emit("delta", {"number": number})
        ids.append(events.last)
    assert len(await heard(events, ids[15])) == 10
    assert [event.name for event in await heard(events, ids[14])] == ["history"]


async def test_the_window_is_bounded_in_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "WINDOW_BYTES", 1_000)
    events = log()
    for _ in range(50):
        events.emit("delta", {"text": "x" * 100})
    assert 1 <= len(events._events) < 10
    events.emit("message", {"text": "y" * 5_000})
    assert len(events._events) == 1


async def test_each_listener_gets_each_event_once_as_it_comes() -> None:
    events = log()
    got: list[list[Any]] = [[], []]

    async def listen(to: list[Any]) -> None:
        async with aclosing(events.follow(Subscription(), None)) as following:
            to.extend([event.data async for event in following])

    tasks = [asyncio.create_task(listen(to)) for to in got]
    await asyncio.sleep(0)
    for number in range(50):
        events.emit("delta", {"number": number})
        if number % 7 == 0:
            await asyncio.sleep(0)
    events.emit("gone", {})
    events.close()
    await asyncio.gather(*tasks)
    expected = ['{"said":"all"}', *(f'{{"number":{number}}}' for number in range(50)), "{}"]
    assert got == [expected, expected]
    assert not events.listened_to


async def test_a_listener_who_is_slow_for_the_window_gets_the_history(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "WINDOW", 5)
    events = log()
    async with aclosing(events.follow(Subscription(), None)) as following:
        assert (await anext(following)).name == "history"
        for number in range(20):
            events.emit("delta", {"number": number})
        event = await anext(following)
        assert (event.name, event.id) == ("history", events.last)


async def test_one_who_is_ended_leaves_the_others() -> None:
    events = log()
    one, other = Subscription(), Subscription()
    async with aclosing(events.follow(one)) as first, aclosing(events.follow(other)) as second:
        await anext(first)
        await anext(second)
        one.end()
        assert [event async for event in first] == []
        events.emit("state", {})
        assert (await anext(second)).name == "state"
        events.disconnect()
        assert [event async for event in second] == []
