"""The default reranker: late interaction over the token vectors that ingest stored, in about two milliseconds.

Khattab and Zaharia, "ColBERT", SIGIR 2020, on two layers of the same encoder that recalls; nothing is encoded at
question time but the question. docs/retrieval.md has what each part is worth.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from retrieval.encoder.base import Encoded, Floats
from retrieval.passages import Candidate
from retrieval.rerank.base import Reranker
from retrieval.similarity import block_similarities
from retrieval.token_vectors import unpack


class TokenBlobs(Protocol):
    """Where the token vectors of passages are kept; the store."""

    def token_blobs(self, ids: Sequence[int]) -> dict[int, bytes]:
        """The blobs by passage; one that is gone is left out."""


# Answers stand in one place: besides the whole passage, its best stretch of two neighbouring blocks counts.
BLOCK = 16
# What recall's cosine counts for, and the kept layers: the middle one, and the last, which tells meanings apart best.
RECALL_WEIGHT = 0.5
LAYER_WEIGHTS = (1.0, 2.0)


class LateInteraction(Reranker):
    """Adds the cosine of recall and the late interaction of each layer, in standard deviations over the candidates."""

    name = "late_interaction"

    def __init__(self, store: TokenBlobs) -> None:
        self._store = store

    async def _rerank(
        self, question: str, encoded: Encoded, candidates: Sequence[Candidate], instruction: str
    ) -> list[float]:
        return await asyncio.to_thread(self.score, encoded, candidates)

    def score(self, encoded: Encoded, candidates: Sequence[Candidate]) -> list[float]:
        """One score a candidate, at least one. Blocks."""
        total = RECALL_WEIGHT * _standardised(np.array([candidate.nearness for candidate in candidates]))
        blobs = self._store.token_blobs([candidate.id for candidate in candidates]) if len(encoded.offsets) else {}
        unpacked = {place: unpack(blobs[one.id]) for place, one in enumerate(candidates) if one.id in blobs}
        # A passage without tokens, or published anew since recall and so without them, ranks last.
        there = [place for place, layers in unpacked.items() if len(layers[0])]
        if not there:
            return [float(score) for score in total]
        found = np.full(len(candidates), -np.inf)
        found[there] = 0.0
        for number, (layer, weight) in enumerate(zip(encoded.layers, LAYER_WEIGHTS, strict=True)):
            blocks, firsts = block_similarities(layer, [unpacked[place][number] for place in there], BLOCK)
            found[there] += weight * _standardised(_interaction(blocks, firsts))
        return [float(score) for score in total + found]


def _interaction(blocks: Floats, firsts: NDArray[np.intp]) -> Floats:
    """A score a passage from its blocks: MaxSim over the whole passage plus MaxSim over its best stretch.

    Each question token is weighted by how much it tells the passages apart: one that every candidate matches alike
    ("what", the topic they share) says nothing about which one answers.
    """
    whole = np.maximum.reduceat(blocks, firsts, axis=0)
    weights = whole.std(axis=0) + 1e-9
    weights /= weights.sum()
    stretches = blocks.copy()
    inside = np.ones(len(blocks) - 1, bool)
    inside[firsts[1:] - 1] = False
    stretches[:-1][inside] = np.maximum(blocks[:-1], blocks[1:])[inside]
    return np.asarray(whole @ weights + np.maximum.reduceat(stretches @ weights, firsts), np.float32)


def _standardised(scores: NDArray[np.floating]) -> NDArray[np.float64]:
    deviation = float(scores.std())
    return np.asarray((scores - scores.mean()) / (deviation if deviation > 1e-9 else 1.0), np.float64)
