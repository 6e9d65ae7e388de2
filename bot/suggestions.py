"""Questions to begin with: those that editors wrote down in the public knowledge files."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock

from cachetools import LRUCache
from sqlalchemy import select

from bot.question import PUBLIC
from retrieval.store import Store, live
from retrieval.tables import passages, versions

LONGEST = 120  # characters


class Suggestions:
    """Looked up once a revision and language. Thread-safe; blocks.

    Args:
        revision: the published revision, from memory.
    """

    def __init__(self, store: Store, revision: Callable[[], int]) -> None:
        self._store = store
        self._revision = revision
        self._known: LRUCache[tuple[int, str], tuple[str, ...]] = LRUCache(200)
        self._lock = Lock()

    def of(self, language: str, most: int) -> tuple[str, ...]:
        """The first question of each file in the language, at most so many."""
        key = self._revision(), language
        with self._lock:
            if key not in self._known:
                self._known[key] = self._read(language)
            return self._known[key][:most]

    def _read(self, language: str) -> tuple[str, ...]:
        unexpired = versions.c.valid_until.is_(None) | (versions.c.valid_until >= self._store.today())
        spoken = (passages.c.language == language) | passages.c.language.startswith(f"{language}-", autoescape=True)
        query = (
            select(passages.c.hints)
            .join_from(versions, passages)
            .where(live(), unexpired, spoken, versions.c.audience.in_(PUBLIC), passages.c.hints != "")
            .order_by(versions.c.path, versions.c.id, passages.c.ordinal)
        )
        with self._store.engine.connect() as connection, connection.begin():
            hints = connection.execute(query.limit(200)).scalars().all()
        first = (text.splitlines()[0].strip() for text in hints if text.strip())
        return tuple(dict.fromkeys(question for question in first if 0 < len(question) <= LONGEST))[:20]
