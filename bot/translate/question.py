"""The question of one request in other languages, however often the request searches."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from bot.translate.translation import Phrasings, Translation


class QuestionTranslation:
    """Translates each reading of a question once, and all of them within the time of one. For one request.

    Args:
        left: seconds that the request has left.
    """

    def __init__(
        self, translation: Translation, language: str, audiences: Sequence[str], left: Callable[[], float]
    ) -> None:
        self._translation = translation
        self._language = language
        self._audiences = audiences
        self._left = left
        self._seconds = translation.question_seconds
        self._known: dict[str, Phrasings] = {}

    async def phrasings(self, text: str) -> Phrasings:
        """The text in the languages of the knowledge. Never raises."""
        if text not in self._known:
            started = time.monotonic()
            seconds = max(0.0, min(self._seconds, self._left()))
            self._known[text] = await self._translation.question(text, self._language, self._audiences, seconds)
            self._seconds -= time.monotonic() - started
        return self._known[text]
