"""What memory the desk and its ingest processes hold: idle, after questions, and while all knowledge is read anew.

`--knowledge` says what is served; without it the demo shop. `--limit` bounds the questions (200 where not given).
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.desk import ROOT, Desk, Memory, descendants, memory, serving
from benchmarks.options import Options
from benchmarks.result import Cell, Result
from retrieval.errors import PolydeskError

QUESTIONS = 200
EVERY_SECONDS = 0.1
PATIENCE = 3600
LIBRARIES = "import chromadb, fastapi, uvicorn, onnxruntime, sqlalchemy, numpy"
EDITED = {".md", ".html", ".txt"}


class NothingIngested(PolydeskError):
    """The desk did not read the edited files."""


def run(options: Options) -> Result:
    """Serves a copy of the knowledge, asks, then edits every file and looks on while they are read."""
    with options.folder("memory") as folder:
        root = folder / "knowledge"
        for former in (root, folder / "data"):
            shutil.rmtree(former, ignore_errors=True)
        shutil.copytree(options.knowledge or ROOT / "knowledge", root)
        with serving(folder, [root]):
            pass
        with serving(folder, [root], ingested=False) as desk:
            passages = int(desk.metric("polydesk_passages"))
            idle = _row("idle, nothing to ingest", desk)
            texts = _questions(options)
            for text in texts:
                desk.ask(text)
            asked = _row(f"after {len(texts)} questions", desk)
            ingesting = _while_ingesting(desk, root)
            after = _row("just after the ingest", desk)
    return Result(
        title="Memory of the desk and of the processes that ingest for it, MB",
        baseline="a Python process that only imports the libraries the desk stands on.",
        setting={"passages": passages, "while ingesting": "the samples with the most memory, ten a second"},
        columns=("", "desk RSS", "desk PSS", "ingest RSS", "ingest PSS", "all RSS", "all PSS"),
        rows=(idle, asked, ingesting, after, _libraries()),
    )


def _questions(options: Options) -> list[str]:
    most = min(options.limit or QUESTIONS, QUESTIONS)
    if options.queries:
        return [question.text for question in options.need_questions()][:most]
    return [f"Where can I read more about this, question {number}?" for number in range(most)]


def _while_ingesting(desk: Desk, root: Path) -> tuple[Cell, ...]:
    before = desk.metric("polydesk_ingests_total")
    for path in root.rglob("*.*"):
        if path.suffix in EDITED:
            path.write_bytes(path.read_bytes() + b"\n\nOne line more.\n")
    most = _row("while ingesting", desk)
    until = time.perf_counter() + PATIENCE
    while desk.metric("polydesk_ingests_total") == before:
        most = max(most, _row("while ingesting", desk), key=_all_resident)
        if time.perf_counter() > until:
            raise NothingIngested(f"The edited files were not read within {PATIENCE} s.")
        time.sleep(EVERY_SECONDS)
    return most


def _row(name: str, desk: Desk) -> tuple[Cell, ...]:
    own = memory(desk.process)
    return _cells(name, own, [memory(process) for process in descendants(desk.process)])


def _all_resident(row: tuple[Cell, ...]) -> float:
    return float(row[5] or 0)


def _cells(name: str, own: Memory, ingest: Sequence[Memory]) -> tuple[Cell, ...]:
    resident, proportional = sum(one.resident for one in ingest), sum(one.proportional for one in ingest)
    figures = own.resident, own.proportional, resident, proportional
    return name, *(each / 1e6 for each in (*figures, own.resident + resident, own.proportional + proportional))


def _libraries() -> tuple[Cell, ...]:
    # It says that all is imported, then waits for its input to end.
    code = f"{LIBRARIES}; print(flush=True); input()"
    pipe = subprocess.PIPE
    with subprocess.Popen([sys.executable, "-c", code], stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL) as process:
        assert process.stdout is not None
        process.stdout.readline()
        return _cells("baseline: the libraries alone", memory(process.pid), ())
