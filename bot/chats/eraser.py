"""Erases a chat from everything that holds a copy of it."""

from __future__ import annotations

import asyncio

import structlog
from sqlalchemy import Engine

from bot.assistant import Assistant
from bot.chats.store import ChatStore
from retrieval.database import truncate_log

log = structlog.get_logger()


class Eraser:
    """The assistant's memory, the tables, and the bytes in the database's files."""

    def __init__(self, engine: Engine, store: ChatStore, assistant: Assistant) -> None:
        self._engine = engine
        self._store = store
        self._assistant = assistant
        # A process that was killed may have left something.
        self._unwiped = True

    async def erase(self, id: str) -> None:
        """Erases what is known of one chat; its bytes are in the files until `wipe`."""
        questions = await asyncio.to_thread(self._store.questions, id)
        await self._assistant.forget(id, questions)
        await self._store.write(self._store.erase, id)
        self._unwiped = True

    async def wipe(self) -> None:
        """Takes what was erased out of the files, too. Where a long read is in the way the next call does."""
        if not self._unwiped:
            return
        # What is erased from here on is for the next call, as it may come too late for this one.
        self._unwiped, wiped = False, False
        try:
            wiped = await asyncio.to_thread(truncate_log, self._engine)
        finally:
            self._unwiped = self._unwiped or not wiped
        if not wiped:
            log.warning("erased_bytes_not_wiped_yet")
