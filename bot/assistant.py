"""HUB: Question → Answer. The only place that knows the order of the steps; every way in calls it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Collection
from contextlib import aclosing
from dataclasses import replace
from itertools import takewhile

from cachetools import LRUCache

from bot.answer import Answer, AnswerEvent, DeltaEvent, Event, StatusEvent, new_id
from bot.answer_cache import AnswerCache
from bot.answers.generated import Shown
from bot.answers.writer import Writer, Written
from bot.conversations import Conversation, Conversations, Turn, bounded
from bot.follow_up import Reader, Reading
from bot.metrics import Metrics
from bot.phrases import Phrases
from bot.question import Question, checked_language, checked_text
from bot.translate.question import QuestionTranslation
from bot.translate.translation import Translation
from retrieval.languages import LanguageDetector, base_language
from retrieval.search import Search, SearchResult

# Seconds after a question came in which its answer is there; translation has what all else leaves of them, as it only
# adds to an answer.
ANSWER_SECONDS = 4.5


class Assistant:
    """Answers questions. Used from one event loop; what takes processor time runs in threads.

    Args:
        longest: characters that a question may have.
        default_language: where nothing tells the language.
        revision: the published revision, from memory.
        partial: whether knowledge is still being read for the first time, so that something may be missing.
        translation: None where nothing is translated.
    """

    def __init__(
        self,
        search: Search,
        reader: Reader,
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
        partial: Callable[[], bool] = lambda: False,
        translation: Translation | None = None,
    ) -> None:
        self._search = search
        self._reader = reader
        self._writer = writer
        self._detector = detector
        self._phrases = phrases
        self._cache = cache
        self._conversations = conversations
        self._metrics = metrics
        self._longest = longest
        self._default_language = default_language
        self._revision = revision
        self._partial = partial
        self._translation = translation
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
        held = await self._held(question)
        language = self._language(text, question, held)
        held = self._remembered(question, replace(held, language=language))
        timings = {"language": _milliseconds(started)}

        key = self._cache.key(text, question.audiences, language, self._revision(), question.instruction)
        known = self._cache.get(key)
        answered = known is not None and known.status == "answered"
        degraded: tuple[str, ...] = ()
        if known is None or self._reader.may_follow(text, held.turns, answered):
            yield StatusEvent("search")
            reading = await self._read(text, held, language, question, started)
            degraded = reading.degraded
            if reading.rewritten:
                known = None
        if known is not None:
            total = _milliseconds(started)
            timings |= {"cache": total - timings["language"], "total": total}
            # Whether the question was meant so could not be asked.
            answer = replace(known, id=new_id(), timings_ms=_rounded(timings), degraded=degraded)
            self._metrics.answered(answer.status, language, True, timings, degraded)
            self._add_turn(question, text, text, answer)
            yield DeltaEvent(answer.text)
            yield AnswerEvent(answer, cached=True)
            return
        result = reading.result
        timings |= {**result.timings_ms, **reading.timings_ms}

        yield StatusEvent("answer", result)
        writing = time.perf_counter()
        written = Written("nothing")
        name = self._phrases.name(language)
        spent = time.perf_counter() - started
        writer = self._writer.write(reading.text, language, name, result, reading.extract, spent)
        async with aclosing(writer) as events:
            async for event in events:
                if isinstance(event, Shown):
                    yield DeltaEvent(event.text)
                else:
                    written = event
        timings |= {**written.timings_ms, "answer": _milliseconds(writing)}
        answer = self._answer(written, language, reading)
        # What was shown already stays as it is.
        pieces = () if written.shown else written.pieces or (answer.text,)
        if self._translation is not None and self._translation.answers:
            translating = time.perf_counter()
            showing = self._translation.show(answer, pieces, language, _left(started))
            async with aclosing(showing) as shown:
                async for part in shown:
                    if isinstance(part, Answer):
                        answer = part
                    else:
                        yield DeltaEvent(part)
            pieces = ()
            timings["translate"] = timings.get("translate", 0.0) + _milliseconds(translating)
        timings["total"] = _milliseconds(started)
        answer = replace(answer, timings_ms=_rounded(timings))
        if not reading.rewritten:
            self._cache.put(replace(key, revision=result.revision), answer)
        self._add_turn(question, text, reading.topic, answer)
        self._metrics.answered(answer.status, language, False, timings, answer.degraded)
        self._metrics.wrote(written.kind, written.withheld)
        for piece in pieces:
            yield DeltaEvent(piece)
        yield AnswerEvent(answer, search=result, confidence=reading.extract.confidence, withheld=written.withheld)

    async def forget(self, conversation_id: str, texts: Collection[str]) -> None:
        """Erases a conversation, and what is remembered of the questions that were asked in it."""
        self._cache.forget(texts)
        said = {text.strip() for text in texts}
        for key in [key for key in self._languages if key[0] in said]:
            self._languages.pop(key, None)
        if self._translation is not None:
            self._translation.forget(texts)
        await asyncio.to_thread(self._conversations.forget, conversation_id)

    async def search(self, question: Question, *, again: bool = False) -> tuple[str, Reading]:
        """The language of a question, and how it was read with all that its search found. Nothing is remembered.

        Args:
            again: the question was asked in its conversation, and is read with what had been said until then.

        Raises:
            QuestionRefused: when it is empty, too long, or not text.
        """
        started = time.perf_counter()
        text = self.check(question)
        held = await self._held(question)
        language = self._language(text, question, held)
        turns = [*takewhile(lambda turn: turn.question != bounded(text), held.turns)] if again else held.turns
        return language, await self._read(text, replace(held, turns=tuple(turns)), language, question, started)

    async def _read(self, text: str, held: Conversation, language: str, question: Question, started: float) -> Reading:
        """The question as it is understood, with what it finds of what the asker may see."""
        translation: QuestionTranslation | None = None
        if self._translation is not None and self._translation.questions:
            translation = QuestionTranslation(self._translation, language, question.audiences, lambda: _left(started))

        async def find(text: str) -> SearchResult:
            lacking = ("knowledge",) if self._partial() else ()
            if translation is None:
                result = await self._search.find(text, question.audiences, language, question.instruction)
                return replace(result, degraded=(*result.degraded, *lacking))
            begun = time.perf_counter()
            said = await translation.phrasings(text)
            translating = {"translate": _milliseconds(begun)}
            result = await self._search.find(text, question.audiences, language, question.instruction, said.texts)
            if said.degraded:
                lacking = (*lacking, "translation")
            return replace(result, timings_ms=result.timings_ms | translating, degraded=(*result.degraded, *lacking))

        return await self._reader.read(text, held.turns, language, find)

    def _answer(self, written: Written, language: str, reading: Reading) -> Answer:
        phrases = ("answer.no_answer", "answer.offer_person")
        answered = written.kind != "nothing"
        return Answer(
            id=new_id(),
            status="answered" if answered else "no_answer",
            text=written.text if answered else " ".join(self._phrases.get(phrase, language) for phrase in phrases),
            language=language if answered else self._phrases.supported(language),
            translated=False,
            citations=written.citations,
            degraded=tuple(dict.fromkeys((*reading.result.degraded, *reading.degraded, *written.degraded))),
            knowledge_revision=reading.result.revision,
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

    def _language(self, text: str, question: Question, held: Conversation) -> str:
        """The language to answer in; a conversation is kept in it."""
        if question.language:
            return base_language(question.language)
        return self._detected(text, held.language, question.browser_languages)

    async def _held(self, question: Question) -> Conversation:
        """The conversation before this question."""
        id = question.conversation_id
        if not id:
            return Conversation()
        known = self._conversations.known(id)
        return await asyncio.to_thread(self._conversations.load, id) if known is None else known

    def _remembered(self, question: Question, held: Conversation) -> Conversation:
        if question.conversation_id:
            self._conversations.remember(question.conversation_id, held)
        return held

    def _add_turn(self, question: Question, text: str, topic: str, answer: Answer) -> None:
        """Notes what was asked and what answered it. What answered nothing is not what the conversation is about."""
        id = question.conversation_id
        # Another question of the same conversation may have come meanwhile, or the whole was forgotten.
        held = self._conversations.known(id) if id else None
        if held is None:
            return
        before = held.turns[-1].topic if held.turns else ""
        headings = tuple(" › ".join(citation.heading) for citation in answer.citations)
        turn = Turn(text, topic if answer.status == "answered" else before, headings)
        self._conversations.add(id, held, turn)


def _left(started: float) -> float:
    return max(0.0, started + ANSWER_SECONDS - time.perf_counter())


def _milliseconds(since: float) -> float:
    return (time.perf_counter() - since) * 1000


def _rounded(timings: dict[str, float]) -> dict[str, float]:
    return {stage: round(value, 3) for stage, value in timings.items()}
