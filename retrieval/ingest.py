"""HUB: files → documents → passages → encoder → store → index → publish."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import cache, partial
from pathlib import Path
from typing import TypeVar

from retrieval.errors import KnowledgeFileError
from retrieval.file_state import FailedFile, FileState, NewVersion
from retrieval.fingerprint import settings_fingerprint
from retrieval.folder_rules import FolderRules
from retrieval.index import VectorIndex
from retrieval.ingest_messages import Done, Job, Refused, WorkerSettings
from retrieval.ingest_process import IngestProcess
from retrieval.ingest_progress import Meter, Progress
from retrieval.publisher import Publisher
from retrieval.scan import ChangedFile, Scan, Scanner
from retrieval.store import Store

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class IngestReport:
    """What one run did.

    Attributes:
        revision: the published revision after it.
        added, changed, removed, unchanged: files.
        expired: files under the roots that are not served since their last day has passed.
        passages: encoded in this run.
        failures: every file that cannot be used as it is now, from former runs too.
    """

    revision: int
    added: int
    changed: int
    removed: int
    unchanged: int
    expired: int
    passages: int
    failures: list[KnowledgeFileError]
    seconds: float


@dataclass(slots=True)
class _Batch:
    """What waits for the next publish."""

    began: float = field(default_factory=time.monotonic)
    new: list[NewVersion] = field(default_factory=list)
    withdrawn: list[FileState] = field(default_factory=list)
    failed: list[FailedFile] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.new) + len(self.withdrawn) + len(self.failed)


class Ingest:
    """Keeps store and index at what lies under the roots.

    Args:
        roots: folders of knowledge files; files published from any other folder are withdrawn. May be set anew.
        identity: of the encoder that answers questions.
        worker: what the worker process is started with.
        publish_seconds, publish_files: how long, and for how many files, a publish waits for more.
        idle_seconds: after which the worker process ends; the next run starts another.
    """

    def __init__(
        self,
        store: Store,
        index: VectorIndex,
        roots: Sequence[Path],
        identity: str,
        worker: WorkerSettings,
        *,
        publish_seconds: float = 2.0,
        publish_files: int = 64,
        idle_seconds: float = 300.0,
    ) -> None:
        self.roots = tuple(roots)
        self._store = store
        self._publisher = Publisher(store, index)
        self._worker = worker
        self._process = IngestProcess(worker, identity)
        self._identity = identity
        self._publish_seconds = publish_seconds
        self._publish_files = publish_files
        self._idle_seconds = idle_seconds
        self._running = asyncio.Lock()
        self._idle: asyncio.Task[None] | None = None
        # One thread, so that what a cancelled run still writes is done before the next one begins.
        self._thread = ThreadPoolExecutor(1, "ingest")

    @property
    def worker_pid(self) -> int | None:
        """The worker's process id while it runs."""
        return self._process.pid

    async def run(
        self, progress: Callable[[Progress], None] = lambda progress: None, *, retry: bool = False
    ) -> IngestReport:
        """Reads what has changed and publishes it, group by group. A second call waits for the first.

        Args:
            progress: called in this loop at every step.
            retry: reads files again that failed and have not changed since.

        Raises:
            IngestStopped: if the data folder cannot be written.
            WorkerFailed: if the worker process cannot be started.
        """
        async with self._running:
            self._stay_awake()
            try:
                return await self._run(progress, retry)
            except BaseException:
                # Answers to this run may still come; a new worker has none.
                await self._process.stop()
                raise
            finally:
                if self._process.pid is not None:
                    self._idle = asyncio.create_task(self._fall_asleep())

    async def warm(self) -> None:
        """Starts the worker process, so that the first edit does not wait for it."""
        async with self._running:
            self._stay_awake()
            await self._process.start()
            self._idle = asyncio.create_task(self._fall_asleep())

    async def close(self) -> None:
        """Ends the worker process and waits for what is being written."""
        idle = self._stay_awake()
        if idle is not None:
            await asyncio.wait([idle])
        await self._process.stop()
        await asyncio.to_thread(self._thread.shutdown)

    async def _run(self, progress: Callable[[Progress], None], retry: bool) -> IngestReport:
        started = time.monotonic()
        scan = await self._in_thread(partial(self._scan, retry))
        passages = await self._read(scan.changed, progress) if scan.changed else 0
        if scan.changed or scan.removed:
            await self._in_thread(self._publisher.tidy)
        return IngestReport(
            revision=await self._in_thread(self._store.revision),
            added=len(scan.new),
            changed=len(scan.changed) - len(scan.new),
            removed=len(scan.removed),
            unchanged=scan.unchanged,
            expired=len(await self._in_thread(self._store.expired)),
            passages=passages,
            failures=await self._in_thread(self._store.failures),
            seconds=time.monotonic() - started,
        )

    def _scan(self, retry: bool) -> Scan:
        """Finds what has changed, and publishes all that needs no reading."""
        worker, writer = self._worker, self._publisher.writer

        @cache
        def settings(rules: FolderRules) -> str:
            return settings_fingerprint(rules, self._identity, worker.budget, worker.minimum, worker.languages)

        scanner = Scanner(settings, worker.limits.max_bytes, self._store.today(), retry=retry)
        scan = scanner.scan(self.roots, writer.known_files(), writer.failed_files())
        self._publisher.publish(
            withdrawn=scan.withdrawn,
            removed=scan.removed,
            failed=scan.failed,
            cleared=scan.cleared,
            remembered=scan.remembered,
        )
        return scan

    async def _read(self, changed: Sequence[ChangedFile], progress: Callable[[Progress], None]) -> int:
        """Has the files read and encoded, and publishes them; returns how many passages that made."""
        jobs = [
            Job(number, each.state.root, each.state.path, each.file.rules, each.state.fingerprint)
            for number, each in enumerate(changed)
        ]
        meter = Meter(len(jobs), sum(each.file.size for each in changed), progress)
        meter.start()
        batch = _Batch()
        publishing: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        publishing.set_result(None)
        try:
            async with contextlib.aclosing(self._process.answers(jobs)) as answers:
                async for answer in answers:
                    if isinstance(answer, Done | Refused):
                        each = changed[answer.number]
                        self._collect(answer, each.state, batch)
                        meter.finished(each.file.path, each.file.size)
                    else:
                        meter.encoded(answer.passages)
                    if self._due(batch):
                        # The worker goes on meanwhile; one publish at a time, so that little waits in memory.
                        await publishing
                        publishing, batch = self._publish(batch), _Batch()
            await publishing
            publishing = self._publish(batch)
        finally:
            # A publish that has begun ends, however this run does.
            await asyncio.wait([publishing])
        await publishing
        return meter.passages

    def _collect(self, answer: Done | Refused, state: FileState, batch: _Batch) -> None:
        if isinstance(answer, Refused):
            batch.failed.append(FailedFile(state.root, state.path, answer.reason, answer.line, state))
            return
        state = replace(state, fingerprint=answer.fingerprint, valid_until=answer.valid_until)
        if state.valid_until is not None and state.valid_until < self._store.today():
            batch.withdrawn.append(state)
            return
        batch.new.append(NewVersion(state, answer.title, answer.url, answer.audience, self._identity, answer.passages))

    def _due(self, batch: _Batch) -> bool:
        if len(batch) == 0:
            return False
        return len(batch) >= self._publish_files or time.monotonic() - batch.began >= self._publish_seconds

    def _publish(self, batch: _Batch) -> asyncio.Future[None]:
        return self._in_thread(
            partial(self._publisher.publish, batch.new, withdrawn=batch.withdrawn, failed=batch.failed)
        )

    def _in_thread(self, work: Callable[[], T]) -> asyncio.Future[T]:
        return asyncio.get_running_loop().run_in_executor(self._thread, work)

    def _stay_awake(self) -> asyncio.Task[None] | None:
        idle, self._idle = self._idle, None
        if idle is not None:
            idle.cancel()
        return idle

    async def _fall_asleep(self) -> None:
        await asyncio.sleep(self._idle_seconds)
        async with self._running:
            await self._process.stop()
