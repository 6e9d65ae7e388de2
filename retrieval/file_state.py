"""The values that pass between ingest and store."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from retrieval.encoder.base import Floats
from retrieval.passages import Passage

FileKey = tuple[str, str]
"""Root and path of a knowledge file."""


@dataclass(frozen=True, slots=True)
class FileState:
    """What a file was like when it was last read.

    Attributes:
        read_ns: when it was read, nanoseconds since the epoch; an edit at the same moment may hide behind an unchanged
            modification time.
        settings: hash of everything besides the content that decides what its passages look like.
        fingerprint: hash of the content, or "" if it changed while it was read.
        valid_until: the last day on which the file is served, or None.
    """

    root: str
    path: str
    size: int
    mtime_ns: int
    read_ns: int
    settings: str
    fingerprint: str
    valid_until: date | None = None

    @property
    def key(self) -> FileKey:
        return (self.root, self.path)


@dataclass(frozen=True, slots=True)
class KnownFile:
    """A file as the store knows it.

    Attributes:
        served: whether a version of it is live.
    """

    id: int
    state: FileState
    served: bool


@dataclass(frozen=True, slots=True, eq=False)
class EncodedPassage:
    """A passage with all that is stored for it.

    Attributes:
        pooled: the vector of the passage and those of its signposts, shape (1 + signposts, dimension), unit length.
        tokens: its token vectors, packed.
    """

    passage: Passage
    pooled: Floats
    tokens: bytes
    identifiers: frozenset[str]


@dataclass(frozen=True, slots=True, eq=False)
class NewVersion:
    """A file that was read and encoded, not stored yet."""

    state: FileState
    title: str
    url: str
    audience: str
    encoder: str
    passages: tuple[EncodedPassage, ...]


@dataclass(frozen=True, slots=True)
class StagedVersion:
    """A version whose rows are stored and which nobody sees yet.

    Attributes:
        passage_ids: in the order of the version's passages.
    """

    id: int
    state: FileState
    audience: str
    passage_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class FailedFile:
    """A file that cannot be used; `state` is None where it could not even be read."""

    root: str
    path: str
    reason: str
    line: int | None = None
    state: FileState | None = None


IdsByAudience = dict[str, list[int]]


@dataclass(frozen=True, slots=True)
class Publication:
    """What a publish did.

    Attributes:
        revision: the published revision; the former one when nothing that is served changed.
        retired: passages that are no longer live.
    """

    revision: int
    retired: IdsByAudience
