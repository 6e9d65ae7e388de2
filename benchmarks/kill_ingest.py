"""kill -9 at random moments of ingest: is a file ever served half old and half new, is one lost, does a restart serve?

Each round edits, adds and deletes files, starts a process that ingests them, kills it at a random moment, opens store
and index as a restarted desk does, and looks at every passage. `--limit` bounds the rounds (100 where not given).
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import re
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.options import Options
from benchmarks.result import Result
from retrieval.data_folder import DataFolder
from retrieval.encoder import create_encoder
from retrieval.index import Index
from retrieval.ingest import Ingest
from retrieval.ingest_messages import WorkerSettings
from retrieval.ingest_progress import Progress
from retrieval.recover import recover
from retrieval.store import Store

ROUNDS = 100
FILES = 40
PARTS = 4
EDITED = 1 / 3
_EDITION = re.compile(r"edition (\d+)")
_PART = re.compile(r"part (\d+) of edition")


@dataclass(slots=True)
class Tally:
    """What the rounds showed."""

    rounds: int = 0
    killed: int = 0
    mixed: int = 0
    lost: int = 0
    stale: int = 0
    not_served: int = 0
    recovered: list[str] = field(default_factory=list)
    restart_seconds: list[float] = field(default_factory=list)


def run(options: Options) -> Result:
    """Kills, restarts and looks."""
    encoder = create_encoder("onnx")
    identity = encoder.identity
    encoder.close()
    with options.folder("kill_ingest") as folder:
        tally = rounds(folder, identity, options.limit or ROUNDS)
    return Result(
        title="kill -9 at random moments of ingest",
        baseline="none; every figure but the first two and the last must be 0.",
        setting={"files": FILES, "rounds": tally.rounds},
        columns=("", "count"),
        rows=(
            ("rounds", tally.rounds),
            ("killed before the ingest had ended", tally.killed),
            ("files served in mixed states", tally.mixed),
            ("files lost", tally.lost),
            ("files older than what was published before", tally.stale),
            ("restarts that did not serve", tally.not_served),
            ("longest recovery, seconds", max(tally.restart_seconds)),
        ),
        details={"recoveries": tally.recovered, "restart_seconds": [round(each, 3) for each in tally.restart_seconds]},
    )


def rounds(folder: Path, identity: str, count: int, *, files: int = FILES, seed: int = 1) -> Tally:
    """Runs the rounds in an empty folder, then lets one ingest end and checks that everything arrived."""
    root, data = folder / "knowledge", folder / "data"
    root.mkdir()
    chance = random.Random(seed)
    disk = dict.fromkeys(range(files), 0)
    for number in disk:
        _write(root, number, 0)
    starting, reading = _finish(data, root, identity)
    tally = Tally()
    served = _look(data, identity, disk, {}, tally)
    for edition in range(1, count + 1):
        _edit(root, disk, edition, chance)
        # One in five dies at any moment of its life, the others while they read and publish: there is more to hit.
        from_start = edition % 5 == 0
        seconds = chance.uniform(0, starting if from_start else reading * EDITED)
        tally.killed += _kill(_start(data, root, identity), seconds, from_start)
        served = _look(data, identity, disk, served, tally)
        tally.rounds += 1
    _finish(data, root, identity)
    if _look(data, identity, disk, served, tally) != disk:
        tally.lost += 1
    return tally


def _edit(root: Path, disk: dict[int, int], edition: int, chance: random.Random) -> None:
    """Some of the files change; one goes, and one that went before may come back."""
    for number in chance.sample(sorted(disk), int(len(disk) * EDITED)):
        disk[number] = edition
        _write(root, number, edition)
    gone = chance.choice(sorted(disk))
    del disk[gone]
    (root / f"{gone}.md").unlink()
    back = chance.choice([number for number in range(max(disk) + 2) if number not in disk])
    disk[back] = edition
    _write(root, back, edition)


def _write(root: Path, number: int, edition: int) -> None:
    words = f"These words of file {number} fill the part, so that it stands as a passage of its own. " * 3
    parts = (f"## Part {part}\n\nThis is part {part} of edition {edition}. {words}\n" for part in range(PARTS))
    (root / f"{number}.md").write_text(f"# File {number}\n\n" + "\n".join(parts), encoding="utf-8")


def _look(data: Path, identity: str, disk: dict[int, int], before: dict[int, int], tally: Tally) -> dict[int, int]:
    """Opens the data as a restarted desk does; counts what is wrong; returns the edition served of each file."""
    began = time.monotonic()
    with DataFolder(data) as folder:
        store, index = Store(folder.database_url), Index(folder.index_folder)
        store.migrate()
        recovery = recover(store, index, identity)
        tally.restart_seconds.append(time.monotonic() - began)
        tally.recovered.append(str(recovery))
        texts: dict[int, list[str]] = {}
        ids = [id for each in store.live_ids().values() for id in each]
        for stored in store.passages(ids).values():
            texts.setdefault(int(stored.passage.path.removesuffix(".md")), []).append(stored.passage.text)
        editions = {}
        for number, found in texts.items():
            seen = {int(edition) for text in found for edition in _EDITION.findall(text)}
            parts = [part for text in found for part in _PART.findall(text)]
            if len(seen) != 1 or sorted(parts) != [str(part) for part in range(PARTS)]:
                tally.mixed += 1
            editions[number] = max(seen)
        tally.lost += sum(number not in editions for number in before if number in disk)
        tally.stale += sum(editions[number] < edition for number, edition in before.items() if number in editions)
        sample = ids[:: max(1, len(ids) // 20)]
        tally.not_served += not ids or any(
            index.query("public", rows[0], 1)[0][1] < 0.999 for rows in store.vectors(sample).values()
        )
        tally.not_served += sorted(index.ids("public") or ()) != sorted(ids)
        index.close()
        store.close()
    return editions


def _start(data: Path, root: Path, identity: str) -> subprocess.Popen[bytes]:
    packages = str(Path(__file__).resolve().parent.parent)
    return subprocess.Popen(
        [sys.executable, "-m", "benchmarks.kill_ingest", str(data), str(root), identity],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, (packages, os.getenv("PYTHONPATH"))))},
    )


def _kill(process: subprocess.Popen[bytes], seconds: float, from_start: bool) -> bool:
    """Kills a process so long after its start, or after its first word; whether it was still at work."""
    with process:
        assert process.stdout is not None
        if not from_start:
            process.stdout.readline()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(seconds)
            return False
        process.kill()
        return True


def _finish(data: Path, root: Path, identity: str) -> tuple[float, float]:
    """Lets an ingest end; returns the seconds of the whole and of the part in which it read and published."""
    began = time.monotonic()
    with _start(data, root, identity) as process:
        assert process.stdout is not None
        process.stdout.readline()
        reading = time.monotonic()
        if process.wait() != 0:
            raise RuntimeError("An ingest that nobody killed failed.")
    return time.monotonic() - began, time.monotonic() - reading


async def ingest(data: Path, root: Path, identity: str) -> None:
    """What the killed process does: a whole ingest, published in small steps so that there are many moments to hit."""
    with DataFolder(data) as folder:
        store, index = Store(folder.database_url), Index(folder.index_folder)
        store.migrate()
        recover(store, index, identity)
        work = Ingest(store, index, [root], identity, WorkerSettings(), publish_seconds=0.1, publish_files=4)
        await work.run(_say_once())
        await work.close()
        index.close()
        store.close()


def _say_once() -> Callable[[Progress], None]:
    """Writes a line when the first passages are encoded."""
    said: list[Progress] = []

    def say(progress: Progress) -> None:
        if progress.passages and not said:
            said.append(progress)
            sys.stdout.write("reading\n")
            sys.stdout.flush()

    return say


if __name__ == "__main__":
    asyncio.run(ingest(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]))
