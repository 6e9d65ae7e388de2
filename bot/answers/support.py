"""How likely a passage states a claim: late interaction with the local encoder, in any pair of languages.

The stored token vectors choose the units of a passage that come nearest; these are then encoded by themselves, since a
token's state in a sentence of its own tells what that sentence says better than its state in a long passage does, and
whole vectors better than their signs. docs/answers.md has the figures.
"""

from __future__ import annotations

import json
import math
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from cachetools import LRUCache

from bot.answers.evidence import LAST_LAYER
from bot.answers.units import Unit, units
from retrieval import token_vectors
from retrieval.encoder.base import Encoded, Encoder, Floats, passage_text
from retrieval.passages import Passage, StoredPassage
from retrieval.similarity import similarities
from retrieval.token_vectors import Bits

WEIGHTS = Path(__file__).with_name("support.json")
# Units of a passage that are encoded for a claim; the right one is among them nearly always.
NEAREST = 3
# The share of a claim's tokens that are its weakest.
WEAKEST = 0.2
_REMEMBERED = 600  # encoded units, some 100 KB each


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


@dataclass(frozen=True, slots=True)
class Reading:
    """A claim read against a passage.

    Attributes:
        features: what the probability is made of, by name.
        quote: as in `Support`.
    """

    features: Mapping[str, float]
    quote: str


class LateSupport:
    """The default judge of claims. Thread-safe; blocks for some ten milliseconds, so it is called from a thread."""

    def __init__(self, encoder: Encoder, store: TokenBlobs, model: SupportModel | None = None) -> None:
        self._encoder = encoder
        self._store = store
        self._model = model or SupportModel.load()
        self._units: LRUCache[str, Encoded] = LRUCache(_REMEMBERED)
        self._lock = threading.Lock()

    def support(self, claim: str, passages: Sequence[StoredPassage]) -> list[Support]:
        """One value a passage, in their order."""
        return [
            Support(self._model.probability(one.features), one.quote) if one else Support(0.0, "")
            for one in self.read(claim, passages)
        ]

    def read(self, claim: str, passages: Sequence[StoredPassage]) -> list[Reading | None]:
        """What the probabilities are made of; None where there is nothing to read."""
        blobs = self._store.token_blobs([one.id for one in passages])
        (encoded,) = self._encoder.encode_passages([claim])
        found: list[Reading | None] = []
        for one in passages:
            layers = token_vectors.unpack(blobs[one.id]) if one.id in blobs else ()
            readable = len(encoded.offsets) and layers and len(layers[0])
            found.append(self._read(encoded, one.passage, layers) if readable else None)
        return found

    def _read(self, claim: Encoded, passage: Passage, layers: tuple[Bits, ...]) -> Reading | None:
        own = units(passage.text)
        if not own:
            return None
        cover, by_unit = self._matches(claim, passage, own, layers)
        nearest = np.argsort(-by_unit.mean(axis=1))[:NEAREST].tolist()
        texts = {place: _readings(passage, own, place) for place in nearest}
        encoded = self._encoded([text for place in nearest for text in texts[place]])
        matches = {
            text: mixed([first @ second.T for first, second in zip(claim.layers, one.layers, strict=True)]).max(axis=1)
            for text, one in encoded.items()
            if len(one.offsets)
        }
        if not matches:
            return None
        best = max(nearest, key=lambda place: max(matches[text].mean() for text in texts[place] if text in matches))
        nearest_text = max(matches, key=lambda text: matches[text].mean())
        found = {
            "cover": float(cover.mean()),
            "pooled": max(float(claim.pooled @ one.pooled) for one in encoded.values()),
            "unit": float(matches[nearest_text].mean()),
            "unit_weakest": weakest(matches[nearest_text]),
            "units_weakest": weakest(np.max(list(matches.values()), axis=0)),
        }
        return Reading(found, _quote(passage.text, own, best))

    def _matches(
        self, claim: Encoded, passage: Passage, own: Sequence[Unit], layers: tuple[Bits, ...]
    ) -> tuple[Floats, Floats]:
        """By the stored vectors, each claim token's best match in text and heading, and in each unit."""
        matches = mixed([similarities(*pair) for pair in zip(claim.layers, layers, strict=True)])
        offsets = self._encoder.offsets(passage_text(passage.context, passage.text))[: matches.shape[1]]
        middles = offsets.mean(axis=1)
        heading = len(" › ".join(passage.heading))
        start = len(passage.context) + 1
        by_unit = np.full((len(own), len(matches)), -1.0, np.float32)
        for place, unit in enumerate(own):
            inside = (middles >= start + unit.start) & (middles < start + unit.end)
            if inside.any():
                by_unit[place] = matches[:, inside].max(axis=1)
        # Editors' questions stand between heading and text; they state nothing.
        states = (middles < heading) | (middles >= start)
        return (matches[:, states].max(axis=1) if states.any() else by_unit.max(axis=0)), by_unit

    def _encoded(self, texts: Sequence[str]) -> dict[str, Encoded]:
        with self._lock:
            known = {text: self._units[text] for text in texts if text in self._units}
        new = [text for text in dict.fromkeys(texts) if text not in known]
        known |= dict(zip(new, self._encoder.encode_passages(new), strict=True))
        with self._lock:
            self._units.update(known)
        return known


@dataclass(frozen=True, slots=True)
class SupportModel:
    """A logistic model of the features, fitted by scripts/calibrate_support.py."""

    bias: float
    weights: Mapping[str, float]

    @classmethod
    def load(cls, path: Path = WEIGHTS) -> SupportModel:
        """The weights as the calibration wrote them."""
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return cls(found["bias"], found["weights"])

    def probability(self, found: Mapping[str, float]) -> float:
        """That a claim with these features is stated."""
        odds = self.bias + sum(weight * found[name] for name, weight in self.weights.items())
        return 1 / (1 + math.exp(-max(-30.0, min(30.0, odds))))


def mixed(layers: Sequence[Floats]) -> Floats:
    """The kept layers in the shares that the extracts use."""
    *earlier, last = layers
    if not earlier:
        return last
    return np.asarray(LAST_LAYER * last + (1 - LAST_LAYER) * sum(earlier) / len(earlier), np.float32)


def weakest(matches: Floats) -> float:
    """The mean of the weakest fifth: what is not stated shows there, while the rest may match the topic well."""
    return float(np.sort(matches)[: max(1, math.ceil(WEAKEST * len(matches)))].mean())


def _readings(passage: Passage, own: Sequence[Unit], place: int) -> list[str]:
    """The texts that a unit is read as: by itself, and under the heading and the line that introduce it."""
    unit = own[place]
    alone = passage.text[unit.start : unit.end]
    led = passage.text[own[unit.lead].start : own[unit.lead].end] if unit.lead is not None else ""
    introduced = "\n".join(part for part in (*passage.heading[-1:], led, alone) if part)
    return [alone, introduced]


def _quote(text: str, found: Sequence[Unit], best: int) -> str:
    """The unit with what introduces it, as one piece of the text."""
    lead = found[best].lead
    start = found[best].start if lead is None else found[lead].start
    return text[start : found[best].end].strip()
