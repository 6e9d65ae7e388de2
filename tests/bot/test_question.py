"""The checks every edge shares, and what makes two spellings one question."""

from __future__ import annotations

import pytest

from bot.question import QuestionRefused, checked_language, checked_text, normalised


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("", "error.question_empty"),
        (" \n\t\u3000", "error.question_empty"),
        ("\u200b\u200d", "error.question_empty"),
        ("x" * 101, "error.question_too_long"),
        ("a\x00b", "error.request_invalid"),
        ("half a pair \ud83d", "error.request_invalid"),
        ("\x7fELF\x02", "error.request_invalid"),
    ],
)
def test_what_cannot_be_asked_is_refused(text: str, key: str) -> None:
    with pytest.raises(QuestionRefused) as caught:
        checked_text(text, 100)
    assert caught.value.key == key


@pytest.mark.parametrize("text", ["?", "退款", "E-104", "वापसी", "line\nline\ttab\r\n", "😀"])
def test_what_can_be_asked_is_stripped(text: str) -> None:
    assert checked_text(f"  {text} ", 100) == text.strip()


@pytest.mark.parametrize("language", ["EN!", "e", "../de", "de\n"])
def test_what_is_no_language_is_refused(language: str) -> None:
    with pytest.raises(QuestionRefused):
        checked_language(language)


def test_a_language_passes() -> None:
    assert [checked_language(code) for code in ("", "de", "pt-BR", "zh-Hant")] == ["", "de", "pt-BR", "zh-Hant"]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("How long does a refund take?", "how  long does a\nREFUND take"),
        ("Ｅ－104 とは？", "e-104 とは"),
        ("STRASSE", "straße."),
        ("caf\u00e9", "cafe\u0301"),
    ],
)
def test_spellings_of_one_question_are_levelled(one: str, other: str) -> None:
    assert normalised(one) == normalised(other)


def test_different_questions_stay_different() -> None:
    assert normalised("E-104") != normalised("E-105")
    assert normalised("?") == "?"
