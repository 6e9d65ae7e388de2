"""Questions to begin with: those that editors wrote down in the public knowledge files."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from threading import Lock

from sqlalchemy import select

from bot.question import PUBLIC
from retrieval.store import Store, live
from retrieval.tables import passages, versions

LONGEST = 120  # characters
MOST = 20  # of a language


class Suggestions:
    """Looked up once a revision, whatever languages are asked for. Thread-safe; blocks.

    Args:
        revision: the published revision, from memory.
    """

    def __init__(self, store: Store, revision: Callable[[], int]) -> None:
        self._store = store
        self._revision = revision
        self._known: tuple[int, Mapping[str, list[str]]] | None = None
        self._lock = Lock()

    def of(self, language: str, most: int) -> tuple[str, ...]:
        """The first question of each file in the language, at most so many."""
        revision = self._revision()
        with self._lock:
            if self._known is None or self._known[0] != revision:
                self._known = revision, self._read()
            return tuple(self._known[1].get(language, ())[:most])

    def _read(self) -> Mapping[str, list[str]]:
        """The questions of each language; those of pt-BR are also of pt."""
        unexpired = versions.c.valid_until.is_(None) | (versions.c.valid_until >= self._store.today())
        query = (
            select(passages.c.language, passages.c.hints)
            .join_from(versions, passages)
            .where(live(), unexpired, versions.c.audience.in_(PUBLIC), passages.c.hints != "")
            .order_by(versions.c.path, versions.c.id, passages.c.ordinal)
        )
        found: dict[str, list[str]] = {}
        with self._store.engine.connect() as connection, connection.begin():
            for code, hints in connection.execute(query):
                question = hints.strip().partition("\n")[0].strip()
                for language in {code, code.split("-")[0]}:
                    known = found.setdefault(language, [])
                    if 0 < len(question) <= LONGEST and len(known) < MOST and question not in known:
                        known.append(question)
        return found
