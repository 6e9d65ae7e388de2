"""What an open desk does every now and then: writes what it remembers, and erases what is old."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import structlog
from sqlalchemy.exc import SQLAlchemyError

from bot.chats.hub import Chats
from bot.chats.revocations import Revocations
from bot.conversations import Conversations

FLUSH_SECONDS = 5.0
# So many flushes apart, old conversations are looked for: about an hour.
FORGET_EVERY = 720

log = structlog.get_logger()


@asynccontextmanager
async def flushing(conversations: Conversations) -> AsyncIterator[None]:
    """Writes what conversations remember, every now and then and at the end."""

    async def flush_for_ever() -> None:
        for count in itertools.count(1):
            await asyncio.sleep(FLUSH_SECONDS)
            try:
                await asyncio.to_thread(conversations.flush)
                if count % FORGET_EVERY == 0:
                    await asyncio.to_thread(conversations.forget_old)
            except SQLAlchemyError as error:
                log.warning("conversations_not_written", reason=str(error))
            except Exception as error:  # A fault of the desk; the next time it may be gone.
                log.error("conversations_not_written", exc_info=error)

    task = asyncio.create_task(flush_for_ever())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        with suppress(SQLAlchemyError):
            await asyncio.to_thread(conversations.flush)


@asynccontextmanager
async def forgetting(chats: Chats, revocations: Revocations) -> AsyncIterator[None]:
    """Forgets old chats and revocations at the start and every hour, and wipes what could not be wiped at once."""

    async def forget_for_ever() -> None:
        for count in itertools.count():
            try:
                if count % FORGET_EVERY == 0:
                    await chats.forget_old()
                    await asyncio.to_thread(revocations.forget_old)
                await chats.wipe()
            except SQLAlchemyError as error:
                log.warning("chats_not_erased", reason=type(error).__name__)
            except Exception as error:  # A fault of the desk; what is old must be erased all the same, next time.
                log.error("chats_not_erased", exc_info=error)
            await asyncio.sleep(FLUSH_SECONDS)

    task = asyncio.create_task(forget_for_ever())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
