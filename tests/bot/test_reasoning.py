"""Reasoning is taken out wherever the pieces of the stream are cut."""

from __future__ import annotations

import pytest

from bot.reasoning import ReasoningFilter


def filtered(pieces: list[str]) -> tuple[str, bool]:
    reasoning = ReasoningFilter()
    text = "".join(reasoning.feed(piece) for piece in pieces) + reasoning.finish()
    return text, reasoning.stray


@pytest.mark.parametrize("size", range(1, 12))
@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("<think>\nThey ask about refunds.\n</think>\n\nFive days [1].", "\n\nFive days [1]."),
        ("One [1]. <think>Hm.</think>Two [2].", "One [1]. Two [2]."),
        ("Below 5 < 6 and </ thin, then <th", "Below 5 < 6 and </ thin, then <th"),
        ("Before <think>never ended </thin", "Before "),
        ("", ""),
    ],
)
def test_what_stands_outside_is_passed_on(written: str, shown: str, size: int) -> None:
    pieces = [written[start : start + size] for start in range(0, len(written), size)]
    assert filtered(pieces) == (shown, False)


@pytest.mark.parametrize("size", [1, 3, 100])
def test_an_end_without_a_beginning_is_told(size: int) -> None:
    written = "They ask about refunds.</think>Five days [1]."
    text, stray = filtered([written[start : start + size] for start in range(0, len(written), size)])
    assert stray
    assert text.endswith("Five days [1].")
    if size == 100:
        assert text == "Five days [1]."
