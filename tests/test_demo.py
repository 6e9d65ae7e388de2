"""The demo shop and its questions agree with each other."""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path

import pytest

from retrieval.question_files import EvaluationQuestion, read_questions

ROOT = Path(__file__).parent.parent
KNOWLEDGE = ROOT / "knowledge"
QUESTIONS = read_questions(Path(__file__).parent / "data" / "demo_questions.jsonl")
EXPIRED = {"spring-sale.md"}


def answerable(question: EvaluationQuestion) -> bool:
    return any((KNOWLEDGE / gold.path).is_file() and gold.path not in EXPIRED for gold in question.gold)


def text_of(path: Path) -> str:
    """A file's text; of the binary formats the script's, from which they are made."""
    made = path.suffix in {".pdf", ".docx"}
    return (ROOT / "scripts" / "make_demo_files.py" if made else path).read_text(encoding="utf-8")


def test_there_are_questions_of_many_languages_and_both_kinds() -> None:
    assert len({question.id for question in QUESTIONS}) == len(QUESTIONS) >= 60
    assert len({question.language for question in QUESTIONS}) >= 12
    assert sum(not answerable(question) for question in QUESTIONS) >= 8


@pytest.mark.parametrize("question", [q for q in QUESTIONS if answerable(q)], ids=lambda q: q.id)
def test_the_gold_files_exist_and_hold_the_answer(question: EvaluationQuestion) -> None:
    assert all((KNOWLEDGE / gold.path).is_file() for gold in question.gold)
    texts = [text_of(KNOWLEDGE / gold.path) for gold in question.gold]
    assert any(answer in text for answer in question.answers for text in texts)


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda q: q.id)
def test_the_anchors_asked_for_stand_in_the_page(question: EvaluationQuestion) -> None:
    for gold in question.gold:
        if gold.anchor:
            page = (KNOWLEDGE / gold.path).read_text(encoding="utf-8")
            assert f'id="{gold.anchor}"' in page or f'name="{gold.anchor}"' in page


def test_the_expired_page_is_over() -> None:
    lines = (KNOWLEDGE / "spring-sale.md").read_text(encoding="utf-8").splitlines()
    until = next(line.split(": ")[1] for line in lines if line.startswith("valid_until"))
    assert date.fromisoformat(until) < date(2026, 11, 1)


def test_the_table_of_questions_has_two_columns_and_twenty_rows() -> None:
    with (KNOWLEDGE / "questions-and-answers.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 20
    assert all(row.keys() == {"question", "answer"} and all(row.values()) for row in rows)
