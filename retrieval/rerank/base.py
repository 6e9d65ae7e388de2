"""The interface of every reranker: candidates in, one score a candidate out."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence

from retrieval.encoder.base import Encoded
from retrieval.passages import Candidate


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

    @abstractmethod
    async def _rerank(
        self, question: str, encoded: Encoded, candidates: Sequence[Candidate], instruction: str
    ) -> list[float]: ...

    async def close(self) -> None:  # noqa: B027
        """Frees what the reranker holds; most hold nothing."""
