"""Answers by a language model: written from the passages found, shown sentence by sentence as each is checked."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from typing import Literal

from bot.answers.grounding import Grounding
from bot.answers.prompt import NO_ANSWER, answer_messages, fitting
from bot.answers.sentence_stream import SentenceStream, StreamedSentence
from bot.answers.sheet import Sheet
from bot.answers.values import Citation
from bot.llm import LanguageModel, Message
from retrieval.errors import UpstreamError
from retrieval.passages import StoredPassage
from retrieval.search import SearchResult

PASSAGES = 5
# A model that goes on saying the same never ends by itself.
_REPETITIONS = 3
# What has no end after so many characters is no sentence that anybody could be shown.
LONGEST_SENTENCE = 2_000
# A server may send a whole text in one event; no more of it than this is looked at before its sentences are taken out.
_PIECE = 200
_NOT_ANSWERED = re.compile(rf"\W*{NO_ANSWER}\W*\Z", re.IGNORECASE)

Ending = Literal["whole", "not_answered", "failed"]


@dataclass(frozen=True, slots=True)
class Shown:
    """The next piece of the answer: checked, with its markers and the white space before it."""

    text: str


@dataclass(frozen=True, slots=True)
class Ended:
    """What came of it; always last.

    Attributes:
        ending: "whole" the model wrote to its end, "not_answered" it says that the passages do not answer, "failed" it
            could not be reached, was too slow or broke off.
        citations: of what was shown.
        withheld: sentences that were not shown, by reason.
        timings_ms: "generate" until the last sentence was written, with "check" spent on checking.
        trouble: what failed, as a sentence.
    """

    ending: Ending
    citations: tuple[Citation, ...]
    withheld: Mapping[str, int]
    timings_ms: Mapping[str, float]
    trouble: str = ""


class Generated:
    """Writes answers. Used from one event loop.

    Args:
        seconds: until when an answer must have ended, checks and all.
        context_tokens: room for passages in the model's context.
        passages: given to the model at most.
    """

    def __init__(
        self,
        model: LanguageModel,
        grounding: Grounding,
        *,
        seconds: float = 4.0,
        context_tokens: int = 3_000,
        passages: int = PASSAGES,
    ) -> None:
        self._model = model
        self._grounding = grounding
        self._seconds = seconds
        self._context_tokens = context_tokens
        self._passages = passages

    async def write(
        self,
        question: str,
        language: str,
        result: SearchResult,
        *,
        name: str = "",
        scores: Mapping[int, float] | None = None,
        spent: float = 0.0,
    ) -> AsyncGenerator[Shown | Ended]:
        """The answer to a question from what its search found. Closing the iterator ends the model's work.

        Args:
            language: to answer in.
            name: of that language, or "".
            scores: how well each passage covers the question, in [0, 1], by its id.
            spent: seconds of the answer's time that are gone already.
        """
        started = time.perf_counter()
        until = asyncio.get_running_loop().time() + self._seconds - spent
        given = self._given(result)
        sheet = Sheet(given, scores or {})
        timings = {"generate": 0.0, "check": 0.0}
        ending: Ending = "whole"
        trouble = ""
        try:
            messages = answer_messages(question, [one.passage for one in given], language, name)
            async with aclosing(self._sentences(messages, self._seconds - spent)) as sentences:
                async for sentence in sentences:
                    timings["generate"] = (time.perf_counter() - started) * 1000
                    if _NOT_ANSWERED.match(sentence.text):
                        ending = "not_answered"
                        break
                    checking = time.perf_counter()
                    async with asyncio.timeout_at(until):
                        verdict = await self._grounding.check(sentence.text, given, language)
                    timings["check"] += (time.perf_counter() - checking) * 1000
                    for text in sheet.add(sentence, verdict):
                        yield Shown(text)
                    if sheet.withheld["repeated"] >= _REPETITIONS:
                        break
        except UpstreamError as error:
            ending, trouble = "failed", str(error)
        except TimeoutError:
            ending, trouble = "failed", "The sentences could not be checked in time."
        for text in sheet.finish(whole=ending != "failed"):
            yield Shown(text)
        yield Ended(ending, sheet.citations, sheet.withheld, timings, trouble)

    def _given(self, result: SearchResult) -> list[StoredPassage]:
        """The passages that the model is given, best first."""
        best = [StoredPassage(one.candidate.id, one.passage) for one in result.ranked[: self._passages]]
        return best[: fitting([one.passage for one in best], self._context_tokens)]

    async def _sentences(self, messages: tuple[Message, ...], seconds: float) -> AsyncGenerator[StreamedSentence]:
        if seconds <= 0:
            raise UpstreamError("There was no time left to ask the language model.")
        stream = SentenceStream()
        async with aclosing(self._model.stream(messages, timeout_seconds=seconds)) as pieces:
            async for piece in pieces:
                for start in range(0, len(piece), _PIECE):
                    for sentence in stream.feed(piece[start : start + _PIECE]):
                        yield sentence
                    if stream.unfinished > LONGEST_SENTENCE:
                        raise UpstreamError(
                            f"The language model at {self._model.url} failed: "
                            f"it wrote {LONGEST_SENTENCE} characters without the end of a sentence."
                        )
        for sentence in stream.finish():
            yield sentence
