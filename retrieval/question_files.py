"""Question files: one JSON object a line, each a question with the passages that answer it.

A line is ``{"id", "text", "gold": ["path" or "path#anchor", …], "answers": ["…"], "language"}``; only ``text`` and
``gold`` are required. The language comes from a file name like ``queries.de.jsonl``, else from the line, else it is
``und`` (undetermined).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, StringConstraints, ValidationError

from retrieval.errors import PolydeskError

UNDETERMINED = "und"
_LANGUAGE_IN_NAME = re.compile(r"\.([A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*)\.jsonl$")
_Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]


class QuestionFileError(PolydeskError):
    """A question file cannot be used; the message names the file and the line."""


@dataclass(frozen=True, slots=True)
class Gold:
    """Where an answer stands. An empty anchor accepts any passage of the file."""

    path: str
    anchor: str = ""


@dataclass(frozen=True, slots=True)
class EvaluationQuestion:
    """One question of a question file.

    Attributes:
        language: of the question, BCP-47, or "und".
        gold: the places that answer it; several are alternatives.
        answers: strings of which a right answer contains at least one; empty where nobody wrote any.
    """

    id: str
    text: str
    language: str
    gold: tuple[Gold, ...]
    answers: tuple[str, ...] = ()


class _Line(BaseModel):
    """The JSON of a line. Unknown keys are let through: data sets carry fields of their own."""

    id: str | int = ""
    text: Annotated[str, StringConstraints(strip_whitespace=True)]
    gold: list[_Text]
    answers: list[_Text] = []
    language: str = ""


def language_of(path: Path) -> str:
    """The language that a file's name declares, or ""."""
    match = _LANGUAGE_IN_NAME.search(path.name)
    return match[1] if match else ""


def read_questions(path: Path, limit: int | None = None) -> list[EvaluationQuestion]:
    """The first `limit` questions of a file, or all; empty lines and empty questions are skipped.

    Raises:
        QuestionFileError: the file cannot be read, holds no question, or a line is broken.
    """
    questions: list[EvaluationQuestion] = []
    for number, line in _lines(path):
        if limit is not None and len(questions) >= limit:
            break
        question = _parse(path, number, line)
        # Made from titles, a file holds a question without text here and there: nothing is asked by it.
        if question.text:
            questions.append(question)
    if not questions:
        raise QuestionFileError(f"{path}: there is no question in this file.")
    return questions


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    try:
        with path.open("rb") as file:
            for number, raw in enumerate(file, start=1):
                try:
                    line = raw.decode("utf-8-sig" if number == 1 else "utf-8").strip()
                except UnicodeDecodeError as error:
                    raise QuestionFileError(f"{path}:{number}: the line is not UTF-8 ({error.reason}).") from error
                if line:
                    yield number, line
    except OSError as error:
        raise QuestionFileError(f"{path}: the file cannot be read ({error.strerror}).") from error


def _parse(path: Path, number: int, line: str) -> EvaluationQuestion:
    try:
        fields = _Line.model_validate(json.loads(line))
    except json.JSONDecodeError as error:
        raise QuestionFileError(f"{path}:{number}: the line is not JSON ({error.msg}).") from error
    except ValidationError as error:
        problem = error.errors()[0]
        key = ".".join(str(part) for part in problem["loc"]) or "line"
        raise QuestionFileError(f"{path}:{number}: {key}: {problem['msg']}.") from error
    return EvaluationQuestion(
        id=str(fields.id) or f"{path.name}:{number}",
        text=fields.text,
        language=language_of(path) or fields.language or UNDETERMINED,
        gold=tuple(_gold(text) for text in fields.gold),
        answers=tuple(fields.answers),
    )


def _gold(text: str) -> Gold:
    path, _, anchor = text.partition("#")
    return Gold(path.removeprefix("./"), anchor)
