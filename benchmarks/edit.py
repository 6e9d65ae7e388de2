"""Seconds from saving one knowledge file among all until its new text is in an answer of the running desk.

`--limit` bounds the edits (10 where not given).
"""

from __future__ import annotations

import random
import shutil
import time
from pathlib import Path

from benchmarks.desk import Desk, serving
from benchmarks.options import Options
from benchmarks.result import Result
from retrieval.errors import PolydeskError
from retrieval.evaluate import percentile

EDITS = 10
PATIENCE = 120
SUBJECTS = (
    "the brass otter",
    "the violet lighthouse",
    "the copper tram",
    "the paper glacier",
    "the silent harpsichord",
    "the walnut comet",
    "the tin orchard",
    "the marble kite",
    "the linen volcano",
    "the amber ferry",
)


class NeverAnswered(PolydeskError):
    """An edit did not show in the desk's answers."""


def run(options: Options) -> Result:
    """Edits files one after another."""
    knowledge = options.need_knowledge()
    with options.folder("edit") as folder:
        root = folder / "knowledge"
        for former in (root, folder / "data"):
            shutil.rmtree(former, ignore_errors=True)
        shutil.copytree(knowledge, root)
        files = sorted(path for path in root.rglob("*.*") if path.suffix in {".html", ".md"})
        chosen = random.Random(3).sample(files, min(options.limit or EDITS, len(files), len(SUBJECTS)))
        with serving(folder, [root]) as desk:
            passages = int(desk.metric("polydesk_passages"))
            seconds = [_edit(desk, path, subject) for path, subject in zip(chosen, SUBJECTS, strict=False)]
    return Result(
        title="One file edited: seconds until its new text is answered",
        baseline="reading the whole knowledge again, as a desk without incremental ingest must.",
        setting={"files": len(files), "passages": passages, "edits": len(seconds)},
        columns=("", "p50 s", "max s"),
        rows=(
            ("edit to answer", percentile(seconds, 0.5), max(seconds)),
            ("baseline: all files", desk.seconds_to_ingested, desk.seconds_to_ingested),
        ),
        details={"seconds": seconds},
    )


def _edit(desk: Desk, path: Path, subject: str) -> float:
    """Adds a section that only this edit can have written, and asks for it until it is cited."""
    code = f"{random.randrange(10**6):06d}"
    heading, sentence = f"Where is {subject}?", f"You find {subject} in room {code} behind the library."
    text = path.read_text(encoding="utf-8", errors="replace")
    if path.suffix == ".html":
        # After the last paragraph: what follows it may be a footer, which is no part of the text.
        before, end, after = text.rpartition("</p>")
        edited = f"{before}{end}<h2>{heading}</h2><p>{sentence}</p>{after}"
    else:
        edited = f"{text}\n\n## {heading}\n\n{sentence}\n"
    path.write_text(edited, encoding="utf-8")
    saved = time.perf_counter()
    while time.perf_counter() - saved < PATIENCE:
        # A question never asked before, so that no cached answer can stand in for the new text.
        answer = desk.ask(f"Where is {subject}? ({time.perf_counter_ns()})")
        if any(code in citation["quote"] for citation in answer["citations"]):
            return time.perf_counter() - saved
        time.sleep(0.02)
    raise NeverAnswered(f"{path.name} was edited, and after {PATIENCE} s its new text was still not cited.")
