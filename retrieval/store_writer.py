"""How the store changes: versions are staged unseen, published in one transaction, and swept away once replaced."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import numpy as np
from sqlalchemy import ColumnElement, Connection, and_, delete, func, insert, select, update

from retrieval.database import WRITE
from retrieval.encoder.base import Floats
from retrieval.file_state import (
    FailedFile,
    FileKey,
    FileState,
    IdsByAudience,
    KnownFile,
    NewVersion,
    Publication,
    StagedVersion,
)
from retrieval.store import Store, live
from retrieval.tables import failures, files, identifiers, passages, revisions, token_vectors, vectors, versions

# An old SQLite takes no more than 999 variables in a statement.
_CHUNK = 900


class StoreWriter:
    """The writing side of a store. One thread at a time; every call is one transaction and blocks."""

    def __init__(self, store: Store) -> None:
        self._engine = store.engine

    def known_files(self) -> dict[FileKey, KnownFile]:
        """Every file that was ever read and is not known to be gone."""
        served = files.c.id.in_(select(versions.c.file_id).where(live()))
        with self._engine.connect() as connection, connection.begin():
            rows = connection.execute(select(files, served.label("served")).where(files.c.removed.is_(False)))
            known = [KnownFile(row.id, _state(row), bool(row.served)) for row in rows]
        return {file.state.key: file for file in known}

    def failed_files(self) -> dict[FileKey, str]:
        """The files with a standing failure, with the fingerprint that failed; "" where it could not be read."""
        statement = select(failures.c.root, failures.c.path, failures.c.fingerprint)
        with self._engine.connect() as connection, connection.begin():
            return {(row.root, row.path): row.fingerprint for row in connection.execute(statement)}

    def stage(self, new: Sequence[NewVersion]) -> list[StagedVersion]:
        """Writes versions that nobody sees until they are published."""
        with self._write() as connection:
            return [_stage(connection, version) for version in new]

    def publish(
        self,
        staged: Sequence[StagedVersion] = (),
        *,
        withdrawn: Sequence[FileState] = (),
        removed: Sequence[FileKey] = (),
        failed: Sequence[FailedFile] = (),
        cleared: Sequence[FileKey] = (),
    ) -> Publication:
        """Makes a new revision, all of it or nothing.

        Args:
            staged: versions that take the place of their files' former ones.
            withdrawn: files that exist and are no longer served, as they have expired.
            removed: files that are gone.
            failed: files that cannot be used; their last good versions stay.
            cleared: failures that are over though nothing else about the file changed.
        """
        with self._write() as connection:
            replaced = [_remember(connection, state) for state in (*(version.state for version in staged), *withdrawn)]
            gone = [id for key in removed if (id := _find(connection, key)) is not None]
            revision = _revision(connection) + 1
            retired = _retire(connection, versions.c.file_id, [*replaced, *gone], revision)
            for chunk in _chunks([version.id for version in staged]):
                connection.execute(update(versions).where(versions.c.id.in_(chunk)).values(revision_from=revision))
            for chunk in _chunks(gone):
                # The row goes with its last version: a search under way may still read that.
                connection.execute(update(files).where(files.c.id.in_(chunk)).values(removed=True))
            for key in (*(version.state.key for version in staged), *(state.key for state in withdrawn)):
                _clear_failure(connection, key)
            for key in (*removed, *cleared):
                _clear_failure(connection, key)
            for failure in failed:
                _record_failure(connection, failure)
            if staged or retired:
                _record_revision(connection, revision)
            else:
                revision -= 1
        return Publication(revision, retired)

    def remember(self, states: Sequence[FileState]) -> None:
        """Notes that files were read again and found unchanged."""
        if states:
            with self._write() as connection:
                for state in states:
                    _remember(connection, state)

    def retire_other_encoders(self, encoder: str) -> Publication:
        """Withdraws what another encoder made: its vectors say nothing to this one's questions."""
        with self._write() as connection:
            foreign = connection.execute(select(versions.c.id).where(live(), versions.c.encoder != encoder)).scalars()
            revision = _revision(connection) + 1
            retired = _retire(connection, versions.c.id, list(foreign), revision)
            if retired:
                _record_revision(connection, revision)
            else:
                revision -= 1
        return Publication(revision, retired)

    def discard_unpublished(self) -> IdsByAudience:
        """Deletes what a killed or cancelled ingest left behind; returns the passages, which the index may hold."""
        unpublished = versions.c.revision_from.is_(None)
        with self._write() as connection:
            ids = _passages_of(connection, unpublished)
            connection.execute(delete(versions).where(unpublished))
        return ids

    def sweep(self) -> None:
        """Deletes what was replaced before the newest revision. What that one replaced stays for searches under way."""
        with self._write() as connection:
            newest = _revision(connection)
            connection.execute(delete(versions).where(versions.c.revision_to < newest))
            kept = select(versions.c.file_id)
            connection.execute(delete(files).where(files.c.removed.is_(True), files.c.id.not_in(kept)))

    @contextmanager
    def _write(self) -> Iterator[Connection]:
        with self._engine.connect().execution_options(**WRITE) as connection, connection.begin():
            yield connection


