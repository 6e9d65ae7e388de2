"""The default reranker: late interaction over the token vectors that ingest stored, in about two milliseconds.

Khattab and Zaharia, "ColBERT", SIGIR 2020, on two layers of the same encoder that recalls; nothing is encoded at
question time but the question.
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
from retrieval.similarity import best_similarities
from retrieval.token_vectors import unpack


class TokenBlobs(Protocol):
    """Where the token vectors of passages are kept; the store."""

    def token_blobs(self, ids: Sequence[int]) -> dict[int, bytes]:
        """The blobs by passage; one that is gone is left out."""


class LateInteraction(Reranker):
    """Adds the similarity of recall and MaxSim in each layer, each in standard deviations over the candidates."""

    name = "late_interaction"

    def __init__(self, store: TokenBlobs) -> None:
        self._store = store

    async def _rerank(self, question: str, encoded: Encoded, candidates: Sequence[Candidate]) -> list[float]:
        return await asyncio.to_thread(self.score, encoded, candidates)

    def score(self, encoded: Encoded, candidates: Sequence[Candidate]) -> list[float]:
        """One score a candidate, at least one. Blocks."""
        total = _standardised(np.array([candidate.similarity for candidate in candidates]))
        if not len(encoded.offsets):
            return [float(score) for score in total]
        blobs = self._store.token_blobs([candidate.id for candidate in candidates])
        # A file published anew since recall has taken its old token vectors along: such a candidate ranks last.
        there = [place for place, candidate in enumerate(candidates) if candidate.id in blobs]
        unpacked = [unpack(blobs[candidates[place].id]) for place in there]
        found = np.full((len(candidates), len(encoded.layers)), -np.inf)
        for number, layer in enumerate(encoded.layers if there else ()):
            best = best_similarities(layer, [layers[number] for layers in unpacked])
            found[there, number] = _standardised(_weighted_sum(best))
        return [float(score) for score in total + found.sum(axis=1)]


def _weighted_sum(best: Floats) -> Floats:
    """MaxSim with each question token weighted by how much it tells the candidates apart.

    A token that every candidate matches alike ("what", the topic they share) says nothing about which one answers.
    """
    weights = best.std(axis=0) + 1e-9
    return np.asarray(best @ (weights / weights.sum()), np.float32)


def _standardised(scores: NDArray[np.floating]) -> NDArray[np.float64]:
    deviation = float(scores.std())
    return np.asarray((scores - scores.mean()) / (deviation if deviation > 1e-9 else 1.0), np.float64)
