"""How far an ingest is, how fast it goes and how long it will take."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Progress:
    """One step of an ingest.

    Attributes:
        files_done, files_total: of those that need reading.
        passages: encoded so far.
        passages_per_second: since the first file was given to the worker.
        seconds_left: estimated from the bytes read so far; None until something was read.
        path: of the file that was finished last.
    """

    files_done: int
    files_total: int
    passages: int
    passages_per_second: float
    seconds_left: float | None
    path: str


class Meter:
    """Counts, and tells of every step.

    Args:
        files: to read.
        size: of all of them in bytes.
    """

    def __init__(self, files: int, size: int, tell: Callable[[Progress], None]) -> None:
        self._files = files
        self._size = size
        self._tell = tell
        self._started = time.monotonic()
        self._files_done = 0
        self._size_done = 0
        self._path = ""
        self.passages = 0

    def start(self) -> None:
        self._tell(self._progress())

    def encoded(self, passages: int) -> None:
        """So many passages more were encoded."""
        if passages:
            self.passages += passages
            self._tell(self._progress())

    def finished(self, path: str, size: int) -> None:
        """A file was read or refused."""
        self._files_done += 1
        self._size_done += size
        self._path = path
        self._tell(self._progress())

    def _progress(self) -> Progress:
        seconds = max(time.monotonic() - self._started, 1e-3)
        left = seconds * (self._size - self._size_done) / self._size_done if self._size_done else None
        rate = self.passages / seconds
        return Progress(self._files_done, self._files, self.passages, rate, left, self._path)
