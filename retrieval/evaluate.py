"""How good a ranking is: pure functions from ranks and outcomes to the figures that `polydesk eval` reports.

Ranks are counted over *places*, not passages: a file that was split into several passages counts once, at its best
rank, unless the question's gold names an anchor, in which case each (file, anchor) counts once. Otherwise a long file
that fills the first five ranks would push every other file down and its own rank would mean nothing.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import fmean

from retrieval.passages import Passage
from retrieval.question_files import UNDETERMINED, EvaluationQuestion, Gold

Ranks = tuple[int | None, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one question.

    Attributes:
        answerable: at least one gold file is in the index.
        recall_ranks, reranked_ranks: 1-based rank of each gold, None where it was not found; see `gold_ranks`.
        passage_language: language of the gold passage, or "" where unknown.
        abstained: the desk said that it does not know.
        contains: an expected answer string stands in the answer; None where the question expects none.
        confidence: the desk's own, in [0, 1]; it abstains below its threshold.
        similarity: the cosine between the question and the first recalled passage, 0 where none was.
    """

    question: EvaluationQuestion
    answerable: bool
    recall_ranks: Ranks
    reranked_ranks: Ranks
    passage_language: str
    abstained: bool
    contains: bool | None
    confidence: float
    rerank_ms: float
    total_ms: float
    similarity: float = 0.0


@dataclass(frozen=True, slots=True)
class Quality:
    """Of a set of rankings. r1, r5, r50: share of questions with a gold place among the first 1, 5, 50."""

    r1: float | None
    r5: float | None
    r50: float | None
    mrr10: float | None
    ndcg10: float | None


@dataclass(frozen=True, slots=True)
class Share:
    """How many questions a rate is over, and the rate; None over no question."""

    questions: int
    rate: float | None


@dataclass(frozen=True, slots=True)
class Percentiles:
    """Milliseconds."""

    p50: float | None
    p95: float | None


@dataclass(frozen=True, slots=True)
class Summary:
    """The figures of one question language, or of the average over all. Ranking counts answerable questions only."""

    language: str
    questions: int
    recall_only: Quality
    reranked: Quality
    same_language: Share
    cross_language: Share
    answer_contains: float | None
    answerable: Share
    unanswerable: Share
    rerank_ms: Percentiles
    total_ms: Percentiles


def gold_ranks(passages: Iterable[Passage], gold: Sequence[Gold]) -> Ranks:
    """The 1-based rank of each gold among the distinct places of a ranking (see the module's docstring)."""
    by_anchor = any(place.anchor for place in gold)
    places: dict[tuple[str, str], int] = {}
    for passage in passages:
        places.setdefault((passage.path, passage.anchor if by_anchor else ""), len(places) + 1)
    return tuple(
        places.get((place.path, place.anchor))
        if place.anchor
        else min((rank for (path, _), rank in places.items() if path == place.path), default=None)
        for place in gold
    )


def quality(rankings: Sequence[Ranks]) -> Quality:
    """Means over questions; each ranking holds the ranks of one question's golds."""
    firsts = [min((rank for rank in ranks if rank is not None), default=math.inf) for ranks in rankings]
    return Quality(
        r1=mean(first <= 1 for first in firsts),
        r5=mean(first <= 5 for first in firsts),
        r50=mean(first <= 50 for first in firsts),
        mrr10=mean(1 / first if first <= 10 else 0 for first in firsts),
        ndcg10=mean(_ndcg(ranks, 10) for ranks in rankings),
    )


def _ndcg(ranks: Ranks, cutoff: int) -> float:
    """Binary gains. Two golds met at one place gain once, so the value never exceeds 1."""
    gained = sum(1 / math.log2(1 + rank) for rank in {rank for rank in ranks if rank is not None and rank <= cutoff})
    ideal = sum(1 / math.log2(1 + rank) for rank in range(1, min(len(ranks), cutoff) + 1))
    return gained / ideal if ideal else 0.0


def mean(values: Iterable[float]) -> float | None:
    """The arithmetic mean, or None of nothing."""
    collected = list(values)
    return fmean(collected) if collected else None


def percentile(values: Sequence[float], share: float) -> float | None:
    """The smallest value that at least `share` (0 to 1) of the values do not exceed (nearest rank); None of nothing."""
    if not values:
        return None
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]


