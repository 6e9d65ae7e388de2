"""How likely a passage states a claim: late interaction over the stored token vectors, in any pair of languages."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np

from bot.answers.evidence import LAST_LAYER
from bot.answers.units import Unit, units
from retrieval import token_vectors
from retrieval.encoder.base import Encoded, Encoder, Floats, passage_text
from retrieval.passages import Passage, StoredPassage
from retrieval.similarity import similarities

WEIGHTS = Path(__file__).with_name("support.json")


class TokenBlobs(Protocol):
    """Where the packed token vectors of passages are kept; the store."""

    def token_blobs(self, ids: Sequence[int]) -> dict[int, bytes]:
        """The blobs by passage; one that is gone is left out."""


@dataclass(frozen=True, slots=True)
class Support:
    """What a passage has to say to a claim.

    Attributes:
        probability: that it states the claim, in [0, 1].
        quote: the part of the passage's text that comes nearest, verbatim; "" where the passage is gone.
    """

    probability: float
    quote: str


class LateSupport:
    """The default judge. Thread-safe; blocks for some milliseconds, so it is called from a thread."""

    def __init__(self, encoder: Encoder, store: TokenBlobs) -> None:
        self._encoder = encoder
        self._store = store
        self._model = _Model.load()

    def support(self, claim: str, passages: Sequence[StoredPassage]) -> list[Support]:
        """One value a passage, in their order."""
        blobs = self._store.token_blobs([one.id for one in passages])
        (encoded,) = self._encoder.encode_passages([claim])
        return [self._one(encoded, one.passage, blobs.get(one.id)) for one in passages]

    def _one(self, claim: Encoded, passage: Passage, blob: bytes | None) -> Support:
        layers = token_vectors.unpack(blob) if blob else ()
        if not layers or not len(layers[0]) or not len(claim.offsets):
            return Support(0.0, "")
        matches = _mixed([similarities(*pair) for pair in zip(claim.layers, layers, strict=True)])
        found = units(passage.text)
        offsets = self._encoder.offsets(passage_text(passage.context, passage.text))[: matches.shape[1]]
        middles = offsets.mean(axis=1) - len(passage.context) - 1
        by_unit = np.full((len(found), len(matches)), -1.0, np.float32)
        for place, unit in enumerate(found):
            inside = (middles >= unit.start) & (middles < unit.end)
            if inside.any():
                by_unit[place] = matches[:, inside].max(axis=1)
        if not len(found):
            return Support(0.0, "")
        best = int(by_unit.mean(axis=1).argmax())
        return Support(
            self._model.probability(features(matches.max(axis=1), by_unit)), _quote(passage.text, found, best)
        )


def features(whole: Floats, by_unit: Floats) -> dict[str, float]:
    """What the probability is made of.

    Args:
        whole: for each token of the claim its best match in the passage, context included, shape (tokens,).
        by_unit: the same for each unit, shape (units, tokens).
    """
    best = by_unit[int(by_unit.mean(axis=1).argmax())]
    return {
        "cover": float(whole.mean()),
        "unit": float(best.mean()),
        "weakest": float(np.sort(whole)[: max(1, len(whole) // 5)].mean()),
    }


@dataclass(frozen=True, slots=True)
class _Model:
    """A logistic model of the features."""

    bias: float
    weights: Mapping[str, float]

    @classmethod
    def load(cls) -> _Model:
        found = json.loads(WEIGHTS.read_text(encoding="utf-8"))
        return cls(found["bias"], found["weights"])

    def probability(self, found: Mapping[str, float]) -> float:
        odds = self.bias + sum(weight * found[name] for name, weight in self.weights.items())
        return 1 / (1 + math.exp(-max(-30.0, min(30.0, odds))))


def _mixed(layers: Sequence[Floats]) -> Floats:
    *earlier, last = layers
    if not earlier:
        return last
    return np.asarray(LAST_LAYER * last + (1 - LAST_LAYER) * sum(earlier) / len(earlier), np.float32)


def _quote(text: str, found: Sequence[Unit], best: int) -> str:
    """The unit with what introduces it, as one piece of the text."""
    lead = found[best].lead
    start = found[best].start if lead is None else found[lead].start
    return text[start : found[best].end].strip()
