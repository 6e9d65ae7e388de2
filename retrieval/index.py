"""The index: the pooled vectors in Chroma, one collection an audience. Derived from the store, and rebuilt from it.

A passage lies there at its own vector and at those of its signposts, so that a question finds it by either.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import re
import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Protocol, cast

import chromadb
import numpy as np
from chromadb.api.client import Client
from chromadb.api.collection_configuration import CreateHNSWConfiguration
from chromadb.api.models.Collection import Collection
from chromadb.config import Settings
from chromadb.errors import ChromaError, NotFoundError

from retrieval.clean_memory import keep_memory_clean
from retrieval.encoder.base import Floats
from retrieval.passages import MOST_SIGNPOSTS

_log = logging.getLogger(__name__)
_PREFIX = "audience-"
_HASHED_PREFIX = "hashed-"
_REBUILD_PREFIX = "rebuild-"
_PLAIN_NAME = re.compile(r"[a-zA-Z0-9]([a-zA-Z0-9_-]{0,200}[a-zA-Z0-9])?")
_UNCLEAN = "unclean"
_DELETED = "deleted"
# What is deleted stays in the graph and is walked through; this many do not matter.
_MOST_DELETED = 1_000
# A passage's own vector goes by its id, those of its signposts by "id/1", "id/2" and so on.
_ROWS = 1 + MOST_SIGNPOSTS


class VectorIndex(Protocol):
    """What search and ingest need of an index. Thread-safe; every call blocks."""

    def query(self, audience: str, vector: Floats, n: int) -> list[tuple[int, float]]:
        """The nearest passages as (id, cosine of its nearest vector), best first; fewer than n if there are no more."""

    def add(self, audience: str, ids: Sequence[int], vectors: Sequence[Floats]) -> None:
        """Adds passages, each with a vector or several, shape (rows, dimension); one that is there is replaced."""

    def delete(self, audience: str, ids: Sequence[int]) -> None:
        """Removes passages; one that is not there is passed over."""

    def ids(self, audience: str) -> set[int] | None:
        """All passages of an audience, or None if they cannot be read."""

    def holds(self, audience: str, ids: Sequence[int], vectors: Sequence[Floats]) -> bool:
        """Whether the passages are there with these very vectors."""

    def audiences(self) -> list[str]:
        """The audiences that have a collection, sorted."""

    def drop(self, audience: str) -> None:
        """Removes an audience and all its passages."""

    def rebuild(self, audience: str, passages: Iterable[tuple[Sequence[int], Sequence[Floats]]]) -> None:
        """Puts a collection built anew in the place of an audience's; questions go to the former one meanwhile."""

    def outdated(self, audience: str) -> bool:
        """Whether the collection should be built anew: for other settings, or for all that was deleted from it."""

    @property
    def unclean(self) -> bool:
        """Whether the last owner was killed, so that every vector should be looked at."""

    def close(self) -> None:
        """Frees what the index holds."""


