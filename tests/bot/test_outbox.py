"""The outbox: what is put is delivered, in the order of its thread, and never blindly twice."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import select

from bot.delivery_tables import outbox as table
from bot.group_commit import GroupCommit
from bot.outbox import LONGEST_SECONDS, NotSent, Outbox, Outgoing, Refused, Unsure
from tests.bot.test_inbox import Clock, database_in, until


class Service:
    """Takes messages, and fails as it is told to."""

    def __init__(self) -> None:
        self.sent: list[str] = []
        self.calls: list[Outgoing] = []
        self.failures: list[Exception] = []
        self.hangs = False

    async def send(self, message: Outgoing) -> str:
        self.calls.append(message)
        if self.hangs:
            await asyncio.sleep(3600)
        if self.failures:
            raise self.failures.pop(0)
        self.sent.append(message.key)
        return f"receipt of {message.key}"


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[GroupCommit]:
    database = database_in(tmp_path)
    yield database
    await database.close()


@pytest.fixture
def service() -> Service:
    return Service()


@pytest.fixture
async def outbox(database: GroupCommit, service: Service) -> AsyncIterator[Outbox]:
    outbox = Outbox(database, service.send, settle_seconds=0.01)
    yield outbox
    await outbox.close()


async def test_a_key_is_sent_once_whoever_asks(outbox: Outbox, service: Service) -> None:
    receipts = await asyncio.gather(*(outbox.deliver("k", "post", "T", {"text": str(n)}) for n in range(5)))
    assert set(receipts) == {"receipt of k"}
    assert await outbox.deliver("k", "post", "T", {"text": "again"}) == "receipt of k"
    assert service.sent == ["k"]
    assert service.calls[0].body == {"text": "0"}


async def test_a_thread_keeps_its_order_and_holds_no_other_up(outbox: Outbox, service: Service) -> None:
    service.failures = [NotSent("busy", 0.2)]
    async with asyncio.TaskGroup() as group:
        for number in range(5):
            group.create_task(outbox.deliver(f"a{number}", "post", "A", {}))
            await asyncio.sleep(0.01)
        group.create_task(outbox.deliver("b", "post", "B", {}))
    assert service.sent == ["b", "a0", "a1", "a2", "a3", "a4"]


async def test_an_unknown_outcome_is_marked_so_that_it_is_looked_up(outbox: Outbox, service: Service) -> None:
    service.failures = [Unsure("no answer"), NotSent("busy", 0.0)]
    await outbox.deliver("k", "post", "T", {})
    assert [call.unsure for call in service.calls] == [False, True, True]
    assert len({call.marker for call in service.calls}) == 1


async def test_what_is_refused_is_given_up_and_the_next_goes_on(outbox: Outbox, service: Service) -> None:
    service.failures = [Refused("chat.postMessage is_archived")]
    with pytest.raises(Refused, match="is_archived"):
        await outbox.deliver("k", "post", "T", {})
    with pytest.raises(Refused, match="is_archived"):
        await outbox.deliver("k", "post", "T", {})
    assert await outbox.deliver("l", "post", "T", {})
    assert (await outbox.figures()).dead == 1


async def test_a_fault_of_the_desk_holds_nothing_up_for_ever(outbox: Outbox, service: Service) -> None:
    service.failures = [ValueError("a bug")]
    assert await outbox.deliver("k", "post", "T", {}) == "receipt of k"
    assert service.calls[-1].unsure


async def test_nothing_is_tried_for_longer_than_a_day(database: GroupCommit, service: Service) -> None:
    clock = Clock()
    outbox = Outbox(database, service.send, now=clock)
    service.failures = [NotSent("away", 0.01)] * 10_000
    delivery = asyncio.create_task(outbox.deliver("k", "post", "T", {}))
    await asyncio.sleep(0.05)
    assert not delivery.done()
    clock.at += LONGEST_SECONDS + 1
    with pytest.raises(Refused, match="away"):
        await delivery
    await outbox.close()


async def test_what_a_crash_left_is_sent_by_the_next_desk(tmp_path: Path, service: Service) -> None:
    first = database_in(tmp_path)
    outbox = Outbox(first, service.send)
    service.hangs = True
    waiting = [asyncio.create_task(outbox.deliver(f"k{n}", "post", "T", {"n": n})) for n in range(3)]
    await until(lambda: bool(service.calls))
    await outbox.close()
    for task in waiting:
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
    await first.close()

    second, service.hangs = database_in(tmp_path), False
    outbox = Outbox(second, service.send, settle_seconds=0.01)
    await outbox.start()
    assert await outbox.deliver("k2", "post", "T", {}) == "receipt of k2"
    assert service.sent == ["k0", "k1", "k2"]
    assert all(call.unsure for call in service.calls[1:])
    assert (await outbox.figures()).waiting == 0
    await outbox.close()
    await second.close()


async def test_bodies_are_erased_when_sent_and_rows_when_old(database: GroupCommit, service: Service) -> None:
    clock = Clock()
    outbox = Outbox(database, service.send, now=clock)
    await outbox.deliver("k", "post", "T", {"text": "secret"})
    assert await database.read(lambda c: c.execute(select(table.c.body)).scalar_one()) == b""
    clock.at += LONGEST_SECONDS + 1
    await outbox.forget(60)
    assert not await database.read(lambda c: c.execute(select(table)).all())
    await outbox.close()


async def test_a_record_remembers_what_was_sent_piece_by_piece(outbox: Outbox) -> None:
    first = await outbox.record("k", "T")
    assert first.fresh
    await outbox.note("k", '["1.1"]')
    again = await outbox.record("k", "T")
    assert (again.fresh, again.receipt, again.marker, again.done) == (False, '["1.1"]', first.marker, False)
    await outbox.note("k", '["1.1", "1.2"]', done=True)
    assert (await outbox.record("k", "T")).done
    assert await outbox.receipts("T") == ['["1.1", "1.2"]']
