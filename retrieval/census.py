"""Which languages the knowledge is in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from threading import Lock

from cachetools import LRUCache
from sqlalchemy import Engine, func, select

from retrieval.store import live
from retrieval.tables import passages, versions


class Census:
    """Counts passages by language, once a revision. Thread-safe; blocks for the first count of a revision.

    Args:
        revision: the published revision, from memory.
    """

    def __init__(self, engine: Engine, revision: Callable[[], int]) -> None:
        self._engine = engine
        self._revision = revision
        self._counts: LRUCache[tuple[int, frozenset[str]], dict[str, int]] = LRUCache(64)
        self._lock = Lock()

    def count(self, audiences: Sequence[str]) -> dict[str, int]:
        """Passages that the audiences may see by language; those of no known language under ""."""
        key = self._revision(), frozenset(audiences)
        with self._lock:
            if key not in self._counts:
                self._counts[key] = self._counted(key[1])
            return self._counts[key]

    def _counted(self, audiences: frozenset[str]) -> dict[str, int]:
        statement = (
            select(passages.c.language, func.count())
            .join(versions)
            .where(live(), versions.c.audience.in_(audiences))
            .group_by(passages.c.language)
        )
        with self._engine.connect() as connection, connection.begin():
            return {row[0]: row[1] for row in connection.execute(statement)}
