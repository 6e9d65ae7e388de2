"""Questions a second with 32 askers at once, from the answer cache and not.

The knowledge is `--knowledge`; each uncached question is asked once only, so give enough question files. `--limit`
bounds the uncached questions.
"""

from __future__ import annotations

import random

from benchmarks.client import Load, Plan, question_bodies, run_client
from benchmarks.desk import HOST, Desk, serving
from benchmarks.options import Options
from benchmarks.passages import copy_of
from benchmarks.result import Cell, Result
from benchmarks.timing import quantiles

ASKERS = 32
SECONDS = 20.0
WARMING = 64


def run(options: Options) -> Result:
    """Measures one asker and 32, not cached; then 32 on questions that the cache knows."""
    knowledge = options.need_knowledge()
    texts = list(dict.fromkeys(question.text for question in options.need_questions()))
    random.Random(11).shuffle(texts)
    seconds = 0.5 if options.limit else SECONDS
    warm, rest = texts[:WARMING], texts[WARMING:]
    alone, many = rest[: len(rest) // 4], rest[len(rest) // 4 :]
    with options.folder("ask") as folder, serving(folder, [copy_of(knowledge, folder)]) as desk:
        _ask(desk, warm, askers=4)
        single = _ask(desk, alone[:400])
        uncached = _ask(desk, many, askers=ASKERS)
        cached = _ask(desk, warm, askers=ASKERS, seconds=seconds)
        health = run_client(Plan(HOST, desk.port, "/health", ("",), ASKERS, seconds))
        resident = desk.resident_bytes()
        passages = int(desk.metric("polydesk_passages"))
    return Result(
        title=f"Questions a second, {ASKERS} askers at once",
        baseline="one asker on the same desk, and what the HTTP server alone gives (/health).",
        setting={"passages": passages, "desk MB after": round(resident / 1e6), "client": "a process of its own"},
        columns=("", "questions/s", "p50 ms", "p95 ms", "p99 ms", "questions", "from the cache", "failed"),
        rows=(
            _row(f"not cached, {ASKERS} askers", uncached),
            _row(f"cached, {ASKERS} askers", cached),
            _row("baseline: not cached, 1 asker", single),
            _row(f"baseline: /health, {ASKERS} askers", health),
        ),
    )


def _ask(desk: Desk, texts: list[str], askers: int = 1, seconds: float = 0) -> Load:
    return run_client(Plan(HOST, desk.port, "/api/ask", question_bodies(texts), askers, seconds))


def _row(name: str, load: Load) -> tuple[Cell, ...]:
    return name, load.per_second, *quantiles(load.milliseconds), len(load.milliseconds), load.cached, load.failed
