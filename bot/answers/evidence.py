"""How well a passage, and each unit of it, covers a question: late interaction, so in any pair of languages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bot.answers.units import Unit, units
from retrieval.encoder.base import Encoded, Encoder, Floats, passage_text
from retrieval.passages import Passage
from retrieval.similarity import best_similarities, similarities
from retrieval.token_vectors import Bits

# What the last kept layer counts for; the earlier ones share the rest. It knows a token's sense in its sentence best,
# the earlier ones keep names and numbers apart. Chosen on Debian's FAQ and LibreOffice's help (docs/answers.md).
LAST_LAYER = 0.7


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """A passage read against a question.

    Attributes:
        layers: the passage's stored token vectors, one array a kept layer.
        best: for each question token its best match in the passage, the layers mixed, shape (question tokens,).
    """

    passage: Passage
    layers: tuple[Bits, ...]
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


def read(question: Encoded, found: Sequence[tuple[Passage, tuple[Bits, ...]]]) -> list[Evidence]:
    """Reads passages, given with their token vectors, against a question of at least one token."""
    if not found:
        return []
    best = _mixed(
        [
            best_similarities(asked, [layers[number] for _, layers in found])
            for number, asked in enumerate(question.layers)
        ]
    )
    return [Evidence(passage, layers, row) for (passage, layers), row in zip(found, best, strict=True)]


def parts(encoder: Encoder, question: Encoded, section: Sequence[Evidence]) -> list[Parts]:
    """Takes the passages of one section apart and says of each unit how much of the question it covers.

    The scores can be compared among all units of the section.
    """
    if not section:
        return []
    apart = [_matched_units(encoder, question, evidence) for evidence in section]
    edges = np.cumsum([len(own) for own, _, _ in apart])[:-1]
    scores = np.split(_weighted(np.concatenate([by_unit for _, _, by_unit in apart], axis=1)), edges)
    return [Parts(own, tokens, own_scores) for (own, tokens, _), own_scores in zip(apart, scores, strict=True)]


def _matched_units(
    encoder: Encoder, question: Encoded, evidence: Evidence
) -> tuple[tuple[Unit, ...], tuple[int, ...], Floats]:
    """The units of a passage, their lengths, and the best match of each question token, (question tokens, units)."""
    passage = evidence.passage
    matches = _mixed([similarities(*pair) for pair in zip(question.layers, evidence.layers, strict=True)])
    own = units(passage.text)
    offsets = encoder.offsets(passage_text(passage.context, passage.text))[: matches.shape[1]]
    middles = offsets.mean(axis=1) - len(passage.context) - 1
    edges = np.searchsorted(middles, [edge for unit in own for edge in (unit.start, unit.end)]).tolist()
    spans = list(zip(edges[::2], edges[1::2], strict=True))
    by_unit = np.full((len(matches), len(own)), -1.0, np.float32)
    for place, ((start, end), unit) in enumerate(zip(spans, own, strict=True)):
        if start < end:
            by_unit[:, place] = matches[:, start:end].max(axis=1)
        if unit.lead is not None:
            by_unit[:, place] = np.maximum(by_unit[:, place], by_unit[:, unit.lead])
    return tuple(own), tuple(end - start for start, end in spans), by_unit


def _mixed(layers: Sequence[Floats]) -> Floats:
    *earlier, last = layers
    if not earlier:
        return last
    return np.asarray(LAST_LAYER * last + (1 - LAST_LAYER) * sum(earlier) / len(earlier), np.float32)


def _weighted(by_unit: Floats) -> Floats:
    """A score a unit: the question's tokens averaged, those counting most that tell the units apart.

    A token that all units match alike, such as the topic in the heading or "how", says nothing about which of them
    answers.
    """
    if by_unit.shape[1] == 0:
        return np.empty(0, np.float32)
    weights = (by_unit.max(axis=1) - by_unit.mean(axis=1)) ** 2
    total = weights.sum()
    shares = weights / total if total > 1e-9 else np.full(len(weights), 1 / len(weights), np.float32)
    return np.asarray(shares @ by_unit, np.float32)
