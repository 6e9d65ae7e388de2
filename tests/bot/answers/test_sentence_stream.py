"""A stream becomes the same sentences however it is cut, and each is given out as soon as its end is certain."""

from __future__ import annotations

import pytest

from bot.answers import sentence_stream
from bot.answers.sentence_stream import SentenceStream

TEXTS = {
    "markers inside": (
        "We refund within 5 days [1]. The money goes back [2][3]! Is it free [1]? Yes [2].",
        ["We refund within 5 days [1].", " The money goes back [2][3]!", " Is it free [1]?", " Yes [2]."],
    ),
    "markers behind": (
        "We refund within 5 days. [1] The money goes back. [2] [3] It is free. [1]",
        ["We refund within 5 days. [1]", " The money goes back. [2] [3]", " It is free. [1]"],
    ),
    "abbreviations and dates": (
        "Es kommt am 3. Oktober, z. B. per Post [1]. Siehe S. 4 der Anleitung [2].",
        ["Es kommt am 3. Oktober, z. B. per Post [1].", " Siehe S. 4 der Anleitung [2]."],
    ),
    "a list": (
        "Do this [1]:\n\n1. Pack it [1].\n2. Send it. [1]\n- Wait [2]\nDone [2].",
        ["Do this [1]:", "\n\n1. Pack it [1].", "\n2. Send it. [1]", "\n- Wait [2]", "\nDone [2]."],
    ),
    "no spaces": (
        "返金は5日以内です[1]。お金は戻ります。[2]次の文です【3】。",
        ["返金は5日以内です[1]。", " お金は戻ります。[2]", " 次の文です【3】。"],
    ),
    "devanagari": ("वापसी 5 दिन में [1]। पैसा लौटता है। [2]", ["वापसी 5 दिन में [1]।", " पैसा लौटता है। [2]"]),
    "arabic": ("هل هو مجاني؟ نعم [1]. شكرا [2].", ["هل هو مجاني؟", " نعم [1].", " شكرا [2]."]),
    "no end": ("Five days [1]. And then", ["Five days [1].", " And then"]),
    "nothing": (" \n ", []),
}


def read(text: str, size: int) -> list[str]:
    stream = SentenceStream()
    found = [one for start in range(0, len(text), size) for one in stream.feed(text[start : start + size])]
    return [one.gap + one.text for one in (*found, *stream.finish())]


@pytest.mark.parametrize("name", TEXTS)
@pytest.mark.parametrize("size", [1, 2, 3, 5, 7, 11, 1000])
def test_the_sentences_do_not_depend_on_the_pieces(name: str, size: int) -> None:
    text, expected = TEXTS[name]
    assert read(text, size) == expected


@pytest.mark.parametrize(
    ("written", "given"),
    [
        ("Five days [1].", 1),
        ("Five days [1", 0),
        ("Five days.", 0),
        ("Five days. [1]", 0),
        ("Five days. [1] The", 0),
        ("Five days. [1] The money", 1),
        ("返金は5日です。", 0),
        ("返金は5日です。[1]次", 1),
        ("返金は5日です[1]。", 1),
        ("- Pack it [1]\n", 1),
        ("It comes on 3. Okt", 0),
    ],
)
def test_a_sentence_is_given_when_its_end_is_certain_and_not_before(written: str, given: int) -> None:
    stream = SentenceStream()
    assert sum(len(stream.feed(character)) for character in written) == given


def test_a_marker_that_comes_late_is_not_taken_for_the_next_sentences() -> None:
    stream = SentenceStream()
    given = [one.text for piece in ("Five days [1].", " [2]", " It is free [3].") for one in stream.feed(piece)]
    assert given == ["Five days [1].", "It is free [3]."]


@pytest.mark.parametrize("part", ["A. ", "e.g. ", "word ", "。[", "x"])
def test_a_sentence_without_an_end_is_not_split_anew_for_each_piece(part: str, monkeypatch: pytest.MonkeyPatch) -> None:
    split, read = sentence_stream.split_sentences, 0

    def counting(text: str) -> list[tuple[int, int]]:
        nonlocal read
        read += len(text)
        return split(text)

    monkeypatch.setattr(sentence_stream, "split_sentences", counting)
    stream = SentenceStream()
    for character in part * (2_000 // len(part)):
        stream.feed(character)
    # For each of two thousand pieces it would be two million.
    assert read < 200_000


def test_long_sentences_are_the_same_however_they_come() -> None:
    text = "".join(f"Sentence {number} says {'word ' * 150}at length [{number}].\n" for number in range(1, 4))
    assert read(text, 1) == read(text, 7) == read(text, 200) == read(text, 100_000)
    assert len(read(text, 1)) == 3


def test_runs_of_spaces_are_one_however_they_come() -> None:
    text = "Five" + " \t" * 500 + "days [1]. It is" + " " * 900 + "free [2]."
    assert read(text, 1) == read(text, 3) == read(text, 100_000) == ["Five days [1].", " It is free [2]."]


def test_what_is_unfinished_is_known() -> None:
    stream = SentenceStream()
    stream.feed("Five days [1]. It is")
    assert stream.unfinished == len(" It is")
