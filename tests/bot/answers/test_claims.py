from __future__ import annotations

import time

import pytest

from bot.answers.claims import read_claim


@pytest.mark.parametrize(
    ("sentence", "text", "cited"),
    [
        ("The frame has five years [1].", "The frame has five years.", (1,)),
        ("The frame has five years. [1]", "The frame has five years.", (1,)),
        ("The frame [2] has five years [1, 2][3].", "The frame has five years.", (2, 1, 3)),
        ("车架保修五年［１］。", "车架保修五年。", (1,)),
        ("ضمان الإطار خمس سنوات [١، ٢].", "ضمان الإطار خمس سنوات.", (1, 2)),
        ("- **Open** the `menu` [1]", "Open the menu", (1,)),
        ("3. Open the menu [1]", "Open the menu", (1,)),
        ("3. Oktober ist Feiertag [1].", "3. Oktober ist Feiertag.", (1,)),
        ("Im frühen 18. Jahrhundert - so heißt es [1].", "Im frühen 18. Jahrhundert - so heißt es.", (1,)),
        ("30) days are given [1].", "30) days are given.", (1,)),
        ("Press [Esc] to leave [1].", "Press [Esc] to leave.", (1,)),
        ("Here is how:", "Here is how:", ()),
    ],
)
def test_a_sentence_is_taken_apart(sentence: str, text: str, cited: tuple[int, ...]) -> None:
    claim = read_claim(sentence)
    assert (claim.text, claim.cited, claim.broken) == (text, cited, False)


@pytest.mark.parametrize("marker", ["[1-3]", "[1†source]", "[passage 1]", "[^1]", "[n]", "[Source: 2]", "[1 [2]]"])
def test_what_looks_like_a_marker_and_is_none(marker: str) -> None:
    assert read_claim(f"The frame has five years {marker}.").broken


def test_quotes_are_found_in_the_marks_of_many_languages() -> None:
    claim = read_claim('Choose „Neue Liste“, “new list”, «новый список», 「新規」 or "the list" [1].')
    assert claim.quoted == ("Neue Liste", "new list", "новый список", "新規", "the list")


@pytest.mark.parametrize(
    "part", [" ", "\n", "„", "“", "«", "»", "「", "『", '" ', "[", "[1, ", "[1] ", "[doc_1", "_", "*", "- ", "[1\u00a0"]
)
def test_a_longer_sentence_takes_longer_by_its_length_and_no_more(part: str) -> None:
    """Sixteen times the length: some sixteen times the work, where the square would be 256 times."""

    def seconds(times: int) -> float:
        sentence = "a" + part * times + "b [1]."
        found = []
        for _ in range(5):
            started = time.process_time()
            read_claim(sentence)
            found.append(time.process_time() - started)
        return min(found)

    assert seconds(8_000) < 64 * seconds(500)


def test_a_quotation_in_a_quotation_is_found() -> None:
    assert read_claim("It is called „the „new“ list“ [1].").quoted == ("new",)
    assert read_claim("a" + " " * 4_000 + "b   [1].").shown == "a b."
