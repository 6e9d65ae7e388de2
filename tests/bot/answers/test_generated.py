"""Answers by a language model through the whole desk: whatever the model does, what is shown is supported."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from pathlib import Path

import pytest

from bot.answer import Answer, AnswerEvent, DeltaEvent
from bot.config import LLM, AnswerSettings
from bot.question import Question
from bot.service import Service
from tests.conftest import SmallDesk
from tests.fakes.llm import FakeLLM, Reply, prompt

REFUND = "How long does a refund take?"
GOOD = "A refund is made within five working days after the parcel has arrived [1]. The money goes back the way it came [1]."
QUOTE = "We refund within five working days after the parcel has arrived at our warehouse."


@asynccontextmanager
async def desk(small_desk: SmallDesk, folder: Path, llm: FakeLLM, **settings: float) -> AsyncIterator[Service]:
    changed = small_desk.copy(folder).settings.model_copy(
        update={
            "llm": LLM(
                base_url=llm.base_url, model="scripted", **{"first_token_seconds": 30, "timeout_seconds": 60} | settings
            ),
            "answer": AnswerSettings(kind="generated"),
        }
    )
    async with Service.open(changed) as service:
        yield service


async def streamed(service: Service, question: Question) -> tuple[list[str], Answer]:
    deltas: list[str] = []
    answer: Answer | None = None
    async for event in service.assistant.stream(question):
        if isinstance(event, DeltaEvent):
            deltas.append(event.text)
        elif isinstance(event, AnswerEvent):
            answer = event.answer
    assert answer is not None
    assert answer.text == "".join(deltas)
    return deltas, answer


async def test_a_supported_answer_is_streamed_by_the_sentence(small_desk: SmallDesk, tmp_path: Path) -> None:
    with FakeLLM(GOOD) as llm:
        async with desk(small_desk, tmp_path, llm) as service:
            deltas, answer = await streamed(service, Question(REFUND))
            again = await service.assistant.answer(Question(REFUND))
    print(deltas, answer)
    assert answer.status == "answered"
    assert len(llm.requests) == 1
    assert "cache" in again.timings_ms