def _stage(connection: Connection, new: NewVersion) -> StagedVersion:
    file_id = _find(connection, new.state.key)
    if file_id is None:
        # Its state is written by the publish: a file must not look known before its version is.
        file_id = _insert_file(connection, FileState(*new.state.key, 0, 0, 0, "", ""))
    version_id = _key(
        connection.execute(
            insert(versions).values(
                file_id=file_id,
                path=new.state.path,
                audience=new.audience,
                title=new.title,
                url=new.url,
                encoder=new.encoder,
                valid_until=new.state.valid_until,
            )
        )
    )
    rows = [
        {
            "version_id": version_id,
            "ordinal": ordinal,
            "url": passage.url,
            "anchor": passage.anchor,
            "heading": json.dumps(passage.heading, ensure_ascii=False),
            "text": passage.text,
            "language": passage.language,
            "instruction": passage.instruction,
            "hints": passage.hints,
        }
        for ordinal, passage in enumerate(encoded.passage for encoded in new.passages)
    ]
    if not rows:
        return StagedVersion(version_id, new.state, new.audience, ())
    returning = insert(passages).returning(passages.c.id, sort_by_parameter_order=True)
    ids = tuple(connection.execute(returning, rows).scalars())
    both = list(zip(ids, new.passages, strict=True))
    connection.execute(insert(vectors), [{"passage_id": id, **_vectors(each.pooled)} for id, each in both])
    connection.execute(insert(token_vectors), [{"passage_id": id, "data": each.tokens} for id, each in both])
    terms = [{"passage_id": id, "term": term} for id, each in both for term in sorted(each.identifiers)]
    if terms:
        connection.execute(insert(identifiers), terms)
    return StagedVersion(version_id, new.state, new.audience, ids)


def _vectors(pooled: Floats) -> dict[str, bytes]:
    own, *signposts = (vector.tobytes() for vector in np.atleast_2d(pooled))
    return {"pooled": own, "signposts": b"".join(signposts)}


def _retire(connection: Connection, column: ColumnElement[int], ids: Sequence[int], revision: int) -> IdsByAudience:
    """Ends the live versions whose column is among the ids; returns their passages."""
    retired: IdsByAudience = {}
    for chunk in _chunks(ids):
        which = and_(live(), column.in_(chunk))
        for audience, passage_ids in _passages_of(connection, which).items():
            retired.setdefault(audience, []).extend(passage_ids)
        connection.execute(update(versions).where(which).values(revision_to=revision))
    return retired


def _passages_of(connection: Connection, which: ColumnElement[bool]) -> IdsByAudience:
    ids: IdsByAudience = {}
    rows = connection.execute(
        select(versions.c.audience, passages.c.id).outerjoin_from(versions, passages).where(which)
    )
    for audience, id in rows:
        # A version may have no passage, and still be one that was live.
        known = ids.setdefault(audience, [])
        if id is not None:
            known.append(id)
    return ids


def _state(row: Any) -> FileState:
    return FileState(
        row.root, row.path, row.size, row.mtime_ns, row.read_ns, row.settings, row.fingerprint, row.valid_until
    )


def _find(connection: Connection, key: FileKey) -> int | None:
    which = and_(files.c.root == key[0], files.c.path == key[1])
    return connection.execute(select(files.c.id).where(which)).scalar_one_or_none()


def _insert_file(connection: Connection, state: FileState) -> int:
    return _key(connection.execute(insert(files).values(**_columns(state), root=state.root, path=state.path)))


def _remember(connection: Connection, state: FileState) -> int:
    """Writes the state of a file; returns its id."""
    id = _find(connection, state.key)
    if id is None:
        return _insert_file(connection, state)
    connection.execute(update(files).where(files.c.id == id).values(**_columns(state)))
    return id


def _columns(state: FileState) -> dict[str, Any]:
    return {
        "size": state.size,
        "mtime_ns": state.mtime_ns,
        "read_ns": state.read_ns,
        "settings": state.settings,
        "fingerprint": state.fingerprint,
        "valid_until": state.valid_until,
        "removed": False,
    }


def _record_failure(connection: Connection, failure: FailedFile) -> None:
    if failure.state is not None:
        _remember(connection, failure.state)
    which = and_(failures.c.root == failure.root, failures.c.path == failure.path)
    since = connection.execute(select(failures.c.since).where(which, failures.c.reason == failure.reason)).scalar()
    connection.execute(delete(failures).where(which))
    connection.execute(
        insert(failures).values(
            root=failure.root,
            path=failure.path,
            line=failure.line,
            reason=failure.reason,
            fingerprint=failure.state.fingerprint if failure.state else "",
            since=since or datetime.now(UTC),
        )
    )


def _clear_failure(connection: Connection, key: FileKey) -> None:
    connection.execute(delete(failures).where(failures.c.root == key[0], failures.c.path == key[1]))


def _revision(connection: Connection) -> int:
    return int(connection.execute(select(func.coalesce(func.max(revisions.c.number), 0))).scalar_one())


def _record_revision(connection: Connection, number: int) -> None:
    file_count = connection.execute(select(func.count()).select_from(versions).where(live())).scalar_one()
    live_passages = select(func.count()).select_from(passages).join(versions).where(live())
    connection.execute(
        insert(revisions).values(
            number=number,
            published_at=datetime.now(UTC),
            files=file_count,
            passages=connection.execute(live_passages).scalar_one(),
        )
    )


def _key(result: Any) -> int:
    return int(result.inserted_primary_key[0])


def _chunks(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    return (ids[start : start + _CHUNK] for start in range(0, len(ids), _CHUNK))
