"""End-to-end ask over HTTP, not cached: on an idle desk, and while it ingests.

The knowledge is served from a copy, so that files can be added: the second measurement asks while the desk works
through a folder of new files. `--limit` bounds the questions of each measurement (400 where not given).
"""

from __future__ import annotations

import random
import re
import shutil
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.client import Load, Plan, question_bodies, run_client
from benchmarks.desk import HOST, Desk, DeskFailed, serving
from benchmarks.options import Options
from benchmarks.passages import copy_of, encoded_texts, passages_of
from benchmarks.result import Cell, Result
from benchmarks.timing import quantiles, repeat
from retrieval.encoder import create_encoder

QUESTIONS = 400
WARMING = 20
CANDIDATES = 50
NEW_FILES = 1500
"""Enough that ingest outlasts the questions; what is left of it when they are done is cancelled by the desk's end."""

SURE_SECONDS = 0.3
"""Of processor time, after which an ingest is surely under way; less than one of a few short files takes."""


def run(options: Options) -> Result:
    """Measures both; the baseline encodes the candidates at question time."""
    knowledge = options.need_knowledge()
    asked = options.limit or QUESTIONS
    texts = _distinct([question.text for question in options.need_questions(per_file=asked)])
    warming, texts = texts[:WARMING], texts[WARMING:]
    idle_texts, busy_texts = texts[0 : 2 * asked : 2], texts[1 : 2 * asked : 2]
    with options.folder("ask") as folder:
        root = copy_of(knowledge, folder)
        settings = {"encoder": {"ingest_threads": 1}}
        with serving(folder, [root], settings) as desk:
            _ask(desk, warming)  # Warms what a desk that has run for a minute has warm.
            passages = int(desk.metric("polydesk_passages"))
            idle = _ask(desk, idle_texts)
            floor = run_client(Plan(HOST, desk.port, "/health", ("",) * len(idle_texts)))
            busy, ingest_share = _while_ingesting(desk, root, busy_texts, 60 if options.limit else NEW_FILES)
        shutil.rmtree(root / "benchmark-new", ignore_errors=True)
    baseline = _encode_candidates(knowledge, times=3 if options.limit else 10)
    return Result(
        title="Ask over HTTP, one asker, not cached",
        baseline="the same desk's reply to /health (HTTP alone), and only the encoding of 50 candidates at question "
        "time with the same encoder, which rerankers without stored token vectors cannot avoid.",
        setting={
            "passages": passages,
            "questions": len(idle_texts),
            "of them from the cache": idle.cached + busy.cached,
            "failed": idle.failed + busy.failed,
            "ingest's share of a core": ingest_share,
        },
        columns=("", "p50 ms", "p95 ms", "p99 ms"),
        rows=(
            _row("ask, idle", idle.milliseconds),
            _row("ask, while ingesting", busy.milliseconds),
            _row("baseline: /health", floor.milliseconds),
            _row("baseline: encode 50 candidates", baseline),
        ),
    )


def _row(name: str, milliseconds: Sequence[float]) -> tuple[Cell, ...]:
    return name, *quantiles(milliseconds)


def _distinct(texts: Sequence[str]) -> list[str]:
    """Each text once, in an order that mixes the languages and is the same on every run."""
    found = list(dict.fromkeys(texts))
    random.Random(7).shuffle(found)
    return found


def _ask(desk: Desk, texts: Sequence[str], pause: float = 0) -> Load:
    return run_client(Plan(HOST, desk.port, "/api/ask", question_bodies(texts), pause_seconds=pause))


def _while_ingesting(desk: Desk, root: Path, texts: Sequence[str], new_files: int) -> tuple[Load, float]:
    """Asks while new files are worked on; also ingest's processor time as a share of one core meanwhile."""
    before = desk.children_seconds()
    threading.Thread(target=_add_files, args=(root, new_files), daemon=True).start()
    deadline = time.monotonic() + 120
    while desk.children_seconds() < before + SURE_SECONDS:
        if time.monotonic() > deadline:
            raise DeskFailed("The desk has not begun to ingest the new files after two minutes.")
        time.sleep(0.05)
    spent, begun = desk.children_seconds(), time.monotonic()
    busy = _ask(desk, texts)
    return busy, round((desk.children_seconds() - spent) / (time.monotonic() - begun), 2)


def _add_files(root: Path, count: int) -> None:
    """Copies of the knowledge's own files with every figure changed, so that none is known already."""
    sources = sorted(path for path in root.rglob("*") if path.is_file() and path.suffix in {".html", ".md", ".txt"})
    new = root / "benchmark-new"
    for number in range(count):
        source = sources[number % len(sources)]
        text = source.read_text(encoding="utf-8", errors="replace")
        changed = re.sub(r"(?<=>)([^<>]*[.?!])", rf"\1 Note {number}.", text) if source.suffix == ".html" else text
        target = new / str(number // 100) / f"{number}{source.suffix}"
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(f"{changed}\n", encoding="utf-8")


def _encode_candidates(knowledge: Path, times: int) -> list[float]:
    encoder = create_encoder("onnx", threads=1)
    texts = encoded_texts(passages_of(knowledge, CANDIDATES, encoder))
    try:
        return repeat(lambda: encoder.encode_passages(texts), times)
    finally:
        encoder.close()