class Index:
    """A `VectorIndex` in a folder of this machine. One process may open the folder, see `data_folder`.

    Args:
        folder: made if it is not there; emptied if Chroma cannot read it, as the store has it all.
        ef_construction: how many neighbours are weighed when a passage is added.
        ef_search: how many are weighed for a question; never fewer than are asked for.
        max_neighbors: links a passage has in the graph (HNSW's M).
        batch: passages given to Chroma at a time, so that questions never wait long.
    """

    def __init__(
        self,
        folder: Path,
        *,
        ef_construction: int = 200,
        ef_search: int = 400,
        max_neighbors: int = 24,
        batch: int = 64,
    ) -> None:
        self._hnsw: CreateHNSWConfiguration = {
            "space": "cosine",
            "ef_construction": ef_construction,
            "ef_search": ef_search,
            "max_neighbors": max_neighbors,
        }
        self._batch = batch
        self._marker = folder / _UNCLEAN
        self._unclean = self._marker.exists()
        # Chroma may crash, not fail, on a damaged graph. Where that happened, the next start must not try again.
        opening = folder.with_name(f"{folder.name}.opening")
        if opening.exists():
            _log.warning("Reading the index in %s ended the last process: it is built anew from the store.", folder)
            _empty(folder)
        opening.parent.mkdir(parents=True, exist_ok=True)
        opening.touch()
        keep_memory_clean()
        self._client = _open(folder)
        self._collections: dict[str, Collection] = {}
        for collection in self._client.list_collections():
            if collection.name.startswith(_REBUILD_PREFIX):
                self._client.delete_collection(collection.name)
            elif collection.metadata:
                self._collections[str(collection.metadata["audience"])] = collection
                _warm(collection)
        opening.unlink()

    @property
    def unclean(self) -> bool:
        return self._unclean

    def query(self, audience: str, vector: Floats, n: int) -> list[tuple[int, float]]:
        if n < 1 or audience not in self._collections:
            return []
        rows = n + n // 2
        while True:
            try:
                found = self._query(audience, vector, rows)
            except NotFoundError:
                # A rebuild took the collection's place between the look-up and the query.
                found = self._query(audience, vector, rows)
            ids, distances = found["ids"][0], found["distances"][0]
            nearest: dict[int, float] = {}
            for row, distance in zip(ids, distances, strict=True):
                nearest.setdefault(_passage(row), 1.0 - distance)
            if len(nearest) >= n or len(ids) < rows or rows >= n * _ROWS:
                return list(nearest.items())[:n]
            rows *= 2

    def add(self, audience: str, ids: Sequence[int], vectors: Sequence[Floats]) -> None:
        if ids:
            self._marker.touch()
            if audience not in self._collections:
                self._collections[audience] = self._create(_collection_name(audience), audience)
            self._add(self._collections[audience], ids, vectors)

    def delete(self, audience: str, ids: Sequence[int]) -> None:
        if audience in self._collections:
            self._marker.touch()
            for start in range(0, len(ids), self._batch):
                part = ids[start : start + self._batch]
                self._collections[audience].delete(ids=[_row(id, number) for id in part for number in range(_ROWS)])
            if ids:
                self._count_deleted(self._collections[audience], len(ids))

    def ids(self, audience: str) -> set[int] | None:
        if audience not in self._collections:
            return set()
        try:
            return {_passage(row) for row in self._collections[audience].get(include=[])["ids"]}
        except ChromaError as error:
            _log.warning("The index of audience %r cannot be read: %s", audience, error)
            return None

    def holds(self, audience: str, ids: Sequence[int], vectors: Sequence[Floats]) -> bool:
        if not ids:
            return True
        if audience not in self._collections:
            return False
        try:
            rows, wanted = _rows(ids, vectors)
            found: Any = self._collections[audience].get(ids=rows, include=["embeddings"])
            self._query(audience, wanted[0], 1)
        except ChromaError as error:
            # The list of ids and the vectors lie in different files; this is how Chroma says that they differ.
            _log.warning("The index of audience %r cannot be read: %s", audience, error)
            return False
        stored = dict(zip(found["ids"], np.asarray(found["embeddings"], np.float32), strict=True))
        return all(
            row in stored and stored[row].shape == vector.shape and np.allclose(stored[row], vector, atol=1e-3)
            for row, vector in zip(rows, wanted, strict=True)
        )

    def audiences(self) -> list[str]:
        return sorted(self._collections)

    def drop(self, audience: str) -> None:
        collection = self._collections.pop(audience, None)
        if collection is not None:
            self._client.delete_collection(collection.name)

    def rebuild(self, audience: str, passages: Iterable[tuple[Sequence[int], Sequence[Floats]]]) -> None:
        self._marker.touch()
        name = _collection_name(audience)
        fresh = self._create(_REBUILD_PREFIX + name, audience)
        for ids, vectors in passages:
            self._add(fresh, ids, vectors)
        former = self._collections.get(audience)
        self._collections[audience] = fresh
        if former is not None:
            self._client.delete_collection(former.name)
        # A kill before this line leaves no collection of the name: the next start builds it from the store.
        fresh.modify(name=name)

    def outdated(self, audience: str) -> bool:
        # Read raw: the parsed form warns of collections without an embedding function.
        built: Any = self._collections[audience].configuration_json.get("hnsw") or {}
        if any(built.get(key) != value for key, value in self._hnsw.items()):
            return True
        deleted = _deleted(self._collections[audience])
        return deleted > _MOST_DELETED and deleted > len(self.ids(audience) or ())

    def close(self) -> None:
        self._client.close()
        self._marker.unlink(missing_ok=True)

    def _create(self, name: str, audience: str) -> Collection:
        return self._client.get_or_create_collection(
            name,
            embedding_function=None,
            metadata={"audience": audience},
            configuration={"hnsw": self._hnsw},
        )

    def _add(self, collection: Collection, ids: Sequence[int], vectors: Sequence[Floats]) -> None:
        for start in range(0, len(ids), self._batch):
            # All rows of a passage are written in one transaction.
            part = slice(start, start + self._batch)
            rows, embeddings = _rows(ids[part], vectors[part])
            collection.upsert(ids=rows, embeddings=embeddings)

    def _count_deleted(self, collection: Collection, number: int) -> None:
        collection.modify(metadata={**(collection.metadata or {}), _DELETED: _deleted(collection) + number})

    def _query(self, audience: str, vector: Floats, n: int) -> Any:
        return self._collections[audience].query(
            query_embeddings=vector[np.newaxis], n_results=n, include=["distances"]
        )


