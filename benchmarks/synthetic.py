"""A store and an index of any size in minutes: made-up passages through the real writer, publisher and index.

The vectors lie in clusters, as those of texts do; in evenly spread ones nearest neighbours would mean nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from retrieval.encoder.base import Encoded, Floats
from retrieval.file_state import EncodedPassage, FileState, NewVersion
from retrieval.index import VectorIndex
from retrieval.passages import Passage
from retrieval.store import Store
from retrieval.store_writer import StoreWriter
from retrieval.token_vectors import pack

DIMENSION, TOKEN_DIMENSION, TOKENS, LAYERS = 384, 384, 200, 2
QUESTION_TOKENS = 16
CLUSTERS = 300
BLOBS = 128
"""Different token vectors; passages share them, as only their size and number matter here."""
BATCH = 250
IDENTITY = "synthetic"
WORDS = ["order", "return", "battery", "charge", "wheel", "frame", "invoice", "payment", "delivery", "warranty"]


def unit(rows: NDArray[np.float32]) -> Floats:
    """Each row at length one."""
    scaled: Floats = rows / np.linalg.norm(rows, axis=-1, keepdims=True)
    return scaled.astype(np.float32)


class Generator:
    """Makes passages and questions; the same seed makes the same ones."""

    def __init__(self, seed: int = 1) -> None:
        self._random = np.random.default_rng(seed)
        self._centres = unit(self._random.standard_normal((CLUSTERS, DIMENSION)).astype(np.float32))
        self._blobs = [pack(self.layers(TOKENS)) for _ in range(BLOBS)]

    def layers(self, tokens: int) -> tuple[Floats, ...]:
        """Token vectors of two layers."""
        shape = (tokens, TOKEN_DIMENSION)
        return tuple(unit(self._random.standard_normal(shape).astype(np.float32)) for _ in range(LAYERS))

    def vectors(self, count: int) -> Floats:
        """Pooled vectors, each near a cluster's centre."""
        noise = self._random.standard_normal((count, DIMENSION)).astype(np.float32) / np.sqrt(DIMENSION)
        return unit(self._centres[self._random.integers(CLUSTERS, size=count)] + noise)

    def passages(self, count: int, start: int) -> list[EncodedPassage]:
        """Passages whose texts differ, numbered from `start`."""
        vectors = self.vectors(count)
        return [self._passage(start + place, vectors[place]) for place in range(count)]

    def _passage(self, number: int, vector: Floats) -> EncodedPassage:
        words = " ".join(self._random.choice(WORDS, 120))
        path = f"synthetic/{number}.md"
        passage = Passage(path, f"Title {number}", "", "", (f"Title {number}",), f"{number}: {words}.", "public", "en")
        return EncodedPassage(passage, vector, self._blobs[number % BLOBS], frozenset())


def fill(store: Store, index: VectorIndex, generator: Generator, start: int, end: int) -> None:
    """Publishes passages number `start` to `end`, one a file."""
    writer = StoreWriter(store)
    for first in range(start, end, BATCH):
        staged = writer.stage([_version(each) for each in generator.passages(min(BATCH, end - first), first)])
        ids = [version.passage_ids[0] for version in staged]
        index.add("public", ids, list(store.vectors(ids).values()))
        writer.publish(staged)


def _version(passage: EncodedPassage) -> NewVersion:
    state = FileState("synthetic", passage.passage.path, 1, 1, 1, "", passage.passage.path)
    return NewVersion(state, passage.passage.title, "", "public", IDENTITY, (passage,))


@dataclass(frozen=True, slots=True)
class SyntheticEncoder:
    """An `Encoder` that gives made-up vectors at once, so that what is timed is all but the encoding."""

    generator: Generator
    identity: str = IDENTITY
    dimension: int = DIMENSION
    token_dimension: int = TOKEN_DIMENSION

    def count_tokens(self, text: str) -> int:
        return len(text.split())

    def offsets(self, text: str) -> NDArray[np.int32]:
        return np.zeros((QUESTION_TOKENS, 2), np.int32)

    def encode_questions(self, texts: Sequence[str]) -> list[Encoded]:
        return list(self._encode(len(texts), QUESTION_TOKENS))

    def encode_passages(self, texts: Sequence[str]) -> list[Encoded]:
        return list(self._encode(len(texts), TOKENS))

    def close(self) -> None:
        return None

    def _encode(self, count: int, tokens: int) -> Iterator[Encoded]:
        for vector in self.generator.vectors(count):
            yield Encoded(vector, self.generator.layers(tokens), np.zeros((tokens, 2), np.int32))
