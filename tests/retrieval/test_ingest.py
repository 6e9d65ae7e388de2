"""Ingest end to end: real files, parser, splitter, encoder, worker process, SQLite and Chroma."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import event

from retrieval.encoder import create_encoder
from retrieval.encoder.base import Encoder
from retrieval.identifiers import identifiers
from retrieval.index import Index
from retrieval.ingest import Ingest, IngestReport
from retrieval.ingest_messages import WorkerSettings
from retrieval.ingest_process import WorkerFailed
from retrieval.ingest_progress import Progress
from retrieval.publisher import IngestStopped
from retrieval.recover import Recovery, recover
from retrieval.store import Store

CHARGING = "# Battery\n\n## Charging\n\nCharge the battery for six hours before the first ride.\n"
RETURNS = "# Returns\n\n## Sending back\n\nReturn the bike within thirty days, form RT-204-X.\n"

pytestmark = pytest.mark.asyncio(loop_scope="module")


@dataclass
class Desk:
    """What a running desk has of retrieval."""

    store: Store
    index: Index
    encoder: Encoder
    ingest: Ingest
    folder: Path

    async def read(self, root: Path) -> IngestReport:
        self.ingest.roots = (root,)
        return await self.ingest.run()

    def texts(self) -> dict[str, list[str]]:
        """What is served, by path, in the order of the file."""
        ids = sorted(id for each in self.store.live_ids().values() for id in each)
        found: dict[str, list[str]] = {}
        for stored in self.store.passages(ids).values():
            found.setdefault(stored.passage.path, []).append(stored.passage.text)
        return found

    def best(self, question: str, audience: str = "public") -> str:
        """The text that recall finds first."""
        vector = self.encoder.encode_questions([question])[0].pooled
        ids = [id for id, _ in self.index.query(audience, vector, 20)]
        return next(stored.passage.text for stored in self.store.passages(ids).values())

    def consistent(self) -> bool:
        """Whether the index holds what is served and nothing else."""
        held = {name: sorted(self.index.ids(name) or ()) for name in self.index.audiences()}
        return {name: ids for name, ids in held.items() if ids} == self.store.live_ids()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def desk(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Desk]:
    """One desk for all tests: each gives it another root, which withdraws the former one's files."""
    folder = tmp_path_factory.mktemp("desk")
    store = Store(f"sqlite:///{folder / 'polydesk.sqlite3'}")
    store.migrate()
    index = Index(folder / "chroma")
    encoder = create_encoder("onnx")
    ingest = Ingest(store, index, [], encoder.identity, WorkerSettings(languages=("en", "de"), batch=4))
    yield Desk(store, index, encoder, ingest, folder)
    await ingest.close()
    index.close()
    encoder.close()
    store.close()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "knowledge"
    root.mkdir()
    (root / "battery.md").write_text(
        "# Battery\n\n## Charging\n\nCharge the battery for six hours before the first ride.\n"
    )
    (root / "returns.md").write_text(
        "# Returns\n\n## Sending back\n\nReturn the bike within thirty days, form RT-204-X.\n"
    )
    return root


async def test_files_are_published_and_found(desk: Desk, root: Path) -> None:
    report = await desk.read(root)
    assert (report.added, report.passages, report.failures) == (2, 2, [])
    assert report.revision == desk.store.revision()
    assert "six hours" in desk.best("How long does the accu need to load?")
    assert desk.consistent()
    ids = desk.store.with_identifiers(sorted(identifiers("form rt 204 x, or RT-204-X")), ["public"], 5)
    [stored] = desk.store.passages(ids).values()
    assert (stored.passage.path, stored.passage.anchor, stored.passage.language) == ("returns.md", "sending-back", "en")
    assert stored.passage.heading == ("Returns", "Sending back")
    assert len(desk.store.token_blobs(ids)[ids[0]]) > 100


async def test_an_unchanged_tree_publishes_nothing(desk: Desk, root: Path) -> None:
    first = await desk.read(root)
    second = await desk.read(root)
    assert (second.revision, second.unchanged, second.added, second.changed) == (first.revision, 2, 0, 0)


async def test_an_edit_and_a_deletion_are_followed(desk: Desk, root: Path) -> None:
    await desk.read(root)
    (root / "battery.md").write_text("# Battery\n\n## Charging\n\nCharge the battery for nine hours.\n")
    (root / "returns.md").unlink()
    report = await desk.read(root)
    assert (report.changed, report.removed, report.added) == (1, 1, 0)
    assert desk.texts() == {"battery.md": ["Charge the battery for nine hours."]}
    assert desk.consistent()


async def test_a_broken_file_keeps_its_last_good_version(desk: Desk, root: Path) -> None:
    await desk.read(root)
    good = desk.texts()
    (root / "battery.md").write_text("---\ntitle: Battery\nno_such_key: 1\n---\n\nText\n")
    report = await desk.read(root)
    assert [(error.path, error.line) for error in report.failures] == [("battery.md", 3)]
    assert desk.texts() == good
    assert (await desk.read(root)).failures[0].path == "battery.md"
    (root / "battery.md").write_text("# Battery\n\nFixed.\n")
    assert (await desk.read(root)).failures == []
    assert desk.texts()["battery.md"] == ["Fixed."]


async def test_a_change_of_audience_moves_a_file(desk: Desk, root: Path) -> None:
    await desk.read(root)
    (root / "_folder.yaml").write_text("audience: agents\n")
    report = await desk.read(root)
    assert report.changed == 2
    assert set(desk.store.live_ids()) == {"agents"}
    assert "six hours" in desk.best("charging", "agents")
    assert desk.index.query("public", desk.encoder.encode_questions(["charging"])[0].pooled, 5) == []