def _row(id: int, number: int) -> str:
    return f"{id}/{number}" if number else str(id)


def _passage(row: str) -> int:
    return int(row.partition("/")[0])


def _rows(ids: Sequence[int], vectors: Sequence[Floats]) -> tuple[list[str], Floats]:
    """The names of all rows of some passages, and their vectors, shape (rows, dimension)."""
    by_passage = [np.atleast_2d(each) for each in vectors]
    names = [_row(id, number) for id, each in zip(ids, by_passage, strict=True) for number in range(len(each))]
    return names, np.concatenate(by_passage)


def _deleted(collection: Collection) -> int:
    return int((collection.metadata or {}).get(_DELETED) or 0)


def _open(folder: Path) -> Client:
    settings = Settings(anonymized_telemetry=False)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        client = chromadb.PersistentClient(folder, settings=settings)
        client.list_collections()
    except (ChromaError, FileExistsError) as error:
        _log.warning("The index in %s cannot be read and is built anew from the store: %s", folder, error)
        # Chroma keeps what it failed to open, and would give it out again.
        Client.clear_system_cache()
        _empty(folder)
        client = chromadb.PersistentClient(folder, settings=settings)
    # The declared type lacks `close`, the real one has it.
    return cast(Client, client)


def _empty(folder: Path) -> None:
    if folder.is_dir():
        shutil.rmtree(folder)
    else:
        folder.unlink(missing_ok=True)
    folder.mkdir(parents=True)


def _warm(collection: Collection) -> None:
    """Has Chroma read the graph, so that the first question does not wait for it."""
    # One that cannot be read is found out by `ids` and `holds`, and rebuilt.
    with contextlib.suppress(ChromaError):
        held: Any = collection.get(limit=1, include=["embeddings"])["embeddings"]
        if len(held):
            collection.query(query_embeddings=np.asarray(held, np.float32), n_results=1, include=["distances"])


def _collection_name(audience: str) -> str:
    """Chroma takes 3 to 512 letters, digits, dots, dashes and underscores; what does not fit is hashed."""
    if _PLAIN_NAME.fullmatch(audience):
        return _PREFIX + audience
    return _HASHED_PREFIX + hashlib.sha256(audience.encode()).hexdigest()