def percentiles(milliseconds: Sequence[float]) -> Percentiles:
    """The median and the 95th percentile."""
    return Percentiles(percentile(milliseconds, 0.50), percentile(milliseconds, 0.95))


def same_language(question: str, passage: str) -> bool | None:
    """Whether two BCP-47 codes name one language (regions and scripts aside); None where one is unknown."""
    first, second = (code.lower().split("-")[0] for code in (question, passage))
    if not first or not second or UNDETERMINED in (first, second):
        return None
    return first == second


def contains_answer(answers: Sequence[str], texts: Iterable[str]) -> bool | None:
    """Whether one of the expected answers stands in one of the texts, Unicode forms, case and spacing aside."""
    if not answers:
        return None
    wanted = [normalise(answer) for answer in answers]
    found = [normalise(text) for text in texts]
    return any(answer in text for answer in wanted for text in found)


def normalise(text: str) -> str:
    """NFKC, case folded, every run of whitespace one space."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def summarise(language: str, outcomes: Sequence[Outcome]) -> Summary:
    """The figures of one group of questions."""
    answerable = [outcome for outcome in outcomes if outcome.answerable]
    unanswerable = [outcome for outcome in outcomes if not outcome.answerable]
    related = [(outcome, same_language(outcome.question.language, outcome.passage_language)) for outcome in answerable]
    return Summary(
        language=language,
        questions=len(outcomes),
        recall_only=quality([outcome.recall_ranks for outcome in answerable]),
        reranked=quality([outcome.reranked_ranks for outcome in answerable]),
        same_language=_first_place([outcome for outcome, same in related if same is True]),
        cross_language=_first_place([outcome for outcome, same in related if same is False]),
        answer_contains=mean(outcome.contains for outcome in answerable if outcome.contains is not None),
        answerable=_abstained(answerable),
        unanswerable=_abstained(unanswerable),
        rerank_ms=percentiles([outcome.rerank_ms for outcome in outcomes]),
        total_ms=percentiles([outcome.total_ms for outcome in outcomes]),
    )


def _first_place(outcomes: Sequence[Outcome]) -> Share:
    return Share(len(outcomes), quality([outcome.reranked_ranks for outcome in outcomes]).r1)


def _abstained(outcomes: Sequence[Outcome]) -> Share:
    return Share(len(outcomes), mean(outcome.abstained for outcome in outcomes))


def average(summaries: Sequence[Summary], outcomes: Sequence[Outcome]) -> Summary:
    """All languages as one result.

    Rates are means over the languages, each weighing the same however many questions it has (a language without a
    question of the kind is left out); counts are sums; percentiles are taken over all questions, since a mean of
    percentiles is no percentile.
    """
    return Summary(
        language="average",
        questions=sum(summary.questions for summary in summaries),
        recall_only=_mean_quality([summary.recall_only for summary in summaries]),
        reranked=_mean_quality([summary.reranked for summary in summaries]),
        same_language=_mean_share([summary.same_language for summary in summaries]),
        cross_language=_mean_share([summary.cross_language for summary in summaries]),
        answer_contains=_mean_known(summary.answer_contains for summary in summaries),
        answerable=_mean_share([summary.answerable for summary in summaries]),
        unanswerable=_mean_share([summary.unanswerable for summary in summaries]),
        rerank_ms=percentiles([outcome.rerank_ms for outcome in outcomes]),
        total_ms=percentiles([outcome.total_ms for outcome in outcomes]),
    )


def _mean_known(values: Iterable[float | None]) -> float | None:
    return mean(value for value in values if value is not None)


def _mean_quality(qualities: Sequence[Quality]) -> Quality:
    return Quality(
        r1=_mean_known(each.r1 for each in qualities),
        r5=_mean_known(each.r5 for each in qualities),
        r50=_mean_known(each.r50 for each in qualities),
        mrr10=_mean_known(each.mrr10 for each in qualities),
        ndcg10=_mean_known(each.ndcg10 for each in qualities),
    )


def _mean_share(shares: Sequence[Share]) -> Share:
    return Share(sum(share.questions for share in shares), _mean_known(share.rate for share in shares))
