"""HUB: Question → Answer. The only place that knows the order of the steps; every way in calls it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import replace

from cachetools import LRUCache

from bot.answer import Answer, AnswerEvent, DeltaEvent, Event, StatusEvent, new_id
from bot.answer_cache import AnswerCache
from bot.answers.generated import Shown
from bot.answers.writer import Writer, Written
from bot.conversations import Conversations
from bot.metrics import Metrics
from bot.phrases import Phrases
from bot.question import Question, checked_language, checked_text
from retrieval.languages import LanguageDetector, base_language
from retrieval.search import Search, SearchResult


class Assistant:
    """Answers questions. Used from one event loop; what takes processor time runs in threads.

    Args:
        longest: characters that a question may have.
        default_language: where nothing tells the language.
        revision: the published revision, from memory.
    """

    def __init__(
        self,
        search: Search,
        writer: Writer,
        detector: LanguageDetector,
        phrases: Phrases,
        cache: AnswerCache,
        conversations: Conversations,
        metrics: Metrics,
        *,
        longest: int,
        default_language: str,
        revision: Callable[[], int],
    ) -> None:
        self._search = search
        self._writer = writer
        self._detector = detector
        self._phrases = phrases
        self._cache = cache
        self._conversations = conversations
        self._metrics = metrics
        self._longest = longest
        self._default_language = default_language
        self._revision = revision
        self._languages: LRUCache[tuple[str, str, tuple[str, ...]], str] = LRUCache(2_000)

    def check(self, question: Question) -> str:
        """The question's text as it is worked on.

        Raises:
            QuestionRefused: when it is empty, too long, or not text.
        """
        checked_language(question.language)
        return checked_text(question.text, self._longest)

    async def answer(self, question: Question) -> Answer:
        """The whole answer.

        Raises:
            QuestionRefused: when it is empty, too long, or not text.
        """
        answer: Answer | None = None
        async with aclosing(self.stream(question)) as events:
            async for event in events:
                if isinstance(event, AnswerEvent):
                    answer = event.answer
        assert answer is not None  # `stream` ends with it.
        return answer

    async def stream(self, question: Question) -> AsyncGenerator[Event]:
        """The answer as it comes about; the last event holds it whole. Closing the iterator ends all work on it.

        Raises:
            QuestionRefused: when it is empty, too long, or not text.
        """
        started = time.perf_counter()
        text = self.check(question)
        yield StatusEvent("language")
        language = await self._language(text, question)
        timings = {"language": _milliseconds(started)}

        key = self._cache.key(text, question.audiences, language, self._revision(), question.instruction)
        known = self._cache.get(key)
        if known is not None:
            total = _milliseconds(started)
            timings |= {"cache": total - timings["language"], "total": total}
            answer = replace(known, id=new_id(), timings_ms=_rounded(timings))
            self._metrics.answered(answer.status, language, True, timings, ())
            yield DeltaEvent(answer.text)
            yield AnswerEvent(answer, cached=True)
            return

        yield StatusEvent("search")
        result = await self._find(text, language, question)
        timings |= result.timings_ms

        yield StatusEvent("answer")
        writing = time.perf_counter()
        extract = await asyncio.to_thread(self._writer.extract, result)
        written = Written("nothing")
        name = self._phrases.name(language)
        writer = self._writer.write(text, language, name, result, extract, time.perf_counter() - started)
        async with aclosing(writer) as events:
            async for event in events:
                if isinstance(event, Shown):
                    yield DeltaEvent(event.text)
                else:
                    written = event
        timings |= {**written.timings_ms, "answer": _milliseconds(writing)}
        answer = self._answer(written, language, result)
        # What was shown already stays as it is.
        pieces = () if written.shown else written.pieces or (answer.text,)
        timings["total"] = _milliseconds(started)
        answer = replace(answer, timings_ms=_rounded(timings))
        self._cache.put(replace(key, revision=result.revision), answer)
        self._metrics.answered(answer.status, language, False, timings, answer.degraded)
        self._metrics.wrote(written.kind, written.withheld)
        for piece in pieces:
            yield DeltaEvent(piece)
        yield AnswerEvent(answer, search=result, confidence=extract.confidence)

    async def search(self, question: Question) -> tuple[str, SearchResult, float]:
        """The language of a question, all that its search found, and the confidence that this answers it.

        Raises:
            QuestionRefused: when it is empty, too long, or not text.
        """
        text = self.check(question)
        language = await self._language(text, question)
        result = await self._find(text, language, question)
        extract = await asyncio.to_thread(self._writer.extract, result)
        return language, result, extract.confidence

    async def _find(self, text: str, language: str, question: Question) -> SearchResult:
        """What the asker may see of what a text finds."""
        return await self._search.find(text, question.audiences, language, question.instruction)

    def _answer(self, written: Written, language: str, result: SearchResult) -> Answer:
        phrases = ("answer.no_answer", "answer.offer_person")
        answered = written.kind != "nothing"
        return Answer(
            id=new_id(),
            status="answered" if answered else "no_answer",
            text=written.text if answered else " ".join(self._phrases.get(phrase, language) for phrase in phrases),
            language=language if answered else self._phrases.supported(language),
            translated=False,
            citations=written.citations,
            degraded=(*result.degraded, *written.degraded),
            knowledge_revision=result.revision,
            timings_ms={},
        )

    def _detected(self, text: str, held: str, browser: tuple[str, ...]) -> str:
        """The detected language; remembered, as detecting takes longer than all else about a remembered answer."""
        key = (text, held, browser)
        language = self._languages.get(key)
        if language is None:
            language = self._detector.question(text, conversation=held, browser=browser, default=self._default_language)
            self._languages[key] = language
        return language

    async def _language(self, text: str, question: Question) -> str:
        """The language to answer in; a conversation is kept in it."""
        id = question.conversation_id
        held = ""
        if id:
            known = self._conversations.language(id)
            held = await asyncio.to_thread(self._conversations.load, id) if known is None else known
        if question.language:
            language = base_language(question.language)
        else:
            language = self._detected(text, held, question.browser_languages)
        if id:
            self._conversations.remember(id, language)
        return language


def _milliseconds(since: float) -> float:
    return (time.perf_counter() - since) * 1000


def _rounded(timings: dict[str, float]) -> dict[str, float]:
    return {stage: round(value, 3) for stage, value in timings.items()}
