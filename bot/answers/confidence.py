"""How sure the desk is that its knowledge answers a question: one number, in any pair of languages.

Two logistic models over a few figures of the search and of the evidence. Their weights are fitted by
`scripts/calibrate_confidence.py` and stand beside this file; docs/answers.md shows the curve.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from bot.answers.evidence import Evidence
from retrieval.identifiers import identifiers
from retrieval.search import SearchResult

WEIGHTS = Path(__file__).with_name("confidence.json")
FEATURES = ("nearness", "margin")
# Figures that compare the first passage with the others say little where there are few: below this number of
# candidates they count for proportionally less.
_ENOUGH = 20
_COMPARING = frozenset({"margin"})
# Added to the log-odds where the passage holds every code that the question names, and in proportion.
_EXACT = 2.0


@dataclass(frozen=True, slots=True)
class Weight:
    """One feature's weight, after the feature was shifted by `mean` and divided by `scale`."""

    mean: float
    scale: float
    weight: float


@dataclass(frozen=True, slots=True)
class Factor:
    """A logistic model over some of the features."""

    bias: float
    weights: Mapping[str, Weight]

    def odds(self, found: Mapping[str, float], candidates: int) -> float:
        """Log-odds, kept in a range that cannot overflow.

        Args:
            candidates: how many passages were compared.
        """
        share = min(1.0, candidates / _ENOUGH)
        total = self.bias + sum(
            one.weight * (found[name] - one.mean) / one.scale * (share if name in _COMPARING else 1.0)
            for name, one in self.weights.items()
        )
        return max(-30.0, min(30.0, total))


@dataclass(frozen=True, slots=True)
class Confidence:
    """The calibrated model: the knowledge has the question's topic, and one passage of it stands out as the answer.

    Both must hold, so their probabilities are multiplied: a passage may stand out in knowledge of quite another topic.

    Attributes:
        DEPTH: how many passages' evidence it looks at.
    """

    DEPTH: ClassVar[int] = 10
    topic: Factor
    answer: Factor

    @classmethod
    def load(cls, path: Path = WEIGHTS) -> Confidence:
        """The weights as the calibration wrote them."""
        found = json.loads(path.read_text(encoding="utf-8"))
        return cls(_factor(found["topic"]), _factor(found["answer"]))

    def of(self, result: SearchResult, evidence: Sequence[Evidence]) -> float:
        """The probability in [0, 1] that the passages answer the question; 0 without evidence."""
        if not evidence:
            return 0.0
        named = _EXACT * _named(result, evidence)
        return self.probability(features(result, evidence), len(result.candidates), named)

    def probability(self, found: Mapping[str, float], candidates: int, bonus: float = 0.0) -> float:
        """The same from the features alone.

        Args:
            candidates: how many passages were compared.
            bonus: added to the log-odds.
        """
        topic, answer = (factor.odds(found, candidates) + bonus for factor in (self.topic, self.answer))
        return _probability(topic) * _probability(answer)


def features(result: SearchResult, evidence: Sequence[Evidence]) -> dict[str, float]:
    """What the confidence is made of, from evidence of at least one passage, best first.

    None depends on a language, nor on the reranker but for the order it gave.
    """
    best = np.stack([one.best for one in evidence])
    # A question token counts by how much it tells the passages apart.
    weights = best.std(axis=0) + 1e-9
    rivals = best[1:].max(axis=0) if len(best) > 1 else np.zeros_like(best[0])
    return {
        "nearness": result.ranked[0].candidate.nearness,
        # Against each token's best match in any of the others: an answer has what no other passage has.
        "margin": float((best[0] - rivals) @ (weights / weights.sum())),
    }


def _factor(found: Mapping[str, Any]) -> Factor:
    return Factor(found["bias"], {name: Weight(**values) for name, values in found["weights"].items()})


def _probability(odds: float) -> float:
    return 1 / (1 + math.exp(-odds))


def _named(result: SearchResult, evidence: Sequence[Evidence]) -> float:
    """Share of the codes named in the question that the best passage holds."""
    if not result.identifiers:
        return 0.0
    passage = evidence[0].passage
    return len(result.identifiers & identifiers(f"{passage.context}\n{passage.text}")) / len(result.identifiers)
