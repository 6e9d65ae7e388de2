"""The abstention curve: what a threshold on the desk's confidence refuses, rightly and wrongly. Pure."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class OperatingPoint:
    """What one threshold does. The desk abstains where its confidence is below the threshold.

    Attributes:
        wrongly_refused: share of the answerable questions refused.
        rightly_refused: share of the unanswerable questions refused.
    """

    threshold: float
    wrongly_refused: float
    rightly_refused: float


def abstention_curve(answerable: Sequence[float], unanswerable: Sequence[float]) -> list[OperatingPoint]:
    """Every distinct operating point, from refusing nothing to refusing all; empty unless both kinds are given.

    Args:
        answerable, unanswerable: the confidence of each question of the kind.
    """
    if not answerable or not unanswerable:
        return []
    known, unknown = sorted(answerable), sorted(unanswerable)
    thresholds = [0.0, *sorted({*known, *unknown}), float("inf")]
    return [_point(known, unknown, threshold) for threshold in thresholds]


def operating_point(answerable: Sequence[float], unanswerable: Sequence[float], threshold: float) -> OperatingPoint:
    """What the given threshold does; a kind without questions counts as never refused."""
    return _point(sorted(answerable), sorted(unanswerable), threshold)


def at_wrongly_refused(curve: Sequence[OperatingPoint], share: float) -> OperatingPoint | None:
    """The point that refuses most of the unanswerable while wrongly refusing at most `share`; None of no curve."""
    allowed = [point for point in curve if point.wrongly_refused <= share]
    return max(allowed, key=lambda point: (point.rightly_refused, -point.threshold), default=None)


def thinned(curve: Sequence[OperatingPoint], points: int = 200) -> list[OperatingPoint]:
    """At most `points` points of a curve, evenly taken, the first and last among them."""
    if len(curve) <= points:
        return list(curve)
    return [curve[round(index * (len(curve) - 1) / (points - 1))] for index in range(points)]


def _point(known: Sequence[float], unknown: Sequence[float], threshold: float) -> OperatingPoint:
    return OperatingPoint(threshold, _below(known, threshold), _below(unknown, threshold))


def _below(ordered: Sequence[float], threshold: float) -> float:
    return bisect_left(ordered, threshold) / len(ordered) if ordered else 0.0
