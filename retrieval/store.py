"""The store as readers see it: the knowledge at its published revision. `store_writer` changes it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from threading import Lock
from typing import Any

import numpy as np
from cachetools import LRUCache
from sqlalchemy import BindParameter, Column, ColumnElement, Connection, and_, bindparam, desc, func, or_, select

from retrieval.database import migrate, open_engine
from retrieval.encoder.base import Floats
from retrieval.errors import KnowledgeFileError
from retrieval.file_state import IdsByAudience
from retrieval.passages import Passage, StoredPassage
from retrieval.tables import failures, files, identifiers, passages, revisions, token_vectors, vectors, versions

_IDS: BindParameter[Any] = bindparam("ids", expanding=True)
_TODAY: BindParameter[Any] = bindparam("today")
_REVISION = select(func.coalesce(func.max(revisions.c.number), 0))


def live() -> ColumnElement[bool]:
    """The condition on `versions` under which a version is part of the published revision."""
    return and_(versions.c.revision_from.is_not(None), versions.c.revision_to.is_(None))


def _served() -> ColumnElement[bool]:
    """Live and, on the day bound to `today`, not expired."""
    return and_(live(), or_(versions.c.valid_until.is_(None), versions.c.valid_until >= _TODAY))


_SERVED_IDS = (
    select(passages.c.id, _REVISION.scalar_subquery()).join(versions).where(passages.c.id.in_(_IDS), _served())
)
_VECTORS = select(vectors.c.passage_id, vectors.c.pooled, vectors.c.signposts).where(vectors.c.passage_id.in_(_IDS))
_TEXTS = (
    select(
        passages.c.id,
        versions.c.path,
        versions.c.title,
        passages.c.url,
        passages.c.anchor,
        passages.c.heading,
        passages.c.text,
        versions.c.audience,
        passages.c.language,
        passages.c.instruction,
        passages.c.hints,
    )
    .join(versions)
    .where(passages.c.id.in_(_IDS))
)
_WITH_IDENTIFIERS = (
    select(identifiers.c.passage_id)
    .join(passages, passages.c.id == identifiers.c.passage_id)
    .join(versions)
    .where(
        identifiers.c.term.in_(bindparam("terms", expanding=True)),
        versions.c.audience.in_(bindparam("audiences", expanding=True)),
        _served(),
    )
    .group_by(identifiers.c.passage_id)
    .order_by(desc(func.count()), identifiers.c.passage_id)
    .limit(bindparam("most"))
)


@dataclass(frozen=True, slots=True)
class Figures:
    """How much is served."""

    revision: int
    published_at: datetime | None
    files: int
    passages: int


class Store:
    """The knowledge in SQL. Thread-safe; every call blocks, so the service calls from a thread.

    Args:
        url: of the database, as SQLAlchemy writes it.
        token_cache_bytes: how many bytes of token vectors are kept in memory.
        passage_cache: how many passages, and pooled vectors of passages, are kept in memory.
        today: gives the day on which expiry is judged.
    """

    def __init__(
        self,
        url: str,
        *,
        token_cache_bytes: int = 32 * 1024 * 1024,
        passage_cache: int = 4096,
        today: Callable[[], date] = date.today,
    ) -> None:
        self.engine = open_engine(url)
        self.today = today
        # What an id stands for never changes, so nothing here can be out of date; whether it is live is asked anew.
        self._texts: LRUCache[int, StoredPassage] = LRUCache(passage_cache)
        self._vectors: LRUCache[int, Floats] = LRUCache(passage_cache)
        self._tokens: LRUCache[int, bytes] = LRUCache(token_cache_bytes, getsizeof=len)
        self._lock = Lock()

    def migrate(self) -> None:
        """Creates or updates the tables."""
        migrate(self.engine)

    def close(self) -> None:
        self.engine.dispose()

    def revision(self) -> int:
        """The published revision, 0 when nothing was published yet."""
        with self._read() as connection:
            return int(connection.execute(_REVISION).scalar_one())

    def load_candidates(self, ids: Sequence[int]) -> tuple[int, dict[int, StoredPassage]]:
        """The revision, and those of the passages that are served at it, in the order of `ids`; one consistent read."""
        if not ids:
            return self.revision(), {}
        with self._read() as connection:
            rows = connection.execute(_SERVED_IDS, {"ids": ids, "today": self.today()}).all()
            revision = int(rows[0][1]) if rows else int(connection.execute(_REVISION).scalar_one())
            served = {row[0] for row in rows}
            with self._lock:
                found = {id: stored for id in served if (stored := self._texts.get(id)) is not None}
            missing = served.difference(found)
            if missing:
                read = {row[0]: _stored_passage(row) for row in connection.execute(_TEXTS, {"ids": list(missing)})}
                found.update(read)
                with self._lock:
                    self._texts.update(read)
        return revision, {id: found[id] for id in ids if id in found}

    def passages(self, ids: Sequence[int]) -> dict[int, StoredPassage]:
        """Those of the passages that are served at the published revision."""
        return self.load_candidates(ids)[1]

    def token_blobs(self, ids: Sequence[int]) -> dict[int, bytes]:
        """The packed token vectors of passages. One that was removed meanwhile is left out."""
        with self._lock:
            found = {id: blob for id in ids if (blob := self._tokens.get(id)) is not None}
        missing = [id for id in ids if id not in found]
        if missing:
            read = self._blobs(token_vectors.c.data, missing)
            with self._lock:
                for id, blob in read.items():
                    if len(blob) <= self._tokens.maxsize:
                        self._tokens[id] = blob
            found.update(read)
        return found

    def vectors(self, ids: Sequence[int]) -> dict[int, Floats]:
        """For each passage its pooled vector and those of its signposts, shape (1 + signposts, dimension), unit length.

        One that was removed meanwhile is left out.
        """
        with self._lock:
            found = {id: rows for id in ids if (rows := self._vectors.get(id)) is not None}
        missing = [id for id in ids if id not in found]
        if missing:
            with self._read() as connection:
                read = {
                    id: np.frombuffer(pooled + (signposts or b""), np.float32).reshape(-1, len(pooled) // 4)
                    for id, pooled, signposts in connection.execute(_VECTORS, {"ids": missing})
                }
            with self._lock:
                self._vectors.update(read)
            found.update(read)
        return found

    def with_identifiers(self, terms: Sequence[str], audiences: Sequence[str], limit: int) -> list[int]:
        """Served passages that hold any of the terms, those with most of them first."""
        if not terms or not audiences:
            return []
        given = {"terms": list(terms), "audiences": list(audiences), "most": limit, "today": self.today()}
        with self._read() as connection:
            return list(connection.execute(_WITH_IDENTIFIERS, given).scalars())

    def audiences(self) -> list[str]:
        """The audiences that have a file, sorted."""
        with self._read() as connection:
            return sorted(connection.execute(select(versions.c.audience).where(live()).distinct()).scalars())

    def live_ids(self) -> IdsByAudience:
        """The ids of all live passages by audience: what the index must hold."""
        ids: IdsByAudience = {}
        with self._read() as connection:
            for audience, id in connection.execute(
                select(versions.c.audience, passages.c.id).join(passages).where(live()).order_by(passages.c.id)
            ):
                ids.setdefault(audience, []).append(id)
        return ids

    def failures(self) -> list[KnowledgeFileError]:
        """The files that cannot be used as they are now, by path."""
        with self._read() as connection:
            rows = connection.execute(select(failures).order_by(failures.c.path, failures.c.root))
            return [KnowledgeFileError(row.path, row.reason, row.line) for row in rows]

    def expired(self) -> list[str]:
        """The paths of files that are not served since their last day has passed, sorted."""
        with self._read() as connection:
            return list(
                connection.execute(
                    select(files.c.path)
                    .where(files.c.valid_until < self.today(), files.c.removed.is_(False))
                    .order_by(files.c.path)
                ).scalars()
            )

    def figures(self) -> Figures:
        """How much the published revision holds."""
        with self._read() as connection:
            row = connection.execute(select(revisions).order_by(desc(revisions.c.number)).limit(1)).first()
        if row is None:
            return Figures(0, None, 0, 0)
        return Figures(row.number, row.published_at, row.files, row.passages)

    def _blobs(self, column: Column[bytes], ids: Sequence[int]) -> dict[int, bytes]:
        if not ids:
            return {}
        id = column.table.c.passage_id
        with self._read() as connection:
            rows = connection.execute(select(id, column).where(id.in_(_IDS)), {"ids": list(ids)})
            return {row[0]: row[1] for row in rows}

    @contextmanager
    def _read(self) -> Iterator[Connection]:
        with self.engine.connect() as connection, connection.begin():
            yield connection


def _stored_passage(row: Any) -> StoredPassage:
    (id, path, title, url, anchor, heading, text, audience, language, instruction, hints) = row
    return StoredPassage(
        id,
        Passage(
            path=path,
            title=title,
            url=url,
            anchor=anchor,
            heading=tuple(json.loads(heading)),
            text=text,
            audience=audience,
            language=language,
            instruction=instruction,
            hints=hints,
        ),
    )
