"""What passes between the ingest and its worker process, and how it is put on the wire."""

from __future__ import annotations

import pickle
import struct
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Protocol

from retrieval.documents.limits import Limits
from retrieval.encoder import EncoderKind
from retrieval.file_state import EncodedPassage
from retrieval.folder_rules import FolderRules

_LENGTH = struct.Struct("!Q")
HEADER_BYTES = _LENGTH.size


@dataclass(frozen=True, slots=True)
class WorkerSettings:
    """All that the worker needs, as plain values.

    Attributes:
        kind: of the encoder, see `create_encoder`; model, device, threads and data_dir likewise.
        budget: tokens of a passage at most.
        minimum: tokens below which passages join their neighbours.
        languages: those the desk is configured for, tried first when a file does not say its own.
        batch: passages given to the encoder at a time.
        niceness: added to the process's priority, 19 being the lowest.
    """

    kind: EncoderKind = "onnx"
    model: str = ""
    device: str = "cpu"
    threads: int = 1
    data_dir: Path | None = None
    budget: int = 220
    minimum: int = 40
    limits: Limits = field(default_factory=Limits)
    languages: tuple[str, ...] = ()
    batch: int = 16
    niceness: int = 19


@dataclass(frozen=True, slots=True)
class Job:
    """A file to read; `fingerprint` is what it was when the job was made."""

    number: int
    root: str
    path: str
    rules: FolderRules
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Ready:
    """The worker has its encoder."""

    identity: str


@dataclass(frozen=True, slots=True)
class NotReady:
    """The worker cannot get its encoder."""

    reason: str


@dataclass(frozen=True, slots=True)
class Alive:
    """The worker got on by so many passages."""

    passages: int


@dataclass(frozen=True, slots=True, eq=False)
class Done:
    """A file was read and encoded. `fingerprint` is "" if it changed meanwhile."""

    number: int
    fingerprint: str
    title: str
    url: str
    audience: str
    valid_until: date | None
    passages: tuple[EncodedPassage, ...]


@dataclass(frozen=True, slots=True)
class Refused:
    """A file cannot be used as it is."""

    number: int
    reason: str
    line: int | None = None


@dataclass(frozen=True, slots=True)
class GroupEnd:
    """Every job of the oldest group was answered."""


class Stream(Protocol):
    """Bytes both ways, blocking."""

    def read(self, size: int, /) -> bytes: ...

    def write(self, data: bytes, /) -> int: ...

    def flush(self) -> None: ...


Answer = Ready | NotReady | Alive | Done | Refused | GroupEnd


def pack(message: Any) -> bytes:
    """A message with its length before it."""
    body = pickle.dumps(message, pickle.HIGHEST_PROTOCOL)
    return _LENGTH.pack(len(body)) + body


def body_bytes(header: bytes) -> int:
    """How long the message is that follows a header."""
    return int(_LENGTH.unpack(header)[0])


def unpack(body: bytes) -> Any:
    """The message. Only ever read from the other half of this program: a pickle can run code."""
    return pickle.loads(body)


def send(stream: Stream, message: Any) -> None:
    """Writes a message."""
    stream.write(pack(message))
    stream.flush()


def receive(stream: Stream) -> Any:
    """The next message; None at the end, which the death of the other side is too."""
    try:
        header = stream.read(HEADER_BYTES)
    except ConnectionResetError:
        return None
    return unpack(stream.read(body_bytes(header))) if len(header) == HEADER_BYTES else None
