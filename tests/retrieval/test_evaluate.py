"""Metrics over rankings, checked against figures worked out by hand."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.evaluate import (
    Outcome,
    Percentiles,
    Share,
    average,
    contains_answer,
    gold_ranks,
    percentile,
    quality,
    same_language,
    summarise,
)
from retrieval.passages import Passage
from retrieval.question_files import EvaluationQuestion, Gold


def passage(path: str, anchor: str = "") -> Passage:
    return Passage(path, "", "", anchor, (), "text", "public")


def outcome(
    language: str = "en",
    rank: int | None = 1,
    *,
    recall: int | None = 1,
    passage_language: str = "en",
    answerable: bool = True,
    abstained: bool = False,
    contains: bool | None = None,
    total_ms: float = 10.0,
) -> Outcome:
    question = EvaluationQuestion("q", "text", language, (Gold("a.md"),))
    return Outcome(
        question,
        answerable,
        (recall,),
        (rank,),
        passage_language,
        abstained,
        contains,
        confidence=0.5,
        rerank_ms=1.0,
        total_ms=total_ms,
    )


def test_passages_of_one_file_count_once_at_their_best_rank() -> None:
    ranking = [passage("b.md", "one"), passage("b.md", "two"), passage("b.md"), passage("a.md")]
    assert gold_ranks(ranking, [Gold("a.md")]) == (2,)


def test_an_anchored_gold_is_met_only_by_its_own_section() -> None:
    ranking = [passage("a.md", "one"), passage("a.md", "one"), passage("b.md"), passage("a.md", "two")]
    assert gold_ranks(ranking, [Gold("a.md", "two")]) == (3,)
    assert gold_ranks(ranking, [Gold("a.md", "three")]) == (None,)


def test_a_plain_gold_beside_an_anchored_one_accepts_any_section_of_its_file() -> None:
    ranking = [passage("a.md", "one"), passage("b.md", "two"), passage("b.md", "one")]
    assert gold_ranks(ranking, [Gold("b.md"), Gold("b.md", "one")]) == (2, 3)


def test_quality_of_known_rankings() -> None:
    result = quality([(1,), (4,), (None,), (20,)])
    assert (result.r1, result.r5, result.r50) == (0.25, 0.5, 0.75)
    assert result.mrr10 == pytest.approx((1 + 1 / 4) / 4)
    assert result.ndcg10 == pytest.approx((1 + 1 / math.log2(5)) / 4)


def test_ndcg_counts_every_gold_and_the_rest_counts_the_first() -> None:
    result = quality([(3, 1)])
    assert result.r1 == 1.0
    assert result.ndcg10 == pytest.approx((1 + 1 / 2) / (1 + 1 / math.log2(3)))


def test_nothing_measured_is_none_and_not_zero() -> None:
    result = quality([])
    assert (result.r1, result.mrr10, result.ndcg10) == (None, None, None)


@given(st.lists(st.lists(st.none() | st.integers(1, 80), min_size=1, max_size=5).map(tuple), min_size=1, max_size=20))
def test_every_figure_is_a_share_and_recall_grows_with_the_cutoff(rankings: list[tuple[int | None, ...]]) -> None:
    result = quality(rankings)
    values = (result.r1, result.r5, result.r50, result.mrr10, result.ndcg10)
    assert all(value is not None and 0 <= value <= 1 for value in values)
    assert result.r1 <= result.r5 <= result.r50  # type: ignore[operator]


def test_percentiles_take_the_nearest_rank() -> None:
    values = [float(value) for value in range(1, 101)]
    assert (percentile(values, 0.50), percentile(values, 0.95), percentile([7.0], 0.95)) == (50.0, 95.0, 7.0)
    assert percentile([], 0.5) is None


@pytest.mark.parametrize(
    ("question", "text", "expected"),
    [("zh-CN", "zh", True), ("en", "en-US", True), ("de", "en", False), ("und", "en", None), ("en", "", None)],
)
def test_regions_make_no_other_language(question: str, text: str, expected: bool | None) -> None:
    assert same_language(question, text) is expected


@pytest.mark.parametrize(
    ("answer", "text", "expected"),
    [
        ("Ｄenver", "In DENVER, they said", True),
        ("24–10", "won 24–10 there", True),
        ("a  b", "see a\nb there", True),
        ("Straße", "die STRASSE", True),
        ("308", "136", False),
    ],
)
def test_answers_are_found_whatever_their_form(answer: str, text: str, expected: bool) -> None:
    assert contains_answer([answer], [text]) is expected


def test_a_question_without_expected_answers_is_not_judged() -> None:
    assert contains_answer([], ["anything"]) is None


def test_summary_ranks_answerable_questions_only() -> None:
    result = summarise(
        "de",
        [
            outcome("de", 1, recall=3, passage_language="en", contains=True),
            outcome("de", 2, passage_language="de-AT", contains=False, abstained=True),
            outcome("de", None, recall=None, answerable=False, abstained=True, total_ms=30.0),
        ],
    )
    assert result.questions == 3
    assert result.recall_only.r1 == result.reranked.r1 == 0.5
    assert (result.cross_language, result.same_language) == (Share(1, 1.0), Share(1, 0.0))
    assert (result.answerable, result.unanswerable) == (Share(2, 0.5), Share(1, 1.0))
    assert result.answer_contains == 0.5
    assert result.total_ms == Percentiles(10.0, 30.0)


def test_the_average_weighs_languages_alike_and_sums_counts() -> None:
    german = [outcome("de", 1) for _ in range(3)]
    hindi = [outcome("hi", 2, passage_language="hi")]
    result = average([summarise("de", german), summarise("hi", hindi)], [*german, *hindi])
    assert result.reranked.r1 == 0.5
    assert result.questions == 4
    assert result.same_language == Share(1, 0.0)
    assert result.cross_language == Share(3, 1.0)
    assert result.answer_contains is None
    assert result.unanswerable == Share(0, None)
