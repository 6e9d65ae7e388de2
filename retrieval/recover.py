"""Brings store and index together at the start: whatever a killed process left half done is finished or undone."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from retrieval.encoder.base import Floats
from retrieval.index import VectorIndex
from retrieval.store import Store
from retrieval.store_writer import StoreWriter

_log = logging.getLogger(__name__)
_SAMPLE = 500
_PART = 1000


@dataclass(frozen=True, slots=True)
class Recovery:
    """What the start found and mended; all zero after a clean end.

    Attributes:
        discarded: passages that were never published.
        added: passages that the index lacked.
        deleted: passages that the index should not have had.
        rebuilt: audiences whose collection was built anew.
    """

    discarded: int = 0
    added: int = 0
    deleted: int = 0
    rebuilt: tuple[str, ...] = ()


def recover(store: Store, index: VectorIndex, encoder: str) -> Recovery:
    """Makes the index hold exactly the live passages, with their vectors, and warms it up.

    Args:
        encoder: the identity of the encoder in use. What another one made is withdrawn until it is encoded again.
    """
    writer = StoreWriter(store)
    discarded = sum(map(len, writer.discard_unpublished().values()))
    if writer.retire_other_encoders(encoder).retired:
        _log.warning("The encoder is now %s: every file is encoded again, and found again once that is done.", encoder)
    writer.sweep()
    live = store.live_ids()
    added, deleted, rebuilt = 0, 0, []
    for audience in index.audiences():
        if audience not in live:
            index.drop(audience)
    for audience, ids in sorted(live.items()):
        held = _held(store, index, audience, ids)
        if held is None:
            index.rebuild(audience, _vectors(store, ids))
            rebuilt.append(audience)
            continue
        surplus, lacking = sorted(held.difference(ids)), sorted(set(ids).difference(held))
        index.delete(audience, surplus)
        for part, vectors in _vectors(store, lacking):
            index.add(audience, part, vectors)
        added += len(lacking)
        deleted += len(surplus)
    recovery = Recovery(discarded, added, deleted, tuple(rebuilt))
    if recovery != Recovery():
        _log.info("Store and index were brought together: %s", recovery)
    return recovery


def rebuild(store: Store, index: VectorIndex) -> int:
    """Builds every collection anew from the store; returns how many passages the index holds then."""
    live = store.live_ids()
    for audience in index.audiences():
        if audience not in live:
            index.drop(audience)
    for audience, ids in sorted(live.items()):
        index.rebuild(audience, _vectors(store, ids))
    return sum(map(len, live.values()))


def rebuild_outdated(store: Store, index: VectorIndex) -> list[str]:
    """Builds those collections anew that should be; returns their audiences."""
    outdated = [audience for audience in index.audiences() if index.outdated(audience)]
    for audience in outdated:
        index.rebuild(audience, _vectors(store, store.live_ids().get(audience, [])))
    return outdated


def _held(store: Store, index: VectorIndex, audience: str, live: Sequence[int]) -> set[int] | None:
    """The passages that the index holds, or None if it should be built anew.

    The vectors of a sample are compared with the store's, or all of them if the last owner was killed.
    """
    if audience not in index.audiences() or index.outdated(audience):
        return None
    held = index.ids(audience)
    if held is None:
        return None
    both = [id for id in live if id in held]
    if not index.unclean:
        both = both[:: max(1, len(both) // _SAMPLE)]
    sound = all(index.holds(audience, part, vectors) for part, vectors in _vectors(store, both))
    return held if sound else None


def _vectors(store: Store, ids: Sequence[int]) -> Iterator[tuple[Sequence[int], list[Floats]]]:
    for start in range(0, len(ids), _PART):
        part = ids[start : start + _PART]
        vectors = store.vectors(part)
        yield part, [vectors[id] for id in part]
