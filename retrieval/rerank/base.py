"""The interface of every reranker: candidates in, one score a candidate out."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

from retrieval.encoder.base import Encoded
from retrieval.passages import Candidate


@dataclass(frozen=True, slots=True)
class Judgement:
    """Scores, and who gave them.

    Attributes:
        scores: one a candidate, in the candidates' order.
        degraded: whether another reranker than the one configured had to do it.
    """

    scores: list[float]
    degraded: bool = False


class Reranker(ABC):
    """Scores candidates by relevance to a question. Higher is better; scores compare within one question only."""

    name: str

    async def rerank(
        self, question: str, encoded: Encoded, candidates: Sequence[Candidate], instruction: str = ""
    ) -> list[float]:
        """One score a candidate, in the candidates' order.

        Args:
            instruction: what to judge, in English, where the asker's channel has one of its own; only models that
                follow instructions heed it, and a passage's own goes before it.

        Raises:
            UpstreamError: when the reranker cannot be reached or answers nonsense.
        """
        return await self._rerank(question, encoded, candidates, instruction) if candidates else []

    async def judge(
        self, question: str, encoded: Encoded, candidates: Sequence[Candidate], instruction: str = ""
    ) -> Judgement:
        """As `rerank`, and whether that was done as configured."""
        return Judgement(await self.rerank(question, encoded, candidates, instruction))

    async def check(self) -> None:  # noqa: B027
        """Has the reranker prove that it tells relevant from irrelevant; one that cannot fail has nothing to prove.

        Raises:
            UpstreamError: it cannot be reached, or fails.
        """

    @property
    def description(self) -> str:
        """What it is, for an operator."""
        return self.name

    @property
    def follows_instructions(self) -> bool:
        """Whether it judges what it is told to, and with a probability (`score`)."""
        return False

    @abstractmethod
    async def _rerank(
        self, question: str, encoded: Encoded, candidates: Sequence[Candidate], instruction: str
    ) -> list[float]: ...

    async def close(self) -> None:  # noqa: B027
        """Frees what the reranker holds; most hold nothing."""
