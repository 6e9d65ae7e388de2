"""The chats in memory: each once, however many ask for it at the same moment."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bot.chats.live_chat import MOST_MESSAGES, LiveChat
from bot.chats.store import ChatStore
from bot.chats.values import CHAT_ID, Gone, Owner

# Of chats that nobody uses at the moment; who comes back to another one gets its history from the database.
IN_MEMORY = 1_000


class Memory:
    """Used from one event loop. Where an owner is given, chats of anybody else are as if they were not there."""

    def __init__(self, store: ChatStore) -> None:
        self._store = store
        self._live: OrderedDict[str, LiveChat] = OrderedDict()
        self._loading: dict[str, asyncio.Task[None]] = {}

    def __len__(self) -> int:
        return len(self._live)

    def __contains__(self, id: str) -> bool:
        return id in self._live

    @asynccontextmanager
    async def open(self, id: str, owner: Owner | None) -> AsyncIterator[LiveChat]:
        """The chat, which stays in memory until the end of the block.

        Raises:
            Gone: it is not there.
        """
        if not CHAT_ID.match(id):
            raise Gone("There is no such chat.")
        while (live := self._live.get(id)) is None:
            loading = self._loading.get(id)
            if loading is None:
                loading = self._loading[id] = asyncio.create_task(self._load(id))
            await asyncio.shield(loading)
        if live.gone or (owner is not None and live.chat.owner != owner):
            raise Gone("There is no such chat.")
        self._live.move_to_end(id)
        live.users += 1
        try:
            yield live
        finally:
            live.users -= 1
            self._trim()

    @asynccontextmanager
    async def locked(self, id: str, owner: Owner | None) -> AsyncIterator[LiveChat]:
        """The chat, which nobody else changes until the end of the block.

        Raises:
            Gone: it is not there.
        """
        async with self.open(id, owner) as live, live.lock:
            if live.gone:
                raise Gone("There is no such chat.")
            yield live

    def drop(self, id: str) -> None:
        """Puts out of memory what was erased; whoever has it open sees that it is gone."""
        live = self._live.pop(id, None)
        if live is not None:
            live.gone = True

    def disconnect(self) -> None:
        """Ends all who listen."""
        for live in self._live.values():
            live.log.disconnect()

    async def _load(self, id: str) -> None:
        try:
            chat, messages = await asyncio.to_thread(self._store.load, id, MOST_MESSAGES)
            self._live[id] = LiveChat(chat, messages, self._store.seconds)
        finally:
            # Not in a callback, which comes a moment later: whoever then finds the chat put out of memory again would
            # wait for a task that has ended, over and over, and the whole desk with them.
            del self._loading[id]

    def _trim(self) -> None:
        surplus = len(self._live) - IN_MEMORY
        if surplus > 0:
            idle = (id for id, live in self._live.items() if not live.users and live.draft is None)
            for id in [id for id, _ in zip(idle, range(surplus), strict=False)]:
                del self._live[id]
