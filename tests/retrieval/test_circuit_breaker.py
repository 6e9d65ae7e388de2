"""The circuit breaker with real work on a real event loop."""

from __future__ import annotations

import asyncio

import pytest
from structlog.testing import capture_logs

from retrieval.circuit_breaker import CircuitBreaker, State
from retrieval.errors import UpstreamError, UpstreamTimeout
from tests.eventually import eventually


class Service:
    """Something that can be down, and a breaker before it."""

    def __init__(self) -> None:
        self.trouble: UpstreamError | None = None
        self.asked = 0
        self.probed = 0
        self.changes: list[tuple[State, str]] = []
        self.breaker = CircuitBreaker(
            self.probe, probe_seconds=0.02, changed=lambda *change: self.changes.append(change)
        )

    async def work(self) -> str:
        self.asked += 1
        if self.trouble:
            raise self.trouble
        return "done"

    async def probe(self) -> None:
        self.probed += 1
        if self.trouble:
            raise self.trouble

    async def until(self, state: State) -> None:
        await eventually(lambda: self.breaker.state == state)


async def fails(service: Service) -> str:
    with pytest.raises(UpstreamError) as caught:
        await service.breaker.call(service.work)
    return str(caught.value)


async def test_work_goes_through_while_all_is_well() -> None:
    service = Service()
    assert await service.breaker.call(service.work) == "done"
    assert (service.breaker.state, service.breaker.reason, service.changes) == ("closed", "", [])


async def test_the_third_failure_in_a_row_opens_it() -> None:
    service = Service()
    for _ in range(3):
        service.trouble = UpstreamError("refused")
        await fails(service)
        await fails(service)
        service.trouble = None
        await service.breaker.call(service.work)
    service.trouble = UpstreamError("refused")
    for _ in range(3):
        assert service.breaker.state == "closed"
        assert await fails(service) == "refused"
    asked = service.asked
    assert await fails(service) == "refused"
    assert service.asked == asked
    with pytest.raises(UpstreamError, match="refused"):
        service.breaker.check()
    assert service.changes == [("open", "refused")]
    await service.breaker.close()


async def test_the_first_call_without_an_answer_opens_it() -> None:
    service = Service()
    service.trouble = UpstreamTimeout("no answer")
    assert await fails(service) == "no answer"
    assert service.breaker.state == "open"
    await service.breaker.close()


async def test_calls_under_way_fail_as_soon_as_it_opens() -> None:
    service = Service()
    ended: list[str] = []

    async def hang() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append("cancelled")

    waiting = [asyncio.create_task(service.breaker.call(hang)) for _ in range(5)]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    service.breaker.failed(UpstreamTimeout("no answer"))
    for outcome in await asyncio.gather(*waiting, return_exceptions=True):
        assert isinstance(outcome, UpstreamError)
        assert str(outcome) == "no answer"
    assert ended == ["cancelled"] * 5
    await service.breaker.close()


async def test_who_stops_waiting_stops_the_work_and_says_nothing_about_the_service() -> None:
    service = Service()
    begun, ended = asyncio.Event(), asyncio.Event()

    async def hang() -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    waiting = asyncio.create_task(service.breaker.call(hang))
    await begun.wait()
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    await ended.wait()
    assert service.breaker.state == "closed"


async def test_it_probes_by_itself_until_the_service_is_back() -> None:
    service = Service()
    service.trouble = UpstreamTimeout("no answer")
    await fails(service)
    await eventually(lambda: service.probed >= 3)
    assert await fails(service) == "no answer"
    service.trouble = None
    await service.until("closed")
    assert await service.breaker.call(service.work) == "done"
    assert service.changes == [("open", "no answer"), ("closed", "")]


async def test_no_call_goes_through_while_a_probe_is_under_way() -> None:
    going = asyncio.Event()
    breaker = CircuitBreaker(going.wait, probe_seconds=0.01)
    breaker.open("out")
    await eventually(lambda: breaker.state == "half_open")
    with pytest.raises(UpstreamError, match="out"):
        breaker.check()
    going.set()
    await eventually(lambda: breaker.state == "closed")
    breaker.check()


async def test_after_closing_it_opens_again() -> None:
    service = Service()
    for _ in range(2):
        service.trouble = UpstreamTimeout("no answer")
        await fails(service)
        service.trouble = None
        await service.until("closed")
    assert [state for state, _ in service.changes] == ["open", "closed"] * 2
    await service.breaker.close()


async def test_a_suspicion_opens_it_only_where_a_probe_fails() -> None:
    service = Service()
    service.breaker.suspect()
    await eventually(lambda: service.probed == 1 and service.breaker._suspecting is None)
    assert service.breaker.state == "closed"
    service.trouble = UpstreamTimeout("silent")
    service.breaker.suspect()
    service.breaker.suspect()
    await service.until("open")
    assert service.changes == [("open", "silent")]
    await service.breaker.close()


async def test_a_fault_of_the_probe_itself_does_not_end_the_probing() -> None:
    faults: list[Exception] = [RecursionError("nested"), KeyError("choices")]

    async def probe() -> None:
        if faults:
            raise faults.pop(0)

    changes: list[tuple[State, str]] = []
    breaker = CircuitBreaker(probe, probe_seconds=0.01, changed=lambda *change: changes.append(change))
    with capture_logs() as logs:
        breaker.open("out")
        await eventually(lambda: breaker.state == "closed")
    assert [(entry["event"], type(entry["exc_info"])) for entry in logs] == [
        ("probe_failed", RecursionError),
        ("probe_failed", KeyError),
    ]
    assert changes == [("open", "out"), ("closed", "")]


async def test_after_a_fault_of_the_probe_calls_fail_still_and_say_why() -> None:
    async def probe() -> None:
        raise RecursionError("nested")

    breaker = CircuitBreaker(probe, probe_seconds=0.01)
    breaker.open("out")
    await eventually(lambda: "RecursionError" in breaker.reason)
    assert breaker.state in ("open", "half_open")
    with pytest.raises(UpstreamError, match="could not be found out: RecursionError"):
        breaker.check()
    await breaker.close()
