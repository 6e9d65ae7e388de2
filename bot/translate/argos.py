"""Argos Translate in this process: one worker thread with a short queue, so that what is late is left out."""

from __future__ import annotations

import asyncio
import contextlib
import queue
import threading
import time
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path

import structlog

from bot.translate.argos_library import require_argos
from bot.translate.argos_models import Models
from bot.translate.argos_packages import installed, packages_folder
from bot.translate.base import Pair, seconds_until
from retrieval.errors import UpstreamError

log = structlog.get_logger()

# Requests that may wait. Each takes a few tenths of a second; what would wait longer than a person does is refused.
WAITING = 16


@dataclass(frozen=True, slots=True)
class _Job:
    texts: tuple[str, ...]
    source: str
    target: str
    until: float
    result: Future[list[str]] = field(default_factory=Future)
    left: threading.Event = field(default_factory=threading.Event)

    def wanted(self) -> bool:
        """Whether somebody still waits for it."""
        return not self.left.is_set() and time.monotonic() <= self.until


class Argos:
    """The engine. Models are touched by its one thread only: they load lazily and without locks of their own.

    Args:
        models: held in memory at a time.
        threads: of a translation.
        timeout_seconds: after which a request is dropped, whether it was begun or not.

    Raises:
        ConfigurationError: Argos Translate is not installed.
    """

    name = "argos"

    def __init__(self, data_dir: Path, *, models: int = 4, threads: int = 1, timeout_seconds: float = 4.0) -> None:
        require_argos(data_dir)
        self._models = Models(installed(packages_folder(data_dir)), data_dir, most=models, threads=threads)
        self._pairs = self._models.pairs()
        self._timeout = timeout_seconds
        self._jobs: queue.Queue[_Job | None] = queue.Queue(WAITING)
        self._ready: Future[None] = Future()
        self._closed = False
        self._worker = threading.Thread(target=self._work, name="argos", daemon=True)
        self._worker.start()

    async def preloaded(self) -> None:
        """Returns when the models that are held have been loaded, which begins by itself.

        Raises:
            UpstreamError: a package is broken; the others are there.
        """
        await asyncio.shield(asyncio.wrap_future(self._ready))

    @property
    def trouble(self) -> str:
        return "" if self._ready.done() else "Argos Translate is loading its packages."

    async def translate(
        self, texts: Sequence[str], source: str, target: str, *, until: float | None = None
    ) -> list[str]:
        if not texts:
            return []
        if self._closed:
            raise UpstreamError("Argos Translate is closed.")
        seconds = seconds_until(until, self._timeout)
        job = _Job(tuple(texts), source, target, time.monotonic() + seconds)
        try:
            self._jobs.put_nowait(job)
        except queue.Full as error:
            raise UpstreamError("Argos Translate has more to do than it can.") from error
        try:
            async with asyncio.timeout(seconds):
                # A caller that goes away cancels its job, and the worker passes over it.
                return await asyncio.wrap_future(job.result)
        except TimeoutError as error:
            raise UpstreamError("Argos Translate took too long.") from error
        finally:
            # One that is under way ends with its batch.
            job.left.set()

    async def pairs(self) -> frozenset[Pair]:
        return self._pairs

    async def can(self, source: str, target: str, *, until: float | None = None) -> bool:
        return (source, target) in self._pairs

    async def close(self) -> None:
        """Ends the thread after the batch under way; what still waits fails."""
        if self._closed:
            return
        self._closed = True
        with contextlib.suppress(queue.Empty):
            while (job := self._jobs.get_nowait()) is not None:
                job.result.cancel()
        self._jobs.put_nowait(None)
        await asyncio.to_thread(self._worker.join)

    def _work(self) -> None:
        try:
            self._models.preload()
        except UpstreamError as error:
            log.warning("argos_package_broken", reason=str(error))
            self._ready.set_exception(error)
        else:
            self._ready.set_result(None)
        while (job := self._jobs.get()) is not None:
            # Who asked has gone away, or will have before the first sentence is done.
            if not job.wanted() or not job.result.set_running_or_notify_cancel():
                job.result.cancel()
                continue
            try:
                job.result.set_result(self._models.translate(job.texts, job.source, job.target, job.wanted))
            except UpstreamError as error:
                job.result.set_exception(error)
        self._models.close()
