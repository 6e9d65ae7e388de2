"""Does the desk know when it does not know? A fifth of the knowledge is taken away and its questions are asked anyway.

Of `--paragraphs` DIR (XQuAD: knowledge/*, queries.LANG.jsonl) every fifth file in the order of names is left out: those
at 0-based places 4, 9, 14, … Its questions are the hard unanswerable ones: their subject is known, their answer is not.
The questions of `--queries`, where given, are about something else altogether. `--limit` takes so many questions a
file, evenly spread over it.
"""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path

from benchmarks.options import Options
from benchmarks.result import Cell, Result
from bot.config import Settings
from bot.evaluation import ask_all, evaluation_settings
from bot.evaluation_result import Evaluation
from bot.service import Service
from retrieval.abstention import OperatingPoint, abstention_curve, at_wrongly_refused, operating_point, thinned
from retrieval.evaluate import Outcome
from retrieval.question_files import EvaluationQuestion, read_questions

EVERY, LEFT_OUT = 5, 4
WRONGLY_REFUSED = 0.05
Signal = Callable[[Outcome], float]


def run(options: Options) -> Result:
    """Asks everything and reports what the shipped threshold, and one at 5 % wrongly refused, refuse."""
    source = options.need_paragraphs()
    questions = _sampled(sorted(source.glob("queries.*.jsonl")), options.limit)
    elsewhere = _sampled(options.queries, options.limit)
    with options.folder("abstention") as folder:
        knowledge = reduced_copy(source / "knowledge", folder / "knowledge")
        evaluations = asyncio.run(_ask(folder, knowledge, [questions, elsewhere]))
    own, other = (evaluation.outcomes for evaluation in evaluations)
    threshold = evaluations[0].threshold
    confidences, cosines = _Split(own, other, _confidence), _Split(own, other, _cosine)
    return Result(
        title="Abstention",
        baseline="a threshold on the cosine of the best passage, at the same share wrongly refused.",
        setting={
            "files": evaluations[0].files,
            "answerable": len(confidences.answerable),
            "unanswerable": len(confidences.unanswerable),
            "of another domain": len(confidences.elsewhere),
        },
        columns=("", "threshold", "wrongly refused", "unanswerable refused", "another domain refused"),
        rows=(
            confidences.row("shipped threshold", threshold),
            confidences.row_at("at 5 % wrongly refused", WRONGLY_REFUSED),
            cosines.row_at("baseline: cosine at 5 %", WRONGLY_REFUSED),
            *(_language_row(language, own, other) for language in dict.fromkeys(_language(each) for each in own)),
        ),
        details={"curve": [asdict(point) for point in thinned(confidences.curve()) if point.threshold <= 1]},
    )


def reduced_copy(source: Path, target: Path) -> Path:
    """Copies the files of a folder but every fifth, anew each time; returns the copy."""
    shutil.rmtree(target, ignore_errors=True)
    files = sorted(path for path in source.rglob("*") if path.is_file())
    for place, path in enumerate(files):
        if place % EVERY != LEFT_OUT:
            copied = target / path.relative_to(source)
            copied.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, copied)
    return target


def _sampled(files: Sequence[Path], limit: int | None) -> list[EvaluationQuestion]:
    sampled: list[EvaluationQuestion] = []
    for file in files:
        found = read_questions(file)
        sampled += found[:: max(1, len(found) // limit)][:limit] if limit else found
    return sampled


class _Split:
    """The values of one signal by kind of question."""

    def __init__(self, own: Sequence[Outcome], other: Sequence[Outcome], signal: Signal) -> None:
        self.answerable = [signal(outcome) for outcome in own if outcome.answerable]
        self.unanswerable = [signal(outcome) for outcome in own if not outcome.answerable]
        self.elsewhere = [signal(outcome) for outcome in other if not outcome.answerable]

    def curve(self) -> list[OperatingPoint]:
        return abstention_curve(self.answerable, self.unanswerable)

    def row(self, name: str, threshold: float) -> tuple[Cell, ...]:
        refused = [
            operating_point(values, (), threshold).wrongly_refused if values else None
            for values in (self.answerable, self.unanswerable, self.elsewhere)
        ]
        return name, threshold, *refused

    def row_at(self, name: str, wrongly_refused: float) -> tuple[Cell, ...]:
        point = at_wrongly_refused(self.curve(), wrongly_refused)
        return self.row(name, point.threshold) if point else (name, None, None, None, None)


async def _ask(folder: Path, knowledge: Path, sets: Sequence[Sequence[EvaluationQuestion]]) -> list[Evaluation]:
    settings = Settings().model_copy(update={"data_dir": folder / "data"})
    async with Service.open(evaluation_settings(settings, knowledge)) as service:
        await service.ingest((), lambda values: None)
        return [await ask_all(service, questions) for questions in sets]


def _language_row(language: str, own: Sequence[Outcome], other: Sequence[Outcome]) -> tuple[Cell, ...]:
    of_language = [[each for each in outcomes if _language(each) == language] for outcomes in (own, other)]
    return _Split(of_language[0], of_language[1], _confidence).row_at(f"{language}, at 5 %", WRONGLY_REFUSED)


def _language(outcome: Outcome) -> str:
    return outcome.question.language


def _confidence(outcome: Outcome) -> float:
    return outcome.confidence


def _cosine(outcome: Outcome) -> float:
    return outcome.similarity
