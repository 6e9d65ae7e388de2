"""How well a passage, and each unit of it, covers a question: late interaction, so in any pair of languages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bot.answers.units import Unit, units
from retrieval.encoder.base import Encoded, Encoder, Floats, passage_text
from retrieval.passages import Passage

# What the last kept layer counts for; the earlier ones share the rest. It knows a token's sense in its sentence best,
# the earlier ones keep names and numbers apart. Chosen on Debian's FAQ and LibreOffice's help (docs/answers.md).
LAST_LAYER = 0.7


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """A passage read against a question.

    Attributes:
        similarities: cosines between the question's and the passage's tokens, shape (question tokens, tokens).
        best: for each question token its best match among all of the passage's tokens, shape (question tokens,).
    """

    passage: Passage
    similarities: Floats
    best: Floats

    @property
    def cover(self) -> float:
        """How much of the question the passage covers: the mean over the question's tokens, in [-1, 1]."""
        return float(self.best.mean())


@dataclass(frozen=True, slots=True, eq=False)
class Parts:
    """The units of a passage with what each has to say to a question.

    Attributes:
        tokens: the length of each unit.
        scores: for each unit how much of the question it covers, in [-1, 1]; -1 for a unit that was not encoded.
    """

    units: tuple[Unit, ...]
    tokens: tuple[int, ...]
    scores: Floats


def read(question: Encoded, passage: Passage, layers: Sequence[Floats]) -> Evidence:
    """Reads a passage against a question of at least one token.

    Args:
        layers: the passage's stored token vectors, one array (tokens, token_dimension) a kept layer.
    """
    similarities = _similarities(question, layers)
    return Evidence(passage, similarities, similarities.max(axis=1))


def parts(encoder: Encoder, evidence: Evidence) -> Parts:
    """Takes a passage apart and says of each unit how much of the question it covers."""
    passage, similarities = evidence.passage, evidence.similarities
    own = units(passage.text)
    offsets = encoder.offsets(passage_text(passage.context, passage.text))[: similarities.shape[1]]
    middles = offsets.mean(axis=1) - len(passage.context) - 1
    edges = np.searchsorted(middles, [edge for unit in own for edge in (unit.start, unit.end)]).tolist()
    spans = list(zip(edges[::2], edges[1::2], strict=True))
    by_unit = np.full((len(similarities), len(own)), -1.0, np.float32)
    for place, ((start, end), unit) in enumerate(zip(spans, own, strict=True)):
        if start < end:
            by_unit[:, place] = similarities[:, start:end].max(axis=1)
        if unit.lead is not None:
            by_unit[:, place] = np.maximum(by_unit[:, place], by_unit[:, unit.lead])
    return Parts(tuple(own), tuple(end - start for start, end in spans), _weighted(by_unit))


def _similarities(question: Encoded, layers: Sequence[Floats]) -> Floats:
    """Cosines between the question's and the passage's tokens, the layers mixed."""
    earlier = (1 - LAST_LAYER) / max(1, len(layers) - 1)
    weights = [earlier] * (len(layers) - 1) + [LAST_LAYER if len(layers) > 1 else 1.0]
    total = sum(weight * (asked @ told.T) for weight, asked, told in zip(weights, question.layers, layers, strict=True))
    return np.asarray(total, np.float32)


def _weighted(by_unit: Floats) -> Floats:
    """A score a unit: the question's tokens averaged, those counting most that tell this passage's units apart.

    A token that all units match alike, such as the topic in the heading or "how", says nothing about which of them
    answers.
    """
    if by_unit.shape[1] == 0:
        return np.empty(0, np.float32)
    weights = (by_unit.max(axis=1) - by_unit.mean(axis=1)) ** 2
    total = weights.sum()
    shares = weights / total if total > 1e-9 else np.full(len(weights), 1 / len(weights), np.float32)
    return np.asarray(shares @ by_unit, np.float32)
