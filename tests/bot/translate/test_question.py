"""The question of a request: translated once, however often the request searches, within one time."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from bot.translate.question import QuestionTranslation
from bot.translate.translation import Phrasings, Translation
from retrieval.languages import LanguageDetector
from tests.fakes.translator import FakeTranslator


class Slow(Translation):
    """Takes a while for each question, and notes how long it was given."""

    def __init__(self, detector: LanguageDetector, takes: float, question_seconds: float) -> None:
        engine = FakeTranslator(str)
        super().__init__(
            engine, detector, lambda _: {}, questions=True, answers=True, question_seconds=question_seconds
        )
        self.takes = takes
        self.given: list[float] = []

    async def question(
        self, text: str, language: str, audiences: Sequence[str], seconds: float | None = None
    ) -> Phrasings:
        assert seconds is not None
        self.given.append(seconds)
        await asyncio.sleep(self.takes)
        return Phrasings((text.upper(),), degraded=True)


async def test_a_text_is_translated_once_also_where_that_failed(detector: LanguageDetector) -> None:
    slow = Slow(detector, 0.0, 1.0)
    question = QuestionTranslation(slow, "es", ("public",), lambda: 9.0)
    for _ in range(2):
        assert await question.phrasings("where") == Phrasings(("WHERE",), degraded=True)
    assert slow.given == [1.0]


async def test_all_searches_have_the_time_of_one(detector: LanguageDetector) -> None:
    slow = Slow(detector, 0.2, 0.1)
    question = QuestionTranslation(slow, "es", ("public",), lambda: 9.0)
    await question.phrasings("where")
    await question.phrasings("where is it")
    assert slow.given == [0.1, 0.0]


async def test_no_longer_than_the_request_has_left(detector: LanguageDetector) -> None:
    slow, left = Slow(detector, 0.0, 1.0), [0.5, -2.0]
    question = QuestionTranslation(slow, "es", ("public",), lambda: left.pop(0))
    await question.phrasings("where")
    await question.phrasings("where is it")
    assert slow.given == [0.5, 0.0]
