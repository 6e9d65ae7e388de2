"""The watcher on real folders, with a real ingest behind it."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from pathlib import Path

import pytest
import pytest_asyncio

from retrieval.encoder import create_encoder
from retrieval.index import Index
from retrieval.ingest import Ingest, IngestReport
from retrieval.ingest_messages import WorkerSettings
from retrieval.store import Store
from retrieval.watch import Watcher

pytestmark = pytest.mark.asyncio(loop_scope="module")
PATIENCE_SECONDS = 60


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def ingest(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Ingest]:
    folder = tmp_path_factory.mktemp("watched")
    store = Store(f"sqlite:///{folder / 'polydesk.sqlite3'}")
    store.migrate()
    index = Index(folder / "chroma")
    encoder = create_encoder("onnx")
    encoder.close()
    ingest = Ingest(store, index, [], encoder.identity, WorkerSettings())
    yield ingest
    await ingest.close()
    index.close()
    store.close()


@pytest.fixture
def root(tmp_path: Path, ingest: Ingest) -> Path:
    root = tmp_path / "knowledge"
    root.mkdir()
    write(root / "a.md", "One.")
    ingest.roots = (root,)
    return root


def write(file: Path, text: str) -> None:
    file.write_text(f"# Title\n\n{text}\n")
    # Polling sees whole seconds.
    later = time.time() + 10 * len(text)
    os.utime(file, (later, later))


class Watched:
    """A watcher at work, and what it reported."""

    def __init__(self, watcher: Watcher) -> None:
        self.reports: list[IngestReport] = []
        self._arrived = asyncio.Event()
        self._task = asyncio.create_task(watcher.run(self._note))

    async def until(self, condition: Callable[[IngestReport], bool]) -> IngestReport:
        """The first report that meets the condition."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while True:
                for report in self.reports:
                    if condition(report):
                        self.reports.clear()
                        return report
                self._arrived.clear()
                await self._arrived.wait()

    async def end(self) -> None:
        self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task

    def _note(self, report: IngestReport) -> None:
        self.reports.append(report)
        self._arrived.set()


@pytest.mark.parametrize("polling", [False, True])
async def test_additions_edits_and_deletions_are_followed(ingest: Ingest, root: Path, polling: bool) -> None:
    watched = Watched(Watcher(ingest, polling=polling))
    await watched.until(lambda report: report.added == 1)
    write(root / "a.md", "Another text.")
    assert (await watched.until(lambda report: report.changed == 1)).passages == 1
    os.mkdir(root / "deep")
    write(root / "deep" / "b.md", "Two.")
    await watched.until(lambda report: report.added == 1)
    (root / "a.md").unlink()
    await watched.until(lambda report: report.removed == 1)
    await watched.end()


async def test_a_root_that_comes_later_is_taken_up(ingest: Ingest, tmp_path: Path) -> None:
    late = tmp_path / "late"
    ingest.roots = (late,)
    watched = Watched(Watcher(ingest, every_seconds=0.2))
    await watched.until(lambda report: len(report.failures) == 1)
    await asyncio.to_thread(late.mkdir)
    write(late / "a.md", "One.")
    report = await watched.until(lambda report: report.added == 1)
    assert report.failures == []
    await watched.end()


async def test_a_root_that_is_put_in_anothers_place_is_watched(ingest: Ingest, root: Path) -> None:
    watched = Watched(Watcher(ingest, every_seconds=0.2))
    await watched.until(lambda report: report.added == 1)
    await asyncio.to_thread(root.rename, root.with_name("former"))
    await asyncio.to_thread(root.mkdir)
    write(root / "c.md", "Three.")
    await watched.until(lambda report: report.added == 1)
    write(root / "c.md", "Three and more.")
    await watched.until(lambda report: report.changed == 1)
    await watched.end()


async def test_nothing_happening_publishes_nothing(ingest: Ingest, root: Path) -> None:
    watched = Watched(Watcher(ingest, every_seconds=0.1))
    first = await watched.until(lambda report: report.added == 1)
    assert (await watched.until(lambda report: report.unchanged == 1)).revision == first.revision
    await watched.end()
