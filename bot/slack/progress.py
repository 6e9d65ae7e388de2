"""The progress card above an answer: recalled, put in order, checked."""

from __future__ import annotations

import asyncio
from types import TracebackType
from typing import Self

from bot.slack.delivery import Stream
from bot.slack.message import TaskStatus
from bot.slack.why import KEPT
from bot.slack.words import Words
from retrieval.search import SearchResult

# An answer that is there by then is shown with its card at once, in one message to Slack instead of two.
PATIENCE_SECONDS = 0.3


class Progress:
    """Shows steps; those before the answer's first words wait for these, or for a moment."""

    def __init__(self, stream: Stream, say: Words) -> None:
        self._stream = stream
        self._say = say
        self._held: dict[str, tuple[str, TaskStatus, str]] = {}
        self._showing = False
        self._timer: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._timer = asyncio.create_task(self._later())
        await self._set("search", "slack.card.search", "in_progress")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._timer is not None:
            self._timer.cancel()

    async def found(self, result: SearchResult) -> None:
        """A search has ended."""
        recalled, kept = len(result.candidates), min(KEPT, len(result.ranked))
        await self._set("search", "slack.card.search", "complete", self._say("slack.card.recalled", count=recalled))
        await self._set("order", "slack.card.order", "complete", self._say("slack.card.kept", count=kept))
        await self._set("check", "slack.card.check", "in_progress")

    async def ended(self, checked: int, *, remembered: bool) -> None:
        """The answer is there, with so many sentences checked."""
        if remembered:
            await self._set("search", "slack.card.search", "complete", self._say("slack.card.remembered"))
        details = self._say("slack.card.checked", count=checked) if checked else ""
        await self._set("check", "slack.card.check", "complete", details)
        await self.show()

    async def show(self) -> None:
        """Shows what was held back."""
        self._showing = True
        held, self._held = self._held, {}
        for id, (title, status, details) in held.items():
            await self._stream.task(id, title, status, details)

    async def _set(self, id: str, title: str, status: TaskStatus, details: str = "") -> None:
        if self._showing:
            await self._stream.task(id, self._say(title), status, details)
        else:
            self._held[id] = (self._say(title), status, details)

    async def _later(self) -> None:
        await asyncio.sleep(PATIENCE_SECONDS)
        await self.show()
