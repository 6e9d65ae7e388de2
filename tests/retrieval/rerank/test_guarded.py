"""Taking over from a scripted server that fails, and giving back to it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence

import pytest
import pytest_asyncio

from retrieval.circuit_breaker import State
from retrieval.encoder.base import Encoded
from retrieval.passages import Candidate
from retrieval.rerank.base import Judgement, Reranker
from retrieval.rerank.guarded import Guarded
from retrieval.rerank.vllm import VllmReranker
from tests.eventually import eventually
from tests.fakes.rerank import FakeReranker, Fault, by_shared_words
from tests.retrieval.rerank.candidates import ENCODED, candidates

QUESTION = "how long does the refund take"
FOUND = candidates(["Charge the battery.", "The refund does take long."])


class RecallOrder(Reranker):
    """What stands behind the server: needs nothing, and counts how often it was asked."""

    name = "recall_order"

    def __init__(self) -> None:
        self.asked = 0

    async def _rerank(
        self, question: str, encoded: Encoded, candidates: Sequence[Candidate], instruction: str
    ) -> list[float]:
        self.asked += 1
        return [float(-candidate.rank) for candidate in candidates]


class Desk:
    """A guarded reranker that probes twenty times a second, and all that it told."""

    def __init__(self, server: FakeReranker, timeout_seconds: float, check_seconds: float = 3_600) -> None:
        self.changes: list[tuple[State, str]] = []
        self.fallback = RecallOrder()
        self.guarded = Guarded(
            VllmReranker(server.base_url, "model", timeout_seconds=timeout_seconds),
            self.fallback,
            timeout_seconds=timeout_seconds,
            check_seconds=check_seconds,
            probe_seconds=0.05,
            changed=lambda *change: self.changes.append(change),
        )

    async def ask(self, question: str = QUESTION) -> Judgement:
        return await self.guarded.judge(question, ENCODED, FOUND)

    async def back(self) -> None:
        await eventually(lambda: not self.guarded.trouble)

    async def served(self) -> None:
        """Until the server answers a question; on a busy machine a short time may be too short for one."""
        async with asyncio.timeout(30):
            while (await self.ask()).degraded:  # noqa: ASYNC110 - asking is what is waited for
                await asyncio.sleep(0.01)


@pytest.fixture
def server() -> Iterator[FakeReranker]:
    with FakeReranker() as server:
        yield server


@pytest_asyncio.fixture
async def desk(server: FakeReranker) -> AsyncIterator[Desk]:
    desk = Desk(server, timeout_seconds=20)
    await desk.guarded.start()
    yield desk
    await desk.guarded.close()


@pytest_asyncio.fixture
async def hasty(server: FakeReranker) -> AsyncIterator[Desk]:
    """One that waits for half a second only."""
    desk = Desk(server, timeout_seconds=0.5)
    await desk.guarded.start()
    await desk.back()
    yield desk
    await desk.guarded.close()


async def test_while_all_is_well_the_server_alone_is_asked(server: FakeReranker, desk: Desk) -> None:
    judged = await desk.ask()
    assert judged.scores[1] > judged.scores[0]
    assert not judged.degraded
    assert await desk.guarded.rerank(QUESTION, ENCODED, FOUND) == judged.scores
    assert desk.fallback.asked == 0
    assert desk.changes == [("closed", "")]
    assert desk.guarded.description == f"model at {server.base_url}, template qwen3"


async def test_nothing_to_order_asks_nobody(server: FakeReranker, desk: Desk) -> None:
    before = len(server.requests)
    assert await desk.guarded.judge(QUESTION, ENCODED, []) == Judgement([])
    assert len(server.requests) == before


def kill(server: FakeReranker) -> None:
    server.kill()


def fail(server: FakeReranker) -> None:
    server.fault = Fault(status=500)


def answer_nonsense(server: FakeReranker) -> None:
    server.fault = Fault(raw='{"results": [{"index": 0, "relevance_score": 0.9}]}')


def recover(server: FakeReranker) -> None:
    server.fault = Fault()
    server.kill()
    server.start()


@pytest.mark.parametrize("break_down", [kill, fail, answer_nonsense])
async def test_whatever_fails_no_question_does_and_the_server_comes_back(
    server: FakeReranker, desk: Desk, break_down: Callable[[FakeReranker], None]
) -> None:
    break_down(server)
    for _ in range(10):
        assert await desk.ask() == Judgement([-1.0, -2.0], degraded=True)
    assert desk.fallback.asked == 10
    assert server.base_url in desk.guarded.trouble
    assert desk.guarded.description.startswith("recall_order, as model at ")
    recover(server)
    await desk.back()
    judged = await desk.ask()
    assert not judged.degraded
    assert judged.scores[1] > judged.scores[0]
    assert [state for state, _ in desk.changes] == ["closed", "open", "closed"]


async def test_while_it_is_out_no_question_reaches_the_server(server: FakeReranker, desk: Desk) -> None:
    fail(server)
    for _ in range(3):
        await desk.ask()
    assert desk.guarded.trouble
    asked = len(server.reranks)
    for _ in range(50):
        assert (await desk.ask()).degraded
    assert len(server.reranks) == asked


async def test_one_failure_is_no_outage(server: FakeReranker, desk: Desk) -> None:
    fail(server)
    assert (await desk.ask()).degraded
    server.fault = Fault()
    assert not (await desk.ask()).degraded
    assert desk.changes == [("closed", "")]


async def test_a_hang_is_noticed_once_by_all_who_wait(server: FakeReranker, hasty: Desk) -> None:
    server.fault = Fault(hang=True)
    judged = await asyncio.gather(*(hasty.ask(f"{QUESTION} {number}") for number in range(20)))
    assert all(one.degraded for one in judged)
    asked = len(server.reranks)
    assert (await hasty.ask()).degraded
    assert len(server.reranks) == asked
    assert "did not answer" in hasty.guarded.trouble
    server.fault = Fault()
    await hasty.served()


async def test_what_was_too_slow_is_tried_again_before_a_question_waits_for_it(
    server: FakeReranker, hasty: Desk
) -> None:
    """A server that manages the self-test, but not a question's fifty passages, stays out."""

    def model(query: str, document: str) -> float:
        if query.startswith("slow"):
            time.sleep(0.6)
        return by_shared_words(query, document)

    server.model = model
    assert (await hasty.ask("slow question")).degraded
    probes = len(server.requests)
    await eventually(lambda: len(server.requests) > probes + 20)
    assert hasty.guarded.trouble
    # The latest question is the one that is repeated, so that no single one can keep the server out.
    assert (await hasty.ask("another question")).degraded
    await hasty.served()


