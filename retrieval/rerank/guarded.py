"""A reranker that may fail, with one behind it that cannot: nobody's question fails with it, and few wait for it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol, TypeVar, runtime_checkable

from retrieval.circuit_breaker import PROBE_SECONDS, Changed, CircuitBreaker
from retrieval.encoder.base import Encoded
from retrieval.errors import UpstreamError, UpstreamTimeout
from retrieval.passages import Candidate
from retrieval.rerank.base import Judgement, Reranker

CHECK_SECONDS = 3_600.0
# A self-test is several small requests.
LEAST_CHECK_TIMEOUT = 2.0

Result = TypeVar("Result")


@runtime_checkable
class Scorer(Protocol):
    """A reranker that gives probabilities: `VllmReranker`, `CrossEncoder`."""

    async def score(self, query: str, documents: Sequence[str], instruction: str = "") -> list[float]:
        """One in [0, 1] a document."""


class Guarded(Reranker):
    """Asks the first reranker; when it fails, is too slow or does not pass its self-test, the second one answers.

    After a timeout, a few failures in a row or a failed self-test the first is not asked at all; it is probed in the
    background, and comes back by itself once it passes. The latest question is repeated as part of the probe: a server
    that is too slow for a whole question, or refuses one, may well pass the self-test.

    Args:
        primary: may raise UpstreamError, and nothing else.
        fallback: never fails.
        timeout_seconds: for one question.
        check_seconds: between two self-tests while all is well.
        probe_seconds, changed: see `CircuitBreaker`. `changed` is called once at the start, too.
    """

    name = "guarded"

    def __init__(
        self,
        primary: Reranker,
        fallback: Reranker,
        *,
        timeout_seconds: float,
        check_seconds: float = CHECK_SECONDS,
        probe_seconds: float = PROBE_SECONDS,
        changed: Changed = lambda state, reason: None,
    ) -> None:
        self._primary = primary
        self._fallback = fallback
        self._timeout_seconds = timeout_seconds
        self._check_seconds = check_seconds
        self._changed = changed
        self._breaker = CircuitBreaker(self._probe, probe_seconds=probe_seconds, changed=changed)
        self._checking: asyncio.Task[None] | None = None
        # The latest question that the first reranker failed, or was not asked as it was out.
        self._unanswered: Callable[[], Awaitable[object]] | None = None

    @property
    def trouble(self) -> str:
        """Why the first reranker is not asked at the moment, as a sentence; "" while it is."""
        return self._breaker.reason

    @property
    def follows_instructions(self) -> bool:
        return self._primary.follows_instructions

    @property
    def description(self) -> str:
        """What is asked at the moment, for an operator."""
        if self.trouble:
            return f"{self._fallback.description}, as {self._primary.description} is out: {self.trouble}"
        return self._primary.description

    async def start(self) -> None:
        """Has the first reranker do its self-test, and again from time to time. Never fails, and takes no long time."""
        await self._check_now()
        if not self.trouble:
            self._changed("closed", "")
        self._checking = asyncio.create_task(self._check_for_ever())

    async def check(self) -> None:
        """The first reranker's self-test, within a time.

        Raises:
            UpstreamError: it did not pass.
        """
        await self._within(max(LEAST_CHECK_TIMEOUT, self._timeout_seconds), self._primary.check)

    async def judge(
        self, question: str, encoded: Encoded, candidates: Sequence[Candidate], instruction: str = ""
    ) -> Judgement:
        """The first reranker's scores, or else the second's. Never fails."""
        if not candidates:
            return Judgement([])

        async def ask() -> list[float]:
            return await self._within(
                self._timeout_seconds, lambda: self._primary.rerank(question, encoded, candidates, instruction)
            )

        try:
            return Judgement(await self._breaker.call(ask))
        except UpstreamError:
            if self.trouble:
                self._unanswered = ask
        return Judgement(await self._fallback.rerank(question, encoded, candidates, instruction), degraded=True)

    async def score(self, query: str, documents: Sequence[str], instruction: str = "") -> list[float]:
        """The first reranker's probabilities; nobody answers in its place.

        Raises:
            UpstreamError: it fails, is too slow, is out, or gives none.
        """

        primary = self._primary
        if not isinstance(primary, Scorer) or not primary.follows_instructions:
            raise UpstreamError(f"The reranker {primary.description} cannot be told what to judge.")

        async def ask() -> list[float]:
            return await self._within(self._timeout_seconds, lambda: primary.score(query, documents, instruction))

        try:
            return await self._breaker.call(ask)
        except UpstreamError:
            # A whole question asks more of it.
            if self.trouble and self._unanswered is None:
                self._unanswered = ask
            raise

    async def close(self) -> None:
        """Stops checking, and closes both."""
        if self._checking is not None:
            self._checking.cancel()
            await asyncio.gather(self._checking, return_exceptions=True)
        await self._breaker.close()
        await self._primary.close()
        await self._fallback.close()

    async def _rerank(
        self, question: str, encoded: Encoded, candidates: Sequence[Candidate], instruction: str
    ) -> list[float]:
        return (await self.judge(question, encoded, candidates, instruction)).scores

    async def _check_now(self) -> None:
        try:
            await self.check()
        except UpstreamError as error:
            self._breaker.open(str(error))

    async def _check_for_ever(self) -> None:
        while True:
            await asyncio.sleep(self._check_seconds)
            if not self.trouble:
                await self._check_now()

    async def _probe(self) -> None:
        await self.check()
        if self._unanswered is not None:
            await self._unanswered()
        self._unanswered = None

    async def _within(self, seconds: float, work: Callable[[], Awaitable[Result]]) -> Result:
        try:
            async with asyncio.timeout(seconds):
                return await work()
        except TimeoutError as error:
            raise UpstreamTimeout(
                f"The reranker ({self._primary.description}) did not answer within {seconds:g} seconds."
            ) from error
