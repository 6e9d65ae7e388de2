"""Makes knowledge for the tests of store and index: real rows and vectors, without reading files."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import date

import numpy as np

from retrieval.encoder.base import Floats
from retrieval.file_state import EncodedPassage, FileState, NewVersion, Publication
from retrieval.index import VectorIndex
from retrieval.passages import Passage
from retrieval.publisher import Publisher
from retrieval.store import Store
from retrieval.store_writer import StoreWriter

DIMENSION = 16
ENCODER = "test encoder"


def vector(text: str) -> Floats:
    """A unit vector that depends on the text alone."""
    seed = int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")
    drawn = np.random.default_rng(seed).standard_normal(DIMENSION).astype(np.float32)
    return np.asarray(drawn / np.linalg.norm(drawn), np.float32)


def state(path: str, *, root: str = "/root", fingerprint: str = "f", valid_until: date | None = None) -> FileState:
    return FileState(root, path, 10, 20, 30, "settings", fingerprint, valid_until)


def version(
    path: str,
    texts: Sequence[str],
    *,
    audience: str = "public",
    identifiers: Sequence[str] = (),
    valid_until: date | None = None,
    encoder: str = ENCODER,
) -> NewVersion:
    passages = tuple(
        EncodedPassage(
            Passage(path, f"Title of {path}", "https://shop.example/x", "a", ("Title", "Ünïcode"), text, audience),
            vector(text),
            text.encode() * 100,
            frozenset(identifiers),
        )
        for text in texts
    )
    return NewVersion(state(path, valid_until=valid_until), f"Title of {path}", "u", audience, encoder, passages)


def put(store: Store, *versions: NewVersion) -> Publication:
    """Publishes versions in the store alone."""
    writer = StoreWriter(store)
    return writer.publish(writer.stage(versions))


def publish(store: Store, index: VectorIndex, *versions: NewVersion) -> None:
    """Publishes versions in store and index."""
    Publisher(store, index).publish(versions)


def served_texts(store: Store) -> list[str]:
    """The texts of all served passages, sorted."""
    ids = [id for each in store.live_ids().values() for id in each]
    return sorted(stored.passage.text for stored in store.passages(ids).values())


def found_texts(store: Store, index: VectorIndex, audience: str, text: str, n: int = 5) -> list[str]:
    """What a question finds, best first, as search does it."""
    ids = [id for id, _ in index.query(audience, vector(text), n)]
    return [stored.passage.text for stored in store.passages(ids).values()]
