"""The process that reads and encodes: apart from the desk's own, at the lowest priority, so that questions go first.

Started by `ingest_process` with the number of an open socket; ends when its parent does.
"""

from __future__ import annotations

import contextlib
import os
import socket
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from queue import Queue

import numpy as np

from retrieval.documents.sandbox import ParserProcess
from retrieval.encoder import create_encoder
from retrieval.encoder.base import Encoded, Encoder, Floats, passage_text
from retrieval.errors import KnowledgeFileError, PolydeskError
from retrieval.file_state import EncodedPassage
from retrieval.fingerprint import content_fingerprint
from retrieval.identifiers import identifiers
from retrieval.ingest_messages import (
    Alive,
    Answer,
    Done,
    GroupEnd,
    Job,
    NotReady,
    Ready,
    Refused,
    Stream,
    WorkerSettings,
)
from retrieval.ingest_messages import receive as receive_message
from retrieval.ingest_messages import send as send_message
from retrieval.languages import LanguageDetector
from retrieval.passages import Document, Passage
from retrieval.split import split
from retrieval.token_vectors import pack

_PARENT_CHECK_SECONDS = 0.5
_READ_AHEAD = 64


@dataclass(frozen=True, slots=True)
class _Read:
    """A file that was parsed and split."""

    job: Job
    fingerprint: str
    document: Document
    passages: tuple[Passage, ...]


class Worker:
    """Turns groups of jobs into answers."""

    def __init__(self, settings: WorkerSettings, encoder: Encoder) -> None:
        self._settings = settings
        self._encoder = encoder
        self._parser = ParserProcess(settings.limits)
        self._detector: LanguageDetector | None = None

    def serve(self, stream: Stream) -> None:
        """Answers each group with one `Done` or `Refused` a job, as soon as it is known, and a `GroupEnd`."""
        found: Queue[_Read | Refused | GroupEnd | None] = Queue(_READ_AHEAD)
        # The next files are parsed, in yet another process, while these are encoded.
        threading.Thread(target=self._read_groups, args=(stream, found), daemon=True).start()
        group: list[_Read] = []
        while (item := found.get()) is not None:
            if isinstance(item, _Read):
                group.append(item)
                send_message(stream, Alive(0))
                continue
            if isinstance(item, GroupEnd):
                for answer in self._encode(group):
                    send_message(stream, answer)
                group = []
            send_message(stream, item)

    def close(self) -> None:
        self._parser.close()
        self._encoder.close()

    def _read_groups(self, stream: Stream, found: Queue[_Read | Refused | GroupEnd | None]) -> None:
        try:
            while jobs := receive_message(stream):
                for job in jobs:
                    found.put(self._read(job))
                found.put(GroupEnd())
        finally:
            # Whatever ends this ends the process, and the desk starts another.
            found.put(None)

    def _read(self, job: Job) -> _Read | Refused:
        try:
            return self._parse(job)
        except KnowledgeFileError as error:
            return Refused(job.number, error.reason, error.line)

    def _parse(self, job: Job) -> _Read:
        absolute = Path(job.root) / job.path
        document = self._parser.parse(absolute, job.path, job.rules)
        found = split(document, self._encoder.count_tokens, self._settings.budget, self._settings.minimum)
        passages = tuple(
            passage if passage.language else replace(passage, language=self._language(passage.text))
            for passage in found
        )
        try:
            unchanged = content_fingerprint(absolute, self._settings.limits.max_bytes) == job.fingerprint
        except OSError as error:
            raise KnowledgeFileError(job.path, f"went away while it was read: {error.strerror}") from error
        return _Read(job, job.fingerprint if unchanged else "", document, passages)

    def _language(self, text: str) -> str:
        # Its model takes half a second and 70 MB, which a worker whose files all name their language does without.
        if self._detector is None:
            self._detector = LanguageDetector(self._settings.languages)
        return self._detector.passage(text)

    def _encode(self, read: Sequence[_Read]) -> Iterator[Answer]:
        texts = [
            (file, place, passage_text(passage.context, passage.text))
            for file, each in enumerate(read)
            for place, passage in enumerate(each.passages)
        ]
        # Texts of like length waste no padding, and the longest first keep all threads busy to the end.
        texts.sort(key=lambda text: len(text[2]), reverse=True)
        signposts = self._signposts(read)
        encoded: list[dict[int, EncodedPassage]] = [{} for _ in read]
        for number, each in enumerate(read):
            if not each.passages:
                yield _done(each, encoded[number])
        for start in range(0, len(texts), self._settings.batch):
            batch = texts[start : start + self._settings.batch]
            results = self._encoder.encode_passages([text for _, _, text in batch])
            for (file, place, _), result in zip(batch, results, strict=True):
                encoded[file][place] = _encoded_passage(read[file].passages[place], result, signposts)
                if len(encoded[file]) == len(read[file].passages):
                    yield _done(read[file], encoded[file])
                    encoded[file] = {}
            yield Alive(len(batch))

    def _signposts(self, read: Sequence[_Read]) -> dict[str, Floats]:
        """The pooled vectors of all signposts, encoded as the questions that they stand for."""
        texts = {text for each in read for passage in each.passages for text in passage.signposts}
        ordered = sorted(texts, key=len, reverse=True)
        vectors = {}
        for start in range(0, len(ordered), self._settings.batch):
            part = ordered[start : start + self._settings.batch]
            for text, encoded in zip(part, self._encoder.encode_questions(part), strict=True):
                vectors[text] = encoded.pooled
        return vectors


def _done(read: _Read, encoded: dict[int, EncodedPassage]) -> Done:
    document = read.document
    return Done(
        read.job.number,
        read.fingerprint,
        document.title,
        document.url,
        document.audience,
        document.valid_until,
        tuple(encoded[place] for place in range(len(read.passages))),
    )


def _encoded_passage(passage: Passage, encoded: Encoded, signposts: Mapping[str, Floats]) -> EncodedPassage:
    terms = identifiers("\n".join((passage.title, passage_text(passage.context, passage.text))))
    pooled = np.stack([encoded.pooled, *(signposts[text] for text in passage.signposts)])
    return EncodedPassage(passage, pooled, pack(encoded.layers), terms)


def _lower_priority(niceness: int) -> None:
    os.nice(niceness)
    if hasattr(os, "SCHED_BATCH"):
        os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))


def _end_with_parent(parent: int) -> None:
    """Ends the process once its parent is gone, even in the middle of a long encode."""
    while os.getppid() == parent:
        time.sleep(_PARENT_CHECK_SECONDS)
    os._exit(1)


def serve(stream: Stream) -> None:
    """Answers what comes over the stream until it ends."""
    settings: WorkerSettings = receive_message(stream)
    _lower_priority(settings.niceness)
    try:
        encoder = create_encoder(
            settings.kind,
            threads=settings.threads,
            model=settings.model,
            device=settings.device,
            data_dir=settings.data_dir,
        )
    except (PolydeskError, OSError, ValueError, ImportError) as error:
        send_message(stream, NotReady(str(error)))
        return
    worker = Worker(settings, encoder)
    send_message(stream, Ready(encoder.identity))
    try:
        worker.serve(stream)
    finally:
        worker.close()


def main() -> None:
    threading.Thread(target=_end_with_parent, args=(os.getppid(),), daemon=True).start()
    with (
        # These say that the desk is gone or wants no more: there is nobody to tell.
        contextlib.suppress(BrokenPipeError, ConnectionResetError),
        socket.socket(fileno=int(sys.argv[1])) as connection,
        connection.makefile("rwb") as stream,
    ):
        serve(stream)


if __name__ == "__main__":
    main()