async def test_a_server_that_refuses_whole_questions_stays_out(server: FakeReranker) -> None:
    """It takes the few documents of the self-test, and refuses what a question has of them."""
    desk = Desk(server, timeout_seconds=20)
    await desk.guarded.start()
    server.most = 5
    found = candidates([f"The refund does take long, {number}." for number in range(50)])
    for _ in range(3):
        assert (await desk.guarded.judge(QUESTION, ENCODED, found)).degraded
    probes = len(server.requests)
    await eventually(lambda: len(server.requests) > probes + 40)
    assert "413" in desk.guarded.trouble
    assert [state for state, _ in desk.changes] == ["closed", "open"]
    server.most = 50
    await desk.back()
    assert not (await desk.guarded.judge(QUESTION, ENCODED, found)).degraded
    await desk.guarded.close()


async def test_a_server_that_is_not_there_at_the_start_is_found_later(server: FakeReranker) -> None:
    server.kill()
    desk = Desk(server, timeout_seconds=20)
    await desk.guarded.start()
    assert [state for state, _ in desk.changes] == ["open"]
    assert (await desk.ask()).degraded
    server.start()
    await desk.back()
    assert not (await desk.ask()).degraded
    await desk.guarded.close()


async def test_a_server_that_answers_but_cannot_tell_is_taken_out(server: FakeReranker) -> None:
    desk = Desk(server, timeout_seconds=20, check_seconds=0.05)
    await desk.guarded.start()
    assert not (await desk.ask()).degraded
    sound, server.model = server.model, lambda query, document: 0.5
    await eventually(lambda: bool(desk.guarded.trouble))
    assert "failed its self-test" in desk.guarded.trouble
    assert (await desk.ask()).degraded
    server.model = sound
    await desk.back()
    await desk.guarded.close()


async def test_who_stops_waiting_does_no_harm(server: FakeReranker, desk: Desk) -> None:
    server.fault = Fault(hang=True)
    waiting = asyncio.create_task(desk.ask())
    await eventually(lambda: bool(server.reranks))
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    server.fault = Fault()
    assert not (await desk.ask()).degraded
