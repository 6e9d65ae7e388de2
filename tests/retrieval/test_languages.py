from __future__ import annotations

import json
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from retrieval.languages import LanguageDetector, base_language

QUESTIONS = Path(__file__).parents[1] / "data" / "language_questions.jsonl"
CONFIGURED = ("en", "es", "de", "fr", "pt-BR", "it", "ru", "zh-Hans", "ja", "ko", "ar", "hi", "tr", "vi")


@pytest.fixture(scope="module")
def detector() -> LanguageDetector:
    return LanguageDetector(CONFIGURED)


def rows(*kinds: str) -> list[dict[str, Any]]:
    found = [json.loads(line) for line in QUESTIONS.read_text(encoding="utf-8").splitlines()]
    return [row for row in found if row["kind"] in kinds]


def ask(detector: LanguageDetector, row: dict[str, Any]) -> str:
    context = {key: row[key] for key in ("conversation", "browser", "default") if key in row}
    return detector.question(row["text"], **context)


def test_questions_without_context(detector: LanguageDetector) -> None:
    plain = rows("plain")
    wrong = [(row["text"], row["language"], got) for row in plain if (got := ask(detector, row)) != row["language"]]
    assert len(plain) >= 150
    assert len(Counter(row["language"] for row in plain)) >= 16
    assert len(wrong) <= 0.05 * len(plain), wrong


@pytest.mark.parametrize("row", rows("short", "browser", "default"), ids=lambda row: repr(row["text"]))
def test_short_texts_follow_their_context(detector: LanguageDetector, row: dict[str, Any]) -> None:
    assert ask(detector, row) == row["language"]


@pytest.mark.parametrize("row", rows("flip"), ids=lambda row: row["text"])
def test_a_whole_sentence_changes_the_conversation(detector: LanguageDetector, row: dict[str, Any]) -> None:
    assert ask(detector, row) == row["language"]


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("My MacBook Pro 无法开机怎么办", "zh"),
        ("Was bedeutet `git push --force origin main` genau?", "de"),
        ("How do I type 你好 on this keyboard?", "en"),
        ("/var/log/polydesk/desk.log ist zu groß, was tun?", "de"),
        ("ошибка ConnectionResetError в main.py", "ru"),
        ("WIE KANN ICH MEIN PASSWORT ÄNDERN", "de"),
        ("\ud800 wie kann ich das \udfff ändern", "de"),
        ("wie kann ich das ändern " * 5_000, "de"),
    ],
)
def test_mixed_and_hostile_texts(detector: LanguageDetector, text: str, language: str) -> None:
    assert detector.question(text) == language


def test_a_desk_of_few_languages_still_knows_others() -> None:
    detector = LanguageDetector(["en"])
    assert detector.question("Wie lange dauert der Versand nach Österreich?") == "de"
    assert detector.question("Jak mogę zwrócić rower do sklepu?") == "pl"


def test_passages(detector: LanguageDetector) -> None:
    assert detector.passage("Die Garantie auf den Rahmen beträgt fünf Jahre ab dem Kauf.") == "de"
    assert detector.passage("保証期間はお買い上げの日から二年です。") == "ja"
    assert detector.passage("E07\n4711\n") == ""
    assert detector.passage("") == ""


def test_detection_is_the_same_in_every_thread(detector: LanguageDetector) -> None:
    plain = rows("plain")
    alone = [ask(detector, row) for row in plain]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(lambda row: ask(detector, row), plain * 4)) == alone * 4


@pytest.mark.parametrize(
    ("code", "base"), [("pt-BR", "pt"), ("zh_Hant_TW", "zh"), ("nb-NO", "no"), ("iw", "he"), (" EN ", "en"), ("", "")]
)
def test_base_language(code: str, base: str) -> None:
    assert base_language(code) == base
