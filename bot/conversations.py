"""Which language each conversation is held in. Nothing that was said is kept."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from cachetools import LRUCache
from sqlalchemy import Engine, delete, insert, select, update

from bot.question import QuestionRefused
from bot.tables import conversations
from retrieval.database import WRITE

NEW = "new"
KNOWN_ID = re.compile(r"[A-Za-z0-9_-]{16,64}\Z")


def conversation_id(wanted: str) -> str:
    """The id to go on with: the one given, or a new one for "new".

    Raises:
        QuestionRefused: for what was never an id.
    """
    if not wanted or KNOWN_ID.match(wanted):
        return wanted
    if wanted == NEW:
        return secrets.token_urlsafe(16)
    raise QuestionRefused("error.request_invalid")


class Conversations:
    """Reads through a small memory and writes in batches, so that no question waits for the database to be written.

    `language` and `remember` are called from the event loop; `load`, `flush` and `forget_old` block, so from a thread.
    """

    def __init__(self, engine: Engine, keep_days: int, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._engine = engine
        self._keep = timedelta(days=keep_days)
        self._now = now
        self._known: LRUCache[str, str] = LRUCache(10_000)
        self._unwritten: dict[str, tuple[str, datetime]] = {}

    def language(self, id: str) -> str | None:
        """The language held so far, "" where there is none yet, None where the database must be asked (`load`)."""
        return self._known.get(id)

    def load(self, id: str) -> str:
        """The language of a conversation from the database, or ""."""
        oldest = self._now() - self._keep
        query = select(conversations.c.language).where(conversations.c.id == id, conversations.c.seen_at >= oldest)
        with self._engine.connect() as connection, connection.begin():
            return str(connection.execute(query).scalar_one_or_none() or "")

    def remember(self, id: str, language: str) -> None:
        """Holds the conversation in this language from now on."""
        self._known[id] = language
        self._unwritten[id] = (language, self._now())

    def flush(self) -> None:
        """Writes what was remembered since the last time."""
        unwritten, self._unwritten = self._unwritten, {}
        if not unwritten:
            return
        with self._engine.connect().execution_options(**WRITE) as connection, connection.begin():
            for id, (language, seen_at) in unwritten.items():
                row = {"language": language, "seen_at": seen_at}
                if not connection.execute(update(conversations).where(conversations.c.id == id).values(row)).rowcount:
                    connection.execute(insert(conversations).values(row | {"id": id}))

    def forget_old(self) -> None:
        """Deletes conversations that were not continued for `keep_days`."""
        with self._engine.connect().execution_options(**WRITE) as connection, connection.begin():
            connection.execute(delete(conversations).where(conversations.c.seen_at < self._now() - self._keep))
