"""HUB: Question → Answer. The only place that knows the order of the steps; every way in calls it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import replace

from cachetools import LRUCache

from bot.answer import Answer, AnswerEvent, DeltaEvent, Event, StatusEvent, new_id
from bot.answer_cache import AnswerCache
from bot.answers.extractive import Extractive
from bot.answers.grounding import grounded
from bot.answers.values import Draft, pieces
from bot.conversations import Conversations
from bot.metrics import Metrics
from bot.phrases import Phrases
from bot.question import Question, checked_language, checked_text
from retrieval.languages import LanguageDetector, base_language
from retrieval.search import Search, SearchResult


class Assistant:
    """Answers questions. Used from one event loop; what takes processor time runs in threads.

    Args:
        threshold: confidence below which the desk says that it does not know.
        longest: characters that a question may have.
        default_language: where nothing tells the language.
        revision: the published revision, from memory.
    """

    def __init__(
        self,
        search: Search,
        writer: Extractive,
        detector: LanguageDetector,
        phrases: Phrases,
        cache: AnswerCache,
        conversations: Conversations,
        metrics: Metrics,
        *,
        threshold: float,
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
        self._threshold = threshold
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
        async for event in self.stream(question):
            if isinstance(event, AnswerEvent):
                answer = event.answer
        assert answer is not None  # `stream` ends with it.
        return answer

    async def stream(self, question: Question) -> AsyncIterator[Event]:
        """The answer as it comes about; the last event holds it whole.

        Raises:
            QuestionRefused: when it is empty, too long, or not text.
        """
        started = time.perf_counter()
        text = self.check(question)
        yield StatusEvent("language")
        language = await self._language(text, question)
        timings = {"language": _milliseconds(started)}

        key = self._cache.key(text, question.audiences, language, self._revision())
        known = self._cache.get(key)
        if known is not None:
            total = _milliseconds(started)
            timings |= {"cache": total - timings["language"], "total": total}
            answer = replace(
                known, id=new_id(), timings_ms={stage: round(value, 3) for stage, value in timings.items()}
            )
            self._metrics.answered(answer.status, language, True, timings, ())
            yield DeltaEvent(answer.text)
            yield AnswerEvent(answer, cached=True)
            return

        yield StatusEvent("search")
        result = await self._search.find(text, question.audiences, language=language)
        timings |= result.timings_ms

        yield StatusEvent("answer")
        writing = time.perf_counter()
        draft, confidence = await asyncio.to_thread(self._write, result)
        timings |= {"answer": _milliseconds(writing), "total": _milliseconds(started)}
        answer = self._answer(draft, language, result, timings)
        self._cache.put(replace(key, revision=result.revision), answer)
        self._metrics.answered(answer.status, language, False, timings, answer.degraded)
        for piece in pieces(draft.sentences) if draft else [answer.text]:
            yield DeltaEvent(piece)
        yield AnswerEvent(answer, search=result, confidence=confidence)

    async def search(self, question: Question) -> tuple[str, SearchResult, float]:
        """The language of a question, all that its search found, and the confidence that this answers it.

        Raises:
            QuestionRefused: when it is empty, too long, or not text.
        """
        text = self.check(question)
        language = await self._language(text, question)
        result = await self._search.find(text, question.audiences, language=language)
        _, confidence = await asyncio.to_thread(self._write, result)
        return language, result, confidence

    def _write(self, result: SearchResult) -> tuple[Draft | None, float]:
        """What may be shown, None where that is nothing; and the confidence in what was written."""
        draft = self._writer.write(result)
        if not draft.sentences or draft.confidence < self._threshold:
            return None, draft.confidence
        return grounded(draft, [ranked.passage for ranked in result.ranked]), draft.confidence

    def _answer(self, draft: Draft | None, language: str, result: SearchResult, timings: dict[str, float]) -> Answer:
        phrases = ("answer.no_answer", "answer.offer_person")
        return Answer(
            id=new_id(),
            status="answered" if draft else "no_answer",
            text=draft.text if draft else " ".join(self._phrases.get(phrase, language) for phrase in phrases),
            language=language if draft else self._phrases.supported(language),
            translated=False,
            citations=draft.citations if draft else (),
            degraded=result.degraded,
            knowledge_revision=result.revision,
            timings_ms={stage: round(value, 3) for stage, value in timings.items()},
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
