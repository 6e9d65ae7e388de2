"""Remembers answers: same question, audiences, language, settings and knowledge revision, same answer."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from cachetools import TTLCache

from bot.answer import Answer
from bot.question import normalised


@dataclass(frozen=True, slots=True)
class CacheKey:
    """All that an answer depends on."""

    question: str
    audiences: tuple[str, ...]
    language: str
    fingerprint: str
    revision: int
    instruction: str = ""


class AnswerCache:
    """A bounded memory of answers; the least recently used go first, and each goes after a while.

    Used from the event loop only, so it needs no lock.
    """

    def __init__(
        self, size: int, seconds: float, fingerprint: str, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._answers: TTLCache[CacheKey, Answer] = TTLCache(max(size, 1), seconds, timer=clock)
        self._fingerprint = fingerprint
        self._enabled = size > 0

    def key(
        self, text: str, audiences: tuple[str, ...], language: str, revision: int, instruction: str = ""
    ) -> CacheKey:
        """The key of a question as asked now."""
        return CacheKey(
            normalised(text), tuple(sorted(set(audiences))), language, self._fingerprint, revision, instruction
        )

    def get(self, key: CacheKey) -> Answer | None:
        return self._answers.get(key)

    def put(self, key: CacheKey, answer: Answer) -> None:
        """Keeps an answer unless it is degraded or was made at another revision than the key says."""
        if self._enabled and not answer.degraded and answer.knowledge_revision == key.revision:
            self._answers[key] = answer

    def forget(self, texts: Iterable[str]) -> None:
        """Drops what answers these questions, of whomever and at whatever revision."""
        questions = {normalised(text) for text in texts}
        for key in [key for key in self._answers if key.question in questions]:
            self._answers.pop(key, None)

    def __len__(self) -> int:
        return len(self._answers)
