from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.cleaning import clean, one_line


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a\u200bb\u202ec\u2066d\u00ade\ufefff\x00g\x1bh", "abcdefgh"),
        ("a\U000e0068\U000e0069b", "ab"),
        ("x\ud800y", "xy"),
        ("one\r\ntwo\rthree\u2028four", "one\ntwo\nthree\nfour"),
        ("10\u202f€\u00a0and\u3000more", "10 € and more"),
        ("e\u0301", "é"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("क्\u200dष", "क्\u200dष"),
        ("👩\u200d🔧 ❤\ufe0f", "👩\u200d🔧 ❤\ufe0f"),
        ("ad\u200cmin\u200d", "admin"),
        ("\uf0b7 item", "• item"),
    ],
)
def test_what_people_do_not_see_goes(text: str, expected: str) -> None:
    assert clean(text) == expected


@given(st.text())
def test_cleaning_again_changes_nothing(text: str) -> None:
    cleaned = clean(text)
    cleaned.encode()
    assert unicodedata.is_normalized("NFC", cleaned)
    assert clean(cleaned) == cleaned


def test_one_line() -> None:
    assert one_line("  a\n\t b  ") == "a b"
    assert one_line("电池\n保修 two\nyears") == "电池保修 two years"
