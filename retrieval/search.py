"""The hub of retrieval: recall, rerank, fold, with every stage's ranks, scores and times."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np

from retrieval.encoder.base import Encoded, Encoder, Floats
from retrieval.errors import UpstreamError
from retrieval.folding import fold
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
        self,
        text: str,
        audiences: Sequence[str],
        language: str = "",
        instruction: str = "",
        phrasings: Sequence[str] = (),
    ) -> SearchResult:
        """Searches what the audiences may see.

        Args:
            language: the asker's; of equal passages the one in it is preferred.
            instruction: what the reranker is told to judge, where the asker's channel has one of its own.
            phrasings: the question said in other words or languages: what is near to any of them is recalled.
        """
        loop = asyncio.get_running_loop()
        recalled, vectors = await loop.run_in_executor(self._threads, self._recall, [text, *phrasings], audiences)
        started = time.perf_counter()
        scores, degraded = await self._rerank(text, recalled, instruction)
        recalled.timings_ms["rerank"] = _milliseconds(started)
        ranked = await loop.run_in_executor(self._threads, self._order, recalled, vectors, scores, language)
        return replace(recalled, ranked=ranked, degraded=degraded)

    def _recall(self, texts: Sequence[str], audiences: Sequence[str]) -> tuple[SearchResult, dict[int, Floats]]:
        """What a question finds in all its phrasings, its own first, and the vectors of the candidates."""
        started = time.perf_counter()
        questions = self._encoder.encode_questions(texts)
        timings = {"encode": _milliseconds(started)}
        terms = identifiers(texts[0])
        named = self._store.with_identifiers(sorted(terms), audiences, NAMED)
        asked = np.stack([question.pooled for question in questions])
        nearest, revision, passages = self._served(asked, audiences, named)
        recalled = dict(list(nearest.items())[: self._recall_size])
        kept: dict[int, Origin] = dict.fromkeys(recalled, "recall")
        kept |= {id: "identifier" for id in named if id in passages and id not in recalled}
        vectors = self._store.vectors(list(kept))
        timings["recall"] = _milliseconds(started)
        candidates = []
        for id, origin in kept.items():
            # One that was removed since has no vectors any more, but may still be shown.
            found = (asked @ vectors[id].T).max(axis=0).tolist() if id in vectors else [nearest.get(id, 0.0)]
            share = _share(terms, passages[id]) if id in named else 0.0
            candidates.append(Candidate(id, passages[id], 0, found[0], origin, share, max(found[1:], default=-1.0)))
        candidates.sort(key=lambda one: (one.origin == "identifier", -one.nearness, one.id))
        ranked = tuple(replace(one, rank=rank) for rank, one in enumerate(candidates, 1))
        return SearchResult(questions[0], (), ranked, revision, timings, (), terms), vectors

    def _served(
        self, asked_vectors: Floats, audiences: Sequence[str], named: Sequence[int]
    ) -> tuple[dict[int, float], int, dict[int, Passage]]:
        """Cosines of the nearest served passages, best first, the revision, and those passages with the named ones."""
        wanted = asked = self._recall_size
        seen = -1
        while True:
            similar: dict[int, float] = {}
            exhausted = True
            for audience in audiences:
                for vector in asked_vectors:
                    hits = self._index.query(audience, vector, asked)
                    exhausted = exhausted and len(hits) < asked
                    for id, cosine in hits:
                        similar[id] = max(cosine, similar.get(id, cosine))
            revision, stored = self._store.load_candidates([*similar, *named])
            served = {id: similar[id] for id in sorted(similar, key=lambda id: (-similar[id], id)) if id in stored}
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
            return [candidate.nearness for candidate in recalled.candidates], ("reranker",)

    def _order(
        self, recalled: SearchResult, vectors: Mapping[int, Floats], scores: Sequence[float], language: str
    ) -> tuple[Ranked, ...]:
        started = time.perf_counter()
        found = [
            Ranked(candidate, 0, score + EXACT * candidate.exact)
            for candidate, score in zip(recalled.candidates, scores, strict=True)
        ]
        found.sort(key=lambda one: (-one.score, one.candidate.rank))
        ranked = fold(found, {id: own for id, (own, *_) in vectors.items()}, language)
        recalled.timings_ms["fold"] = _milliseconds(started)
        return ranked


def _share(terms: frozenset[str], passage: Passage) -> float:
    """How many of a question's codes a passage holds, in [0, 1]."""
    return len(terms & identifiers(f"{passage.context}\n{passage.text}")) / len(terms)


def _milliseconds(since: float) -> float:
    return (time.perf_counter() - since) * 1000
