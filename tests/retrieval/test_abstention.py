"""The abstention curve against points worked out by hand."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from retrieval.abstention import abstention_curve, at_wrongly_refused, operating_point, thinned

SHARES = st.lists(st.floats(0, 1), min_size=1, max_size=40)


def test_a_threshold_refuses_what_lies_below_it() -> None:
    point = operating_point([0.2, 0.6, 0.8, 0.9], [0.1, 0.6], threshold=0.6)
    assert (point.wrongly_refused, point.rightly_refused) == (0.25, 0.5)


def test_the_curve_runs_from_refusing_nothing_to_refusing_all() -> None:
    curve = abstention_curve([0.9, 0.5], [0.1])
    assert (curve[0].wrongly_refused, curve[0].rightly_refused) == (0, 0)
    assert (curve[-1].wrongly_refused, curve[-1].rightly_refused) == (1, 1)


def test_the_point_at_five_percent_is_the_best_that_is_allowed() -> None:
    answerable = [index / 100 for index in range(100)]
    curve = abstention_curve(answerable, [0.01, 0.04, 0.9])
    point = at_wrongly_refused(curve, 0.05)
    assert point is not None
    assert point.wrongly_refused <= 0.05
    assert point.rightly_refused == 2 / 3


def test_without_both_kinds_there_is_no_curve() -> None:
    assert abstention_curve([], [0.5]) == abstention_curve([0.5], []) == []
    assert at_wrongly_refused([], 0.05) is None


@given(SHARES, SHARES)
def test_both_shares_rise_with_the_threshold(answerable: list[float], unanswerable: list[float]) -> None:
    curve = abstention_curve(answerable, unanswerable)
    for earlier, later in itertools.pairwise(curve):
        assert earlier.wrongly_refused <= later.wrongly_refused
        assert earlier.rightly_refused <= later.rightly_refused


def test_a_thinned_curve_keeps_its_ends() -> None:
    curve = abstention_curve([index / 1000 for index in range(1000)], [0.5])
    thin = thinned(curve, 20)
    assert len(thin) == 20
    assert (thin[0], thin[-1]) == (curve[0], curve[-1])
