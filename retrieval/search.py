"""The hub of retrieval: recall, rerank, fold, with every stage's ranks, scores and times."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

from retrieval.encoder.base import Encoded, Encoder
from retrieval.errors import UpstreamError
from retrieval.folding import DEPTH, fold
from retrieval.identifiers import identifiers
from retrieval.index import VectorIndex
from retrieval.passages import Candidate, Origin, Passage, Ranked
from retrieval.rerank.base import Reranker
from retrieval.store import Store

# What naming all the codes that a question names adds to a passage's score, in standard deviations.
EXACT = 3.0
# Passages looked up by their codes.
NAMED = 10


@dataclass(frozen=True, slots=True, eq=False)
class SearchResult:
    """What a question found.

    Attributes:
        question: the encoded question.
        ranked: all candidates after reranking and folding, best first.
        candidates: in recall order, then those found by identifiers alone.
        revision: the knowledge revision that all passages belong to.
        timings_ms: "encode", "recall" (with "encode"), "load", "rerank", "fold".
        degraded: "reranker" when another one than configured, or recall order, had to do.
        identifiers: codes that the question names.
    """

    question: Encoded
    ranked: tuple[Ranked, ...]
    candidates: tuple[Candidate, ...]
    revision: int
    timings_ms: dict[str, float]
    degraded: tuple[str, ...]
    identifiers: frozenset[str]


class Search:
    """Finds passages for questions.

    Args:
        recall: how many passages are recalled.
        threads: questions that are encoded and recalled at a time; more than there are cores only slows each.
    """

    def __init__(
        self,
        encoder: Encoder,
        index: VectorIndex,
        store: Store,
        reranker: Reranker,
        *,
        recall: int = 50,
        threads: int = 2,
    ) -> None:
        self._encoder = encoder
        self._index = index
        self._store = store
        self._reranker = reranker
        self._recall_size = recall
        self._threads = ThreadPoolExecutor(threads, "search")

    def close(self) -> None:
        """Ends the threads."""
        self._threads.shutdown()

    async def find(
        self, text: str, audiences: Sequence[str], language: str = "", instruction: str = ""
    ) -> SearchResult:
        """Searches what the audiences may see.

        Args:
            language: the asker's; of equal passages the one in it is preferred.
            instruction: what the reranker is told to judge, where the asker's channel has one of its own.
        """
        loop = asyncio.get_running_loop()
        recalled = await loop.run_in_executor(self._threads, self._recall, text, audiences)
        started = time.perf_counter()
        scores, degraded = await self._rerank(text, recalled, instruction)
        recalled.timings_ms["rerank"] = _milliseconds(started)
        ranked = await loop.run_in_executor(self._threads, self._order, recalled, scores, language)
        return replace(recalled, ranked=ranked, degraded=degraded)

    def _recall(self, text: str, audiences: Sequence[str]) -> SearchResult:
        started = time.perf_counter()
        (question,) = self._encoder.encode_questions([text])
        timings = {"encode": _milliseconds(started)}
        terms = identifiers(text)
        named = self._store.with_identifiers(sorted(terms), audiences, NAMED)
        similar, revision, passages = self._served(question, audiences, named)
        for id, vector in self._store.vectors([id for id in named if id not in similar]).items():
            similar[id] = float(vector @ question.pooled)
        timings["recall"] = _milliseconds(started)
        shares = {id: _share(terms, passages[id]) for id in named if id in passages}
        candidates = _candidates(similar, passages, self._recall_size, shares)
        return SearchResult(question, (), candidates, revision, timings, (), terms)

    def _served(
        self, question: Encoded, audiences: Sequence[str], named: Sequence[int]
    ) -> tuple[dict[int, float], int, dict[int, Passage]]:
        """Cosines of the nearest served passages, the revision, and those passages with the named ones."""
        wanted = asked = self._recall_size
        seen = -1
        while True:
            similar: dict[int, float] = {}
            exhausted = True
            for audience in audiences:
                hits = self._index.query(audience, question.pooled, asked)
                similar.update(hits)
                exhausted = exhausted and len(hits) < asked
            revision, stored = self._store.load_candidates([*similar, *named])
            served = {id: cosine for id, cosine in similar.items() if id in stored}
            # While files are published, the index holds their old and their new passages: then more are asked for.
            # What was published between the two reads is in the index by now: then it is asked again.
            enough = exhausted or len(served) >= wanted or asked >= 8 * wanted
            if enough and (len(served) == len(similar) or revision == seen):
                return served, revision, {id: one.passage for id, one in stored.items()}
            asked *= 1 if enough else 2
            seen = revision

    async def _rerank(self, text: str, recalled: SearchResult, instruction: str) -> tuple[list[float], tuple[str, ...]]:
        try:
            judged = await self._reranker.judge(text, recalled.question, recalled.candidates, instruction)
            return judged.scores, ("reranker",) if judged.degraded else ()
        except UpstreamError:
            return [candidate.similarity for candidate in recalled.candidates], ("reranker",)

    def _order(self, recalled: SearchResult, scores: Sequence[float], language: str) -> tuple[Ranked, ...]:
        started = time.perf_counter()
        found = [
            Ranked(candidate, 0, score + EXACT * candidate.exact)
            for candidate, score in zip(recalled.candidates, scores, strict=True)
        ]
        found.sort(key=lambda one: (-one.score, one.candidate.rank))
        vectors = self._store.vectors([one.candidate.id for one in found[:DEPTH]])
        ranked = fold(found, vectors, language)
        recalled.timings_ms["fold"] = _milliseconds(started)
        return ranked


def _candidates(
    similar: dict[int, float], passages: dict[int, Passage], recall: int, shares: dict[int, float]
) -> tuple[Candidate, ...]:
    """The nearest, then those that only their identifiers brought up; ranks count on."""
    nearest = sorted((id for id in similar if id in passages), key=lambda id: (-similar[id], id))
    kept: list[tuple[int, Origin]] = [(id, "recall") for id in nearest[:recall]]
    kept += [(id, "identifier") for id in nearest[recall:] if id in shares]
    return tuple(
        Candidate(id, passages[id], rank, similar[id], origin, shares.get(id, 0.0))
        for rank, (id, origin) in enumerate(kept, 1)
    )


def _share(terms: frozenset[str], passage: Passage) -> float:
    """How many of a question's codes a passage holds, in [0, 1]."""
    return len(terms & identifiers(f"{passage.context}\n{passage.text}")) / len(terms)


def _milliseconds(since: float) -> float:
    return (time.perf_counter() - since) * 1000
