"""Runs `polydesk eval`: indexes a folder apart from the desk's knowledge and asks it every question of some files.

The questions go the way of every question, through `Assistant.stream`: there is no second pipeline to measure.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from bot.answer import AnswerEvent
from bot.assistant import Assistant
from bot.config import Settings
from bot.evaluation_result import Evaluation, evaluated
from bot.question import Question, QuestionRefused
from bot.service import Service
from bot.translate.argos_library import FOLDER
from retrieval.encoder.projection import PROJECTIONS
from retrieval.evaluate import Outcome, contains_answer, gold_ranks
from retrieval.question_files import EvaluationQuestion, QuestionFileError, read_questions
from retrieval.store import Store

AT_ONCE = 2
"""Questions worked on at a time: enough to keep two cores at work, few enough that times are those of a calm desk."""
_READ_AT_ONCE = 900

IngestProgress = Callable[[dict[str, Any]], None]
AskProgress = Callable[[int, int], None]


def evaluation_settings(settings: Settings, knowledge: Path) -> Settings:
    """The desk's settings, for this knowledge alone.

    State lies in a folder named after the knowledge's path, under the desk's own: asking the same knowledge again
    reads only what changed since, and the desk itself may be running meanwhile.
    """
    name = hashlib.blake2b(str(knowledge.resolve()).encode(), digest_size=8).hexdigest()
    return settings.model_copy(
        update={
            "data_dir": settings.data_dir / "evaluation" / name,
            "knowledge": settings.knowledge.model_copy(update={"roots": (knowledge.resolve(),), "watch": False}),
            # A remembered answer has no search to measure.
            "cache": settings.cache.model_copy(update={"size": 0}),
        }
    )


def read_all(queries: Sequence[Path], limit: int | None) -> list[EvaluationQuestion]:
    """The questions of all files, at most `limit` of each.

    Raises:
        QuestionFileError: a file is broken or empty.
    """
    return [question for path in queries for question in read_questions(path, limit)]


async def evaluate(
    settings: Settings,
    knowledge: Path,
    queries: Sequence[Path],
    limit: int | None = None,
    *,
    ingesting: IngestProgress = lambda values: None,
    asking: AskProgress = lambda done, total: None,
) -> Evaluation:
    """Indexes the knowledge and asks every question.

    Args:
        settings: of the desk that is to be measured.
        limit: questions of each file.
        ingesting, asking: called with each step.

    Raises:
        QuestionFileError: a question file is broken, or holds a question that the desk refuses.
        PolydeskError: the knowledge cannot be indexed.
    """
    questions = read_all(queries, limit)
    apart = evaluation_settings(settings, knowledge)
    await asyncio.to_thread(link_installed, settings.data_dir, apart.data_dir)
    async with Service.open(apart) as service:
        report = await service.ingest((), ingesting)
        evaluation = await ask_all(service, questions, asking)
    return replace(evaluation, failures=tuple(_sentence(failure) for failure in report["failures"]))


def link_installed(desk: Path, apart: Path) -> None:
    """What was installed for the desk serves its evaluation, too."""
    apart.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name in (FOLDER, PROJECTIONS):
        if (desk / name).is_dir() and not (apart / name).exists():
            (apart / name).symlink_to((desk / name).resolve(), target_is_directory=True)


def _sentence(failure: Mapping[str, Any]) -> str:
    place = f"{failure['path']}:{failure['line']}" if failure["line"] else failure["path"]
    return f"{place}: {failure['reason']}"


async def ask_all(
    service: Service, questions: Sequence[EvaluationQuestion], asking: AskProgress = lambda done, total: None
) -> Evaluation:
    """Asks an open desk every question and sums up.

    Raises:
        QuestionFileError: the desk refuses a question.
    """
    languages = await asyncio.to_thread(file_languages, service.store)
    audiences = tuple(await asyncio.to_thread(service.store.audiences))
    outcomes: list[Outcome | None] = [None] * len(questions)
    waiting = iter(enumerate(questions))
    done = 0

    async def asker(waiting: Iterator[tuple[int, EvaluationQuestion]]) -> None:
        nonlocal done
        for number, question in waiting:
            outcomes[number] = await ask(service.assistant, question, audiences, languages)
            done += 1
            asking(done, len(questions))

    async with asyncio.TaskGroup() as group:
        for _ in range(AT_ONCE):
            group.create_task(asker(waiting))
    figures = await asyncio.to_thread(service.store.figures)
    return evaluated(
        figures.files,
        figures.passages,
        service.settings.answer.threshold,
        [outcome for outcome in outcomes if outcome is not None],
    )


async def ask(
    assistant: Assistant, question: EvaluationQuestion, audiences: tuple[str, ...], languages: Mapping[str, str]
) -> Outcome:
    """Asks one question.

    Args:
        languages: by path, of every file in the index.

    Raises:
        QuestionFileError: the desk refuses the question.
    """
    last: AnswerEvent | None = None
    try:
        async for event in assistant.stream(Question(question.text, audiences)):
            if isinstance(event, AnswerEvent):
                last = event
    except QuestionRefused as error:
        raise QuestionFileError(f"Question {question.id} ({question.language}) cannot be asked: {error}") from error
    assert last is not None  # `stream` ends with it.
    assert last.search is not None  # Only a remembered answer has none, and here none is remembered.
    answer, search = last.answer, last.search
    recalled = [candidate.passage for candidate in search.candidates if candidate.origin == "recall"]
    known = [place.path for place in question.gold if place.path in languages]
    texts = (answer.text, *(citation.quote for citation in answer.citations))
    return Outcome(
        question=question,
        answerable=bool(known),
        recall_ranks=gold_ranks(recalled, question.gold),
        reranked_ranks=gold_ranks([ranked.passage for ranked in search.ranked], question.gold),
        passage_language=languages[known[0]] if known else "",
        abstained=answer.status == "no_answer",
        contains=contains_answer(question.answers, texts) if known else None,
        confidence=last.confidence,
        rerank_ms=answer.timings_ms.get("rerank", 0.0),
        total_ms=answer.timings_ms["total"],
        similarity=search.candidates[0].similarity if search.candidates else 0.0,
    )


def file_languages(store: Store) -> dict[str, str]:
    """The language of every file that is served, by path: that of its first passage, as declared or else detected."""
    found: dict[str, str] = {}
    for ids in store.live_ids().values():
        for start in range(0, len(ids), _READ_AT_ONCE):
            for stored in store.passages(ids[start : start + _READ_AT_ONCE]).values():
                found.setdefault(stored.passage.path, stored.passage.language)
    return found
