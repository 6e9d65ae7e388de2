"""Reads a question with the conversation it stands in, where it is not understood alone ("and in Germany?").

With a language model the question is said anew. Without one, the conversation's topic is put before it and the reading
is taken whose passage matches the question's own words clearly better; no list of words and so no language is needed.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace

import structlog

from bot.answers.writer import Extract, Writer
from bot.conversations import Turn
from bot.rewriting import Rewriter
from retrieval.errors import UpstreamError
from retrieval.search import SearchResult

# A longer question says what it is about. Measured in letters; one of a script that writes words with one or two of
# them counts three times.
SHORT = 60
# Confidence from which a question is understood alone.
CLEAR = 0.6
# The question's own words must be matched so well with the topic before them, and so much better than without it.
# Chosen on the demo shop (docs/answers.md).
MATCHED = 0.49
BETTER = 0.045

log = structlog.get_logger()

Find = Callable[[str], Awaitable[SearchResult]]


@dataclass(frozen=True, slots=True)
class Reading:
    """A question as it was understood.

    Attributes:
        text: what was searched for.
        topic: what the conversation is about if this is answered: a question that stands alone.
        rewritten: the text, where it is not what was asked; "" otherwise.
        degraded: "llm" where the model that says questions anew failed.
    """

    text: str
    topic: str
    result: SearchResult
    extract: Extract
    rewritten: str = ""
    degraded: tuple[str, ...] = ()
    timings_ms: Mapping[str, float] = field(default_factory=dict)


class Reader:
    """Reads questions. Used from one event loop.

    Args:
        rewriter: None without a language model.
        threshold: confidence from which a question is answered.
    """

    def __init__(self, writer: Writer, rewriter: Rewriter | None, threshold: float) -> None:
        self._writer = writer
        self._rewriter = rewriter
        self._threshold = threshold

    @staticmethod
    def may_follow(text: str, turns: tuple[Turn, ...], answered: bool) -> bool:
        """Whether a question may need the conversation.

        Args:
            answered: whether it is known to be answered when asked alone.
        """
        return _topic(turns) != "" and (_length(text) <= SHORT or not answered)

    async def read(self, text: str, turns: tuple[Turn, ...], language: str, find: Find) -> Reading:
        """The question as it is understood best.

        Args:
            turns: of the conversation before the question, oldest first.
            find: searches what the asker may see.
        """
        alone = await self._searched(text, text, find)
        topic = _topic(turns)
        confidence = alone.extract.confidence
        if not topic or confidence >= CLEAR or (confidence >= self._threshold and _length(text) > SHORT):
            return alone
        if alone.result.identifiers:
            # A code or number says itself what is meant.
            return alone
        started = time.perf_counter()
        degraded: tuple[str, ...] = ()
        chosen: Reading | None = None
        if self._rewriter is not None:
            try:
                rewritten = await self._rewriter.rewrite(text, turns, language)
                if rewritten == text:
                    return _timed(alone, started)
                if rewritten is not None:
                    chosen = await self._anew(rewritten, alone, find)
            except UpstreamError as error:
                log.warning("rewriting_failed", reason=str(error))
                degraded = ("llm",)
        chosen = chosen or await self._joined(topic, text, alone, find)
        return _timed(chosen, started, degraded)

    async def _anew(self, rewritten: str, alone: Reading, find: Find) -> Reading | None:
        """The reading of a question said anew, unless it finds nothing where the question alone does."""
        anew = await self._searched(rewritten, rewritten, find, rewritten)
        found = anew.extract.confidence
        return anew if found >= min(self._threshold, alone.extract.confidence) else None

    async def _joined(self, topic: str, text: str, alone: Reading, find: Find) -> Reading:
        """The reading with the topic before the question, where that explains the question's own words better."""
        said = f"{topic} {text}"
        found = await find(said)
        result = await asyncio.to_thread(self._writer.focused, found, len(topic) + 1)
        extract = await asyncio.to_thread(self._writer.extract, result)
        if extract.draft is None or _matched(extract) < max(MATCHED, _matched(alone.extract) + BETTER):
            return alone
        return Reading(said, topic, result, extract, said)

    async def _searched(self, text: str, topic: str, find: Find, rewritten: str = "") -> Reading:
        result = await find(text)
        extract = await asyncio.to_thread(self._writer.extract, result)
        return Reading(text, topic, result, extract, rewritten)


def _matched(extract: Extract) -> float:
    """How well the first passage matches the words that were asked; the mean over their tokens, in [-1, 1]."""
    return -1.0 if extract.matches is None else float(extract.matches.mean())


def _topic(turns: tuple[Turn, ...]) -> str:
    return turns[-1].topic if turns else ""


def _length(text: str) -> int:
    return sum(3 if character >= "\u2e80" else 1 for character in text)


def _timed(reading: Reading, started: float, degraded: tuple[str, ...] = ()) -> Reading:
    milliseconds = (time.perf_counter() - started) * 1000
    return replace(reading, degraded=degraded, timings_ms={"rewrite": milliseconds})