async def test_an_expired_file_is_reported_and_not_served(desk: Desk, root: Path) -> None:
    yesterday = date.today() - timedelta(days=1)
    (root / "battery.md").write_text(f"---\nvalid_until: {yesterday}\n---\n\n# Battery\n\nWinter offer.\n")
    assert (await desk.read(root)).expired == 1
    assert set(desk.texts()) == {"returns.md"}
    again = await desk.read(root)
    assert (again.expired, again.unchanged, again.passages) == (1, 2, 0)


async def test_a_root_that_goes_missing_keeps_its_files(desk: Desk, root: Path) -> None:
    await desk.read(root)
    away = await asyncio.to_thread(root.rename, root.with_name("away"))
    report = await desk.read(root)
    assert (report.removed, len(report.failures)) == (0, 1)
    assert len(desk.texts()) == 2
    await asyncio.to_thread(away.rename, root)
    assert (await desk.read(root)).failures == []


async def test_a_file_that_empties_is_reported_and_stays(desk: Desk, root: Path) -> None:
    await desk.read(root)
    (root / "battery.md").write_text("")
    report = await desk.read(root)
    assert [error.path for error in report.failures] == ["battery.md"]
    assert len(desk.texts()) == 2


async def test_odd_files_do_no_harm(desk: Desk, root: Path) -> None:
    (root / "binary.md").write_bytes(os.urandom(5_000))
    (root / "fake.pdf").write_text("not a PDF")
    (root / "fake.docx").write_bytes(b"PK\x03\x04 not a zip")
    (root / "huge.md").write_bytes(b"x" * (WorkerSettings().limits.max_bytes + 1))
    (root / "twin").mkdir()
    (root / "twin" / "battery.md").write_bytes((root / "battery.md").read_bytes())
    report = await desk.read(root)
    assert {error.path for error in report.failures} >= {"fake.pdf", "fake.docx", "huge.md"}
    assert {"battery.md", "returns.md", "twin/battery.md"} <= set(desk.texts())


async def test_progress_counts_up_to_the_end(desk: Desk, root: Path) -> None:
    steps: list[Progress] = []
    desk.ingest.roots = (root,)
    await desk.ingest.run(steps.append)
    assert (steps[0].files_done, steps[0].files_total, steps[0].seconds_left) == (0, 2, None)
    assert (steps[-1].files_done, steps[-1].passages) == (2, 2)
    assert {step.path for step in steps} == {"", "battery.md", "returns.md"}
    assert [step.files_done for step in steps] == sorted(step.files_done for step in steps)


async def test_a_killed_worker_is_replaced(desk: Desk, root: Path) -> None:
    for number in range(20):
        (root / f"{number}.md").write_text(f"# File {number}\n\nText number {number}.\n" + "More words here. " * 5)

    def kill_once(step: Progress) -> None:
        if step.passages and not killed and desk.ingest.worker_pid:
            killed.append(desk.ingest.worker_pid)
            os.kill(desk.ingest.worker_pid, signal.SIGKILL)

    killed: list[int] = []
    desk.ingest.roots = (root,)
    report = await desk.ingest.run(kill_once)
    assert killed
    assert (report.added, report.failures, len(desk.texts())) == (22, [], 22)
    assert desk.consistent()


async def test_a_cancelled_run_leaves_only_whole_files_and_the_next_goes_on(desk: Desk, root: Path) -> None:
    for number in range(16):
        (root / f"{number}.md").write_text(f"# File {number}\n\n" + f"Text number {number}. " * 8)

    def cancel(step: Progress) -> None:
        if step.passages > 4:
            run.cancel()

    desk.ingest.roots = (root,)
    run = asyncio.create_task(desk.ingest.run(cancel))
    with pytest.raises(asyncio.CancelledError):
        await run
    assert desk.ingest.worker_pid is None
    await desk.read(root)
    assert len(desk.texts()) == 18
    assert desk.consistent()


async def test_a_full_disk_stops_the_ingest_and_the_old_state_stays(desk: Desk, root: Path) -> None:
    await desk.read(root)
    before = desk.texts()
    for number in range(8):
        (root / f"{number}.md").write_text(f"# File {number}\n\n" + f"Text number {number}. " * 8)

    def fill(connection: Any, *_: object) -> None:
        """SQLite then answers as it does when the disk has no room for another page."""
        connection.execute("VACUUM")
        [pages] = connection.execute("PRAGMA page_count").fetchone()
        connection.execute(f"PRAGMA max_page_count={pages}")

    event.listen(desk.store.engine, "checkout", fill)
    try:
        with pytest.raises(IngestStopped, match="database or disk is full"):
            await desk.read(root)
    finally:
        event.remove(desk.store.engine, "checkout", fill)
        desk.store.engine.dispose()
    assert desk.texts() == before
    assert (await desk.read(root)).added == 8
    assert desk.consistent()
    assert recover(desk.store, desk.index, desk.encoder.identity) == Recovery()


async def test_another_encoder_in_the_worker_is_refused(desk: Desk, root: Path) -> None:
    ingest = Ingest(desk.store, desk.index, [root], "another encoder", WorkerSettings())
    with pytest.raises(WorkerFailed, match="another encoder"):
        await ingest.run()
    await ingest.close()


async def test_an_idle_worker_ends(desk: Desk, root: Path) -> None:
    ingest = Ingest(desk.store, desk.index, [root], desk.encoder.identity, WorkerSettings(), idle_seconds=0.05)
    await ingest.run()
    for _ in range(200):
        if ingest.worker_pid is None:
            break
        await asyncio.sleep(0.05)
    assert ingest.worker_pid is None
    await ingest.close()
