"""The inbox: once each, in order by thread, again after failures and crashes, and never lost."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from sqlalchemy import func, insert, select
from sqlalchemy.exc import SQLAlchemyError

from bot.delivery_figures import dead_events
from bot.delivery_tables import inbox as table
from bot.group_commit import GroupCommit
from bot.inbox import Event, Inbox, Taken
from bot.inbox_worker import MOST_ATTEMPTS, MOST_CRASHES, InboxWorker, Postponed
from retrieval.database import migrate, open_engine


class Clock:
    def __init__(self) -> None:
        self.at = 1_000_000.0

    def __call__(self) -> float:
        return self.at


@pytest.fixture
def clock() -> Clock:
    return Clock()


def database_in(folder: Path) -> GroupCommit:
    engine = open_engine(f"sqlite:///{folder / 'desk.sqlite3'}", durable=True)
    migrate(engine, "bot")
    return GroupCommit(engine)


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[GroupCommit]:
    database = database_in(tmp_path)
    yield database
    await database.close()


@pytest.fixture
def inbox(database: GroupCommit, clock: Clock) -> Inbox:
    return Inbox(database, clock)


def event(id: str, thread: str = "", at: float = 1.0, *, urgent: bool = False) -> Event:
    return Event(id, "event", thread or id, b"{}", at, urgent)


async def ids(inbox: Inbox, most: int = 10, most_urgent: int = 10) -> list[str]:
    return [taken.event.id for taken in await inbox.claim(most, most_urgent, 60)]


async def test_an_event_is_taken_once_however_often_it_comes(inbox: Inbox) -> None:
    news = await asyncio.gather(*(inbox.put(event(f"E{number % 50}")) for number in range(200)))
    assert sum(news) == 50
    assert len(await ids(inbox, most=100)) == 50
    assert not await ids(inbox)
    assert not await inbox.put(event("E1"))


async def test_a_thread_goes_in_the_order_in_which_things_happened(inbox: Inbox, clock: Clock) -> None:
    await inbox.put(event("second", "T", 2.0))
    await inbox.put(event("first", "T", 1.0))
    await inbox.put(event("other", "U", 3.0))
    taken = await inbox.claim(10, 10, 60)
    assert [each.event.id for each in taken] == ["first", "other"]
    await inbox.put(event("late", "T", 0.5))
    assert not await ids(inbox), "what comes late waits for what is under way"
    await inbox.done(taken[0].number)
    assert await ids(inbox) == ["late"]


async def test_urgent_events_have_rooms_of_their_own(inbox: Inbox) -> None:
    for number in range(5):
        await inbox.put(event(f"slow{number}"))
    await inbox.put(event("click", urgent=True))
    assert await ids(inbox, most=2, most_urgent=1) == ["click", "slow0", "slow1"]
    await inbox.put(event("another click", urgent=True))
    assert await ids(inbox, most=0, most_urgent=1) == ["another click"]


async def test_what_failed_comes_again_when_it_is_due(inbox: Inbox, clock: Clock) -> None:
    await inbox.put(event("E1"))
    (taken,) = await inbox.claim(1, 1, 60)
    assert taken.attempt == 1
    await inbox.retry(taken.number, "it failed", 30)
    assert not await ids(inbox)
    clock.at += 31
    (taken,) = await inbox.claim(1, 1, 60)
    assert taken.attempt == 2
    await inbox.retry(taken.number, "not its fault", 0, counted=False)
    (taken,) = await inbox.claim(1, 1, 60)
    assert taken.attempt == 2


async def test_a_lease_ends_with_its_time_or_its_process(inbox: Inbox, clock: Clock) -> None:
    await inbox.put(event("E1"))
    assert await ids(inbox) == ["E1"]
    clock.at += 61
    assert await ids(inbox) == ["E1"]
    assert not await ids(inbox)
    await inbox.release()
    assert await ids(inbox) == ["E1"]


async def test_bodies_are_erased_when_done_and_rows_when_old(inbox: Inbox, clock: Clock, database: GroupCommit) -> None:
    await inbox.put(Event("E1", "event", "T", b'{"text": "secret"}', 1.0))
    (taken,) = await inbox.claim(1, 1, 60)
    await inbox.done(taken.number)
    assert await database.read(lambda c: c.execute(select(table.c.body)).scalar_one()) == b""
    await inbox.forget(3600)
    assert not await inbox.put(event("E1"))
    clock.at += 3601
    await inbox.forget(3600)
    assert await inbox.put(event("E1"))


async def test_operators_see_what_was_given_up(inbox: Inbox, clock: Clock, database: GroupCommit) -> None:
    await inbox.put(event("E1"))
    clock.at += 12
    assert (await inbox.figures()).oldest_seconds == 12
    (taken,) = await inbox.claim(1, 1, 60)
    await inbox.bury(taken.number, "nobody understands it")
    figures = await inbox.figures()
    assert (figures.waiting, figures.dead, figures.oldest_seconds) == (0, 1, 0)
    (dead,) = await database.read(dead_events)
    assert (dead.id, dead.reason) == ("E1", "nobody understands it")


async def test_one_work_that_fails_leaves_the_others_written(database: GroupCommit) -> None:
    row = {
        name: "" if name in ("kind", "thread", "state", "reason") else 0
        for name in table.c.keys()  # noqa: SIM118
        if name not in ("number", "id", "body")
    }

    def put(id: str | None) -> Callable[..., None]:
        return lambda connection: connection.execute(insert(table).values(id=id, body=b"", **row)) and None

    outcomes = await asyncio.gather(
        *(database.write(put(id)) for id in ("a", "b", None, "a", "c")), return_exceptions=True
    )
    assert [isinstance(each, SQLAlchemyError) for each in outcomes] == [False, False, True, True, False]
    assert await database.read(lambda c: c.execute(select(func.count()).select_from(table)).scalar_one()) == 3


async def test_a_fault_of_the_desk_in_one_work_stops_no_other(database: GroupCommit) -> None:
    def broken(connection: object) -> None:
        raise ValueError("a fault of the desk")

    async with asyncio.timeout(5):
        outcomes = await asyncio.gather(
            database.write(lambda connection: 1), database.write(broken), return_exceptions=True
        )
        assert outcomes[0] == 1
        assert isinstance(outcomes[1], ValueError)
        assert await database.write(lambda connection: 2) == 2


async def worked(inbox: Inbox, handle: Callable[[Taken], object], seconds: float = 5.0, **more: object) -> InboxWorker:
    async def handling(taken: Taken) -> None:
        result = handle(taken)
        if asyncio.iscoroutine(result):
            await result

    worker = InboxWorker(inbox, handling, at_once=4, **more)  # type: ignore[arg-type]
    await worker.start()
    return worker


async def until(found: Callable[[], bool], seconds: float = 5.0) -> None:
    for _ in range(int(seconds * 100)):
        if found():
            return
        await asyncio.sleep(0.01)
    raise AssertionError(f"it did not happen within {seconds} s")


async def test_the_worker_keeps_threads_in_order_and_others_side_by_side(inbox: Inbox) -> None:
    seen: list[str] = []
    under_way: set[str] = set()
    most = 0

    async def handle(taken: Taken) -> None:
        nonlocal most
        thread = taken.event.thread
        assert thread not in under_way
        under_way.add(thread)
        most = max(most, len(under_way))
        await asyncio.sleep(0.02)
        seen.append(taken.event.id)
        under_way.discard(thread)

    for number in range(30):
        await inbox.put(event(f"{number % 3}:{number:02}", f"T{number % 3}", float(number)))
    worker = await worked(inbox, handle)
    await until(lambda: len(seen) == 30)
    await worker.close(1)
    assert most == 3
    for thread in "012":
        own = [id for id in seen if id.startswith(thread)]
        assert own == sorted(own)


async def test_clicks_are_taken_while_every_answer_hangs(inbox: Inbox) -> None:
    seen: list[str] = []

    async def handle(taken: Taken) -> None:
        if not taken.event.urgent:
            await asyncio.sleep(3600)
        seen.append(taken.event.id)

    for number in range(20):
        await inbox.put(event(f"slow{number}"))
    worker = await worked(inbox, handle)
    await asyncio.sleep(0.1)
    await inbox.put(event("click", urgent=True))
    await until(lambda: seen == ["click"], 1)
    await worker.close(0)


async def test_failures_are_tried_again_and_then_given_up(
    inbox: Inbox, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.inbox_worker.FIRST_PAUSE_SECONDS", 0.0)
    attempts: list[int] = []
    outcomes: list[str] = []

    def handle(taken: Taken) -> None:
        attempts.append(taken.attempt)
        raise RuntimeError("no")

    await inbox.put(event("E1"))
    worker = await worked(inbox, handle, counted=outcomes.append)
    await until(lambda: "dead" in outcomes)
    await worker.close(1)
    assert attempts == list(range(1, MOST_ATTEMPTS + 1))
    assert outcomes == ["retried"] * (MOST_ATTEMPTS - 1) + ["dead"]
    assert (await inbox.figures()).dead == 1


async def test_a_fault_of_the_desk_does_not_stop_the_worker(inbox: Inbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.inbox_worker.POLL_SECONDS", 0.05)
    claim, faults = inbox.claim, [ValueError("a fault of the desk")]

    async def faulty(*rooms: int, lease_seconds: float) -> list[Taken]:
        if faults:
            raise faults.pop()
        return await claim(*rooms, lease_seconds=lease_seconds)

    monkeypatch.setattr(inbox, "claim", faulty)
    seen: list[str] = []
    worker = await worked(inbox, lambda taken: seen.append(taken.event.id))
    await inbox.put(event("E1"))
    await until(lambda: seen == ["E1"])
    await worker.close(1)


async def test_what_is_postponed_is_not_counted(inbox: Inbox, clock: Clock) -> None:
    attempts: list[int] = []

    def handle(taken: Taken) -> None:
        attempts.append(taken.attempt)
        if len(attempts) < 8:
            raise Postponed("later", 0.0)

    await inbox.put(event("later"))
    worker = await worked(inbox, handle)
    await until(lambda: len(attempts) == 8)
    await worker.close(1)
    assert set(attempts) == {1}
    figures = await inbox.figures()
    assert (figures.waiting, figures.dead) == (0, 0)


async def test_while_the_service_is_out_nothing_counts(inbox: Inbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.inbox_worker.EXCUSED_SECONDS", 0.0)
    attempts: list[int] = []

    def handle(taken: Taken) -> None:
        attempts.append(taken.attempt)
        raise RuntimeError("no connection")

    await inbox.put(event("E1"))
    worker = await worked(inbox, handle, excuse=lambda: "Slack is out")
    await until(lambda: len(attempts) > MOST_ATTEMPTS)
    await worker.close(1)
    assert set(attempts) == {1}
    assert (await inbox.figures()).waiting == 1


async def test_what_a_desk_leaves_under_way_is_done_by_the_next(tmp_path: Path) -> None:
    first = database_in(tmp_path)
    inbox = Inbox(first)
    for number in range(3):
        await inbox.put(event(f"E{number}"))
    worker = await worked(inbox, lambda taken: asyncio.sleep(3600))
    await asyncio.sleep(0.1)
    await worker.close(0)
    await first.close()
    second = database_in(tmp_path)
    inbox = Inbox(second)
    seen: dict[str, int] = {}
    worker = await worked(inbox, lambda taken: seen.update({taken.event.id: taken.attempt}))
    await until(lambda: len(seen) == 3)
    await worker.close(1)
    assert seen == {"E0": 2, "E1": 2, "E2": 2}
    assert (await inbox.figures()).waiting == 0
    await second.close()


async def test_an_event_that_brings_the_desk_down_again_and_again_is_left_alone(inbox: Inbox) -> None:
    await inbox.put(event("E1"))
    for _ in range(MOST_CRASHES):
        await inbox.claim(1, 1, 60)
        await inbox.release()
    outcomes: list[str] = []
    worker = await worked(inbox, lambda taken: pytest.fail("it was taken"), counted=outcomes.append)
    await until(lambda: outcomes == ["dead"])
    await worker.close(1)
