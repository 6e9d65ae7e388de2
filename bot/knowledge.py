"""Keeps what is published at what lies under the roots: at the start, on command, and whenever a file changes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import structlog

from bot.config import Settings
from bot.metrics import Metrics
from bot.roots import choose_roots, roots_in_force
from retrieval.errors import ConfigurationError, KnowledgeFileError, PolydeskError
from retrieval.ingest import Ingest, IngestReport
from retrieval.ingest_progress import Progress
from retrieval.store import Store
from retrieval.watch import Watcher

REVISION_SECONDS = 0.25

Step = Callable[[dict[str, Any]], None]

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Dependency:
    """The state of one thing that the desk needs.

    Attributes:
        required: whether the desk answers nobody without it; what is not is replaced while it is out.
    """

    ready: bool
    detail: str
    required: bool = True


class Knowledge:
    """The published knowledge, and the work that keeps it current. Used from one event loop.

    Args:
        ingest: with the configured roots.

    Attributes:
        revision: the published one, without a look into the database; a fraction of a second late at most.
    """

    def __init__(self, settings: Settings, store: Store, ingest: Ingest, metrics: Metrics) -> None:
        self._settings = settings
        self._store = store
        self._ingest = ingest
        self._metrics = metrics
        self._background: list[asyncio.Task[None]] = []
        self._running = 0
        self._step: Progress | None = None
        self._caught_up = False
        self._error = ""
        self._refused: set[tuple[str, str]] = set()
        self.revision = 0

    async def open(self) -> None:
        """Learns what is published, and which roots are in force."""
        configured = self._settings.knowledge.roots
        self._ingest.roots = await asyncio.to_thread(roots_in_force, self._settings.data_dir, configured)
        if self._ingest.roots != configured:
            log.info("roots_chosen_by_ingest", roots=[str(root) for root in self._ingest.roots])
        await self._refresh()

    def start(self) -> None:
        """Publishes in the background what changed since the desk last ran, and from then on whatever changes."""
        self._background = [asyncio.create_task(self._follow_revision()), asyncio.create_task(self._keep_current())]

    async def close(self) -> None:
        """Stops all work; what was published stays."""
        for task in self._background:
            task.cancel()
        await asyncio.gather(*self._background, return_exceptions=True)
        await self._ingest.close()

    async def ingest(self, roots: Sequence[Path] = (), step: Step = lambda values: None) -> dict[str, Any]:
        """Puts the roots into force, or the configured ones where none are given, and publishes what changed.

        Args:
            step: called with each step of the work.

        Returns:
            The report as JSON values.

        Raises:
            ConfigurationError: a root is no folder.
            PolydeskError: nothing can be published.
        """
        configured = self._settings.knowledge.roots
        for root in roots or configured:
            if not await asyncio.to_thread(root.is_dir):
                raise ConfigurationError(f"There is no folder {root}.")
        chosen = await asyncio.to_thread(choose_roots, self._settings.data_dir, configured, roots)
        moved, self._ingest.roots = chosen != self._ingest.roots, chosen
        self._caught_up = self._caught_up and not moved
        report = await self._run(step, retry=True)
        if moved and len(self._background) > 1:
            # The watcher looks at the roots it was started with.
            self._background.pop().cancel()
            self._background.append(asyncio.create_task(self._watch()))
        return report_values(report)

    def state(self) -> Dependency:
        """Whether there is something to answer from, and what is being done about it."""
        if self._running:
            step = self._step
            doing = f"ingesting {step.files_done} of {step.files_total}" if step else "looking for changes"
            return Dependency(self.revision > 0, doing)
        refused = f", {len(self._refused)} files refused" if self._refused else ""
        return Dependency(self.revision > 0 or not self._error, self._error or f"revision {self.revision}{refused}")

    @property
    def partial(self) -> bool:
        """Whether files are still to be read that were there when the desk was started, or given its roots."""
        return not self._caught_up and (self._step is not None or bool(self._error))

    async def _keep_current(self) -> None:
        try:
            await self._run(lambda values: None)
        except PolydeskError as error:
            log.error("ingest_failed", reason=str(error))
        await self._watch()

    async def _watch(self) -> None:
        if self._settings.knowledge.watch:
            await Watcher(self._ingest).run(self._reported)

    async def _run(self, step: Step, *, retry: bool = False) -> IngestReport:
        def progressed(progress: Progress) -> None:
            self._step = progress
            step(progress_values(progress))

        self._running += 1
        try:
            report = await self._ingest.run(progressed, retry=retry)
        except PolydeskError as error:
            self._error = str(error)
            self._metrics.ingests.labels("failed").inc()
            raise
        finally:
            self._running -= 1
            self._step = None
        self._reported(report)
        await self._refresh()
        return report

    def _reported(self, report: IngestReport) -> None:
        self._error = ""
        self._caught_up = True
        self.revision = max(self.revision, report.revision)
        self._metrics.ingests.labels("done").inc()
        self._metrics.ingest_seconds.set(report.seconds)
        self._metrics.broken_files.set(len(report.failures))
        if report.added or report.changed or report.removed:
            values = report_values(report)
            log.info("ingested", **(values | {"failures": len(report.failures)}))
        refused = {(failure.path, failure.reason) for failure in report.failures}
        known, self._refused = self._refused, refused
        for failure in report.failures:
            if (failure.path, failure.reason) in known:
                continue  # Said before; the watcher comes by every minute.
            log.warning("file_refused", path=failure.path, line=failure.line, reason=failure.reason)

    async def _follow_revision(self) -> None:
        """A long ingest publishes group by group; remembered answers must not outlive the first of them."""
        while True:
            await asyncio.sleep(REVISION_SECONDS)
            await self._refresh()

    async def _refresh(self) -> None:
        figures = await asyncio.to_thread(self._store.figures)
        self.revision = max(self.revision, figures.revision)
        self._metrics.revision.set(figures.revision)
        self._metrics.passages.set(figures.passages)


def progress_values(progress: Progress) -> dict[str, Any]:
    """A step of an ingest as JSON values."""
    return {
        "phase": "reading",
        "done": progress.files_done,
        "total": progress.files_total,
        "passages": progress.passages,
        "rate": round(progress.passages_per_second, 1),
        "seconds_left": None if progress.seconds_left is None else round(progress.seconds_left, 1),
        "path": progress.path,
    }


def report_values(report: IngestReport) -> dict[str, Any]:
    """What an ingest did, as JSON values."""
    return {
        "revision": report.revision,
        "added": report.added,
        "changed": report.changed,
        "removed": report.removed,
        "unchanged": report.unchanged,
        "expired": report.expired,
        "passages": report.passages,
        "seconds": round(report.seconds, 3),
        "failures": [failure_values(failure) for failure in report.failures],
    }


def failure_values(failure: KnowledgeFileError) -> dict[str, Any]:
    """A file that cannot be used, as JSON values."""
    return {"path": failure.path, "line": failure.line, "reason": failure.reason}
