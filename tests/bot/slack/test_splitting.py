"""Answers in pieces: none too long, all of it there, and cut where a reader expects it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.slack.completion import BLOCK_CHARACTERS, _planned, shown_characters
from bot.slack.splitting import characters, head, octets, pieces


@given(st.text(max_size=400), st.integers(4, 60), st.sampled_from([characters, octets]))
def test_the_pieces_are_the_text(text: str, room: int, measure: object) -> None:
    assert callable(measure)
    text = text.encode("utf-8", "replace").decode()
    found = pieces(text, room, measure)
    assert "".join(found) == text
    assert all(piece and measure(piece) <= room for piece in found)


@pytest.mark.parametrize(
    ("text", "room", "expected"),
    [
        ("It fits.", 20, "It fits."),
        ("One paragraph.\n\nAnother one.", 20, "One paragraph.\n\n"),
        ("A longer line\nand another", 18, "A longer line\n"),
        ("One sentence. Another one", 20, "One sentence. "),
        ("words without an end", 14, "words without "),
        ("返品は三十日以内です。送料は無料です。", 15, "返品は三十日以内です。"),
        ("x" * 30, 10, "x" * 10),
        ("👍🏽" * 10, 6, "👍🏽"),
        ("anything", 0, ""),
    ],
)
def test_a_piece_ends_well(text: str, room: int, expected: str) -> None:
    assert head(text, room) == expected


@given(st.integers(0, 30_000), st.integers(0, 12_000))
def test_a_plan_fits_into_messages(length: int, below: int) -> None:
    text = ("A sentence of thirty letters. " * (length // 30 + 1))[:length]
    blocks = [{"type": "section", "text": {"type": "mrkdwn", "text": "x" * below}}] if below else []
    plan = _planned(text, blocks)
    assert "".join(piece for piece, _ in plan) == text
    assert [tail for _, tail in plan if tail] == ([blocks] if blocks else [])
    for number, (piece, tail) in enumerate(plan, 1):
        assert characters(piece) <= 11_500
        assert characters(piece) + shown_characters(tail) <= BLOCK_CHARACTERS
        assert not tail or number == len(plan)
