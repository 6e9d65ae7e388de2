"""A desk opened by a command for itself: the same answers as over HTTP, as JSON values."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from bot.question import Question
from bot.service import Service


class LocalDesk:
    """The operator's own desk."""

    def __init__(self, service: Service) -> None:
        self._service = service

    async def ask(self, text: str, language: str, audiences: Sequence[str]) -> dict[str, Any]:
        self._service.require_knowledge()
        answer = await self._service.assistant.answer(self._question(text, audiences, language))
        return answer.to_json()

    async def search(self, text: str, language: str, audiences: Sequence[str]) -> dict[str, Any]:
        self._service.require_knowledge()
        return await self._service.explain(self._question(text, audiences, language))

    def _question(self, text: str, audiences: Sequence[str], language: str) -> Question:
        return Question(text, tuple(audiences), language, instruction=self._service.settings.instruction("web"))

    async def ingest(self, roots: Sequence[Path], progress: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
        return await self._service.ingest(tuple(roots), progress)
