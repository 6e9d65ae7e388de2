"""Probabilities through the guard: from the first reranker or from nobody."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from retrieval.encoder.base import Encoded
from retrieval.errors import UpstreamError
from retrieval.passages import Candidate
from retrieval.rerank.base import Reranker
from retrieval.rerank.guarded import Guarded


class Plain(Reranker):
    name = "plain"

    async def _rerank(
        self, question: str, encoded: Encoded, candidates: Sequence[Candidate], instruction: str
    ) -> list[float]:
        return [0.0] * len(candidates)


class Judging(Plain):
    name = "judging"
    follows_instructions = True

    async def score(self, query: str, documents: Sequence[str], instruction: str = "") -> list[float]:
        if not instruction:
            raise UpstreamError("No instruction.")
        return [float(query in document) for document in documents]


async def test_the_first_reranker_gives_them() -> None:
    guarded = Guarded(Judging(), Plain(), timeout_seconds=5)
    assert await guarded.score("five", ["five years", "two"], "judge") == [1.0, 0.0]
    with pytest.raises(UpstreamError, match="No instruction"):
        await guarded.score("five", ["five years"])
    await guarded.close()


class Deaf(Judging):
    name = "deaf"
    follows_instructions = False


@pytest.mark.parametrize("primary", [Plain(), Deaf()])
async def test_one_that_cannot_judge_says_so(primary: Reranker) -> None:
    guarded = Guarded(primary, Judging(), timeout_seconds=5)
    with pytest.raises(UpstreamError, match="cannot be told what to judge"):
        await guarded.score("five", ["five years"], "judge")
    await guarded.close()
