from __future__ import annotations

import numpy as np

from bot.answers.evidence import Parts
from bot.answers.selection import Limits, select
from bot.answers.units import Unit, UnitKind

LIMITS = Limits(units=3, tokens=100, whole=0)


def made(*rows: tuple[UnitKind, float, int, int | None]) -> Parts:
    """Parts from kind, score, tokens and lead of each unit."""
    kinds, scores, tokens, leads = zip(*rows, strict=True)
    own = tuple(Unit(10 * n, 10 * n + 9, kind, lead) for n, (kind, lead) in enumerate(zip(kinds, leads, strict=True)))
    return Parts(own, tokens, np.asarray(scores, np.float32))


def sentences(*scores: float, tokens: int = 20) -> Parts:
    return made(*(("sentence", score, tokens, None) for score in scores))


def test_the_best_and_what_is_nearly_as_good_in_the_order_of_the_text() -> None:
    assert select(sentences(0.7, 0.1, 0.2, 0.9, 0.3), LIMITS) == [0, 3]


def test_no_more_units_than_allowed() -> None:
    assert select(sentences(0.8, 0.8, 0.8, 0.9, 0.8), LIMITS) == [0, 1, 3]


def test_a_quote_stays_within_its_tokens() -> None:
    assert select(sentences(0.9, 0.1, 0.1, 0.1, 0.1, 0.88), LIMITS) == [0]
    assert select(sentences(0.9, 0.1, 0.1, 0.1, 0.88, 0.87), LIMITS) == [0, 4]


def test_one_unit_longer_than_the_limit_is_still_taken() -> None:
    assert select(sentences(0.2, 0.9, tokens=300), LIMITS) == [1]


def test_a_unit_with_the_very_code_goes_before_a_better_one() -> None:
    rows = made(("row", 0.5, 20, None), ("row", 0.8, 20, None), ("row", 0.2, 20, None))
    assert select(rows, Limits(units=1, tokens=100, whole=0), exact=[0]) == [0]
    assert select(rows, LIMITS, exact=[0]) == [0, 1]


def test_a_short_passage_is_quoted_whole() -> None:
    assert select(sentences(0.9, 0.1, 0.1), Limits(units=1, tokens=100, whole=60)) == [0, 1, 2]


def test_a_few_words_bring_their_neighbour() -> None:
    short = made(("sentence", 0.1, 30, None), ("sentence", 0.9, 2, None), ("sentence", 0.1, 30, None))
    assert select(short, LIMITS) == [1, 2]
    last = made(("sentence", 0.1, 30, None), ("sentence", 0.9, 2, None))
    assert select(last, LIMITS) == [0, 1]


def test_a_row_brings_its_header_and_leaves_the_rows_between() -> None:
    table = made(("header", 0.5, 9, None), ("row", 0.5, 9, 0), ("row", 0.5, 9, 0), ("row", 0.9, 9, 0))
    assert select(table, LIMITS) == [0, 3]


def test_a_row_brings_its_header_however_far_it_is_and_then_rows_between_are_within_the_quote() -> None:
    table = made(("header", 0.5, 9, None), ("row", 0.5, 9, 0), ("row", 0.85, 9, 0), ("row", 0.9, 9, 0))
    assert select(table, Limits(units=3, tokens=20, whole=0)) == [0, 2, 3]
    assert select(table, Limits(units=1, tokens=20, whole=0)) == [0, 3]


def test_steps_bring_their_introduction() -> None:
    steps = made(("sentence", 0.2, 9, None), ("sentence", 0.95, 9, None), ("steps", 0.9, 45, 1))
    assert select(steps, LIMITS) == [1, 2]
    assert select(steps, Limits(units=1, tokens=50, whole=0)) == [2]


def test_a_heading_is_shown_only_with_what_stands_under_it() -> None:
    joined = made(("sentence", 0.2, 20, None), ("heading", 0.95, 2, None), ("sentence", 0.9, 20, 1))
    assert select(joined, LIMITS) == [1, 2]
    assert select(made(("heading", 0.9, 2, None)), LIMITS) == [0]


def test_nothing_from_nothing() -> None:
    assert select(Parts((), (), np.empty(0, np.float32)), LIMITS) == []
