"""How long the desk takes to start, the first time (with the knowledge read) and later, and what memory it holds.

`--knowledge` says what is served; without it the demo shop. `--limit` leaves one later start instead of five.
Installing, before it, is not part.
"""

from __future__ import annotations

import shutil
import subprocess
import sys

from benchmarks.desk import ROOT, Desk, serving
from benchmarks.options import Options
from benchmarks.result import Cell, Result
from benchmarks.timing import stopwatch
from benchmarks.torch_baseline import installed

STARTS = 5
QUESTION = "Where can I read more about this?"
LIBRARIES = "import chromadb, fastapi, uvicorn, onnxruntime, sqlalchemy, numpy"
TORCH = "import torch, sentence_transformers"


def run(options: Options) -> Result:
    """Starts the desk several times on one data folder."""
    knowledge = options.knowledge or ROOT / "knowledge"
    rows: list[tuple[Cell, ...]] = []
    with options.folder("start") as folder:
        shutil.rmtree(folder / "data", ignore_errors=True)
        with serving(folder, [knowledge]) as desk:
            desk.ask(QUESTION)
            passages = int(desk.metric("polydesk_passages"))
            rows.append(("first start until all is read", desk.seconds_to_ingested, *_memory(desk)))
        for number in range(1 if options.limit else STARTS):
            with serving(folder, [knowledge], ingested=False) as desk, stopwatch() as answered:
                desk.ask(QUESTION)
                took = desk.seconds_to_ready + answered.seconds
                rows.append((f"start {number + 2} to the first answer", took, *_memory(desk)))
    rows.append(("baseline: the libraries alone", _imports(LIBRARIES), None, None))
    if installed():
        rows.append(("baseline: torch and sentence-transformers alone", _imports(TORCH), None, None))
    return Result(
        title="Start-up and memory",
        baseline="a Python process that only imports the libraries the desk stands on; beside it, where they are "
        "installed, the libraries of an encoder on torch.",
        setting={"passages": passages},
        columns=("", "seconds", "desk MB", "its ingest process MB"),
        rows=rows,
    )


def _memory(desk: Desk) -> tuple[float, float]:
    return desk.resident_bytes() / 1e6, desk.children_bytes() / 1e6


def _imports(statement: str) -> float:
    with stopwatch() as watch:
        subprocess.run([sys.executable, "-c", statement], check=True)
    return watch.seconds
