"""What an evaluation found, and the JSON in which `polydesk eval` writes it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from retrieval.evaluate import Outcome, Percentiles, Quality, Share, Summary, average, summarise

DIGITS = 4


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The figures of one run.

    Attributes:
        files, passages: what the knowledge held.
        threshold: the confidence below which the desk abstained.
        results: one summary a question language, in the order in which the languages were given.
        outcomes: one a question, in the order asked; reports draw from them.
        failures: a sentence for each knowledge file that could not be used.
    """

    files: int
    passages: int
    threshold: float
    results: tuple[Summary, ...]
    average: Summary
    outcomes: tuple[Outcome, ...]
    failures: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The contract of `polydesk eval --json`; null stands where nothing was measured."""
        return {
            "knowledge": {"files": self.files, "passages": self.passages},
            "average": _summary(self.average),
            "results": [_summary(result) for result in self.results],
        }


def evaluated(files: int, passages: int, threshold: float, outcomes: Sequence[Outcome]) -> Evaluation:
    """Groups the outcomes by question language and sums them up."""
    groups: dict[str, list[Outcome]] = {}
    for outcome in outcomes:
        groups.setdefault(outcome.question.language, []).append(outcome)
    results = tuple(summarise(language, group) for language, group in groups.items())
    return Evaluation(files, passages, threshold, results, average(results, outcomes), tuple(outcomes))


def _summary(summary: Summary) -> dict[str, Any]:
    return {
        "language": summary.language,
        "questions": summary.questions,
        "recall_only": _rounded(summary.recall_only),
        "reranked": _rounded(summary.reranked),
        "same_language": _share(summary.same_language, "r1"),
        "cross_language": _share(summary.cross_language, "r1"),
        "answer_contains": _round(summary.answer_contains),
        "answerable": _share(summary.answerable, "abstained"),
        "unanswerable": _share(summary.unanswerable, "abstained"),
        "rerank_ms": _rounded(summary.rerank_ms),
        "total_ms": _rounded(summary.total_ms),
    }


def _share(share: Share, name: str) -> dict[str, float | None]:
    return {"questions": share.questions, name: _round(share.rate)}


def _rounded(values: Quality | Percentiles) -> dict[str, float | None]:
    return {name: _round(value) for name, value in asdict(values).items()}


def _round(value: float | None) -> float | None:
    return None if value is None else round(value, DIGITS)
