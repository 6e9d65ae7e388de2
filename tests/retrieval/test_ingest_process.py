"""The worker process when a file brings it down, and when its desk is gone."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from retrieval.documents.limits import Limits
from retrieval.encoder import create_encoder
from retrieval.fingerprint import content_fingerprint
from retrieval.folder_rules import FolderRules
from retrieval.ingest_messages import Done, Job, Refused, WorkerSettings
from retrieval.ingest_process import IngestProcess

START = """
import asyncio, sys, time
from retrieval.encoder import create_encoder
from retrieval.ingest_messages import WorkerSettings
from retrieval.ingest_process import IngestProcess

async def main():
    process = IngestProcess(WorkerSettings(), create_encoder("onnx").identity)
    await process.start()
    sys.stdout.write(f"{process.pid}\\n")
    sys.stdout.flush()
    time.sleep(60)

asyncio.run(main())
"""


def identity() -> str:
    encoder = create_encoder("onnx")
    encoder.close()
    return encoder.identity


def job(number: int, file: Path, fingerprint: str) -> Job:
    return Job(number, str(file.parent), file.name, FolderRules(), fingerprint)


async def test_a_file_that_brings_the_worker_down_twice_is_refused_and_the_others_go_on(tmp_path: Path) -> None:
    jobs = []
    for number, name in enumerate(("a.md", "b.md")):
        # With its language, as a worker that first loads the detector is silent for a while too.
        (tmp_path / name).write_text(f"---\nlanguage: en\n---\n# {name}\n\nText of {name}.\n")
        jobs.append(job(number, tmp_path / name, content_fingerprint(tmp_path / name, 10_000)))
    # Reading a pipe that nobody writes hangs for as long as it is let.
    os.mkfifo(tmp_path / "hangs.md")
    jobs.insert(1, job(2, tmp_path / "hangs.md", ""))
    process = IngestProcess(WorkerSettings(limits=Limits(seconds=600)), identity(), stall_seconds=3)
    answers = {}
    async for answer in process.answers(jobs):
        if isinstance(answer, Done | Refused):
            assert answer.number not in answers
            answers[answer.number] = answer
    await process.stop()
    # The parsers of the workers that were brought down still read; now they come to the end and end too.
    os.close(os.open(tmp_path / "hangs.md", os.O_WRONLY | os.O_NONBLOCK))
    refused = answers.pop(2)
    assert isinstance(refused, Refused)
    assert refused.reason == "brings the ingest down every time (silent for 3 seconds)"
    assert {number: answer.title for number, answer in answers.items() if isinstance(answer, Done)} == {
        0: "a.md",
        1: "b.md",
    }


async def test_a_file_that_changes_while_it_is_read_is_read_again_next_time(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("# A\n\nText.\n")
    process = IngestProcess(WorkerSettings(), identity())
    given = [job(0, tmp_path / "a.md", "what it was a moment ago")]
    [done] = [answer async for answer in process.answers(given) if isinstance(answer, Done)]
    assert done.fingerprint == ""
    await process.stop()


def test_the_worker_ends_when_its_desk_is_killed() -> None:
    environment = {**os.environ, "PYTHONPATH": "."}
    with subprocess.Popen([sys.executable, "-c", START], stdout=subprocess.PIPE, env=environment) as desk:
        assert desk.stdout is not None
        worker = int(desk.stdout.readline())
        assert _runs(worker)
        assert os.getpriority(os.PRIO_PROCESS, worker) == 19
        desk.send_signal(signal.SIGKILL)
    deadline = time.monotonic() + 30
    while _runs(worker) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not _runs(worker)


def _runs(process: int) -> bool:
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"
