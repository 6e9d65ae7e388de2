"""Puts encoded files into store and index, in the order that lets nobody see half of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from chromadb.errors import ChromaError
from sqlalchemy.exc import SQLAlchemyError

from retrieval.encoder.base import Floats
from retrieval.errors import PolydeskError
from retrieval.file_state import FailedFile, FileKey, FileState, NewVersion
from retrieval.index import VectorIndex
from retrieval.recover import rebuild_outdated
from retrieval.store import Store
from retrieval.store_writer import StoreWriter


class IngestStopped(PolydeskError):
    """The data folder cannot be written. What was published stays served, and the next run goes on from there."""


class Publisher:
    """The only one who changes store and index while the desk runs. One thread at a time; every call blocks."""

    def __init__(self, store: Store, index: VectorIndex) -> None:
        self._store = store
        self._writer = StoreWriter(store)
        self._index = index
        self._unfinished = False

    @property
    def writer(self) -> StoreWriter:
        return self._writer

    def publish(
        self,
        new: Sequence[NewVersion] = (),
        *,
        withdrawn: Sequence[FileState] = (),
        removed: Sequence[FileKey] = (),
        failed: Sequence[FailedFile] = (),
        cleared: Sequence[FileKey] = (),
        remembered: Sequence[FileState] = (),
    ) -> None:
        """Makes a new revision where something changed; see `StoreWriter.publish` and `remember`.

        Raises:
            IngestStopped: if the disk is full or cannot be written.
        """
        with _stopping():
            self._discard_unfinished()
            self._writer.remember(remembered)
            if not (new or withdrawn or removed or failed or cleared):
                return
            self._unfinished = True
            staged = self._writer.stage(new) if new else []
            added: dict[str, tuple[list[int], list[Floats]]] = {}
            for version, stored in zip(new, staged, strict=True):
                ids, vectors = added.setdefault(version.audience, ([], []))
                ids.extend(stored.passage_ids)
                vectors.extend(passage.pooled for passage in version.passages)
            for audience, (ids, vectors) in added.items():
                self._index.add(audience, ids, vectors)
            publication = self._writer.publish(
                staged, withdrawn=withdrawn, removed=removed, failed=failed, cleared=cleared
            )
            self._unfinished = False
            for audience, gone in publication.retired.items():
                self._index.delete(audience, gone)
            if publication.retired:
                self._writer.sweep()

    def tidy(self) -> None:
        """Builds collections anew from which much was deleted; questions go on meanwhile.

        Raises:
            IngestStopped: as `publish`.
        """
        with _stopping():
            rebuild_outdated(self._store, self._index)

    def _discard_unfinished(self) -> None:
        """Removes what a publish that failed has left in store and index."""
        if self._unfinished:
            for audience, ids in self._writer.discard_unpublished().items():
                self._index.delete(audience, ids)
            self._unfinished = False


@contextmanager
def _stopping() -> Iterator[None]:
    """Turns whatever a full or broken disk raises into one sentence."""
    try:
        yield
    except (SQLAlchemyError, ChromaError, OSError) as error:
        cause = getattr(error, "orig", None) or error
        raise IngestStopped(
            f"The ingest stopped since the data folder cannot be written ({cause}). What was published before "
            "stays served; make room on the disk and ingest again."
        ) from error
