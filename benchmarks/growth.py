"""What a question costs as the knowledge grows: 1,000, 10,000 and 50,000 passages through store, index and search.

The passages are made up (see `synthetic.py`) and encoding is left out: it does not grow. `--limit` takes the sizes
down to limit, 2 × limit and 5 × limit.
"""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import numpy as np

from benchmarks.options import Options
from benchmarks.result import Cell, Result
from benchmarks.synthetic import Generator, SyntheticEncoder, fill
from benchmarks.timing import quantiles, stopwatch
from retrieval.encoder.base import Floats
from retrieval.evaluate import percentile
from retrieval.index import Index
from retrieval.rerank.late_interaction import LateInteraction
from retrieval.search import Search
from retrieval.store import Store

SIZES = (1_000, 10_000, 50_000)
QUESTIONS = 200
STAGES = ("recall", "rerank", "fold")


def run(options: Options) -> Result:
    """Fills one store up to each size and measures there."""
    sizes = tuple(options.limit * times for times in (1, 2, 5)) if options.limit else SIZES
    with options.folder("growth") as folder:
        rows = asyncio.run(_measure(folder, sizes, 20 if options.limit else QUESTIONS))
    return Result(
        title="Cost of a question as the knowledge grows",
        baseline="exact search: the product of the question's vector with every passage's, and the best 50 of it.",
        setting={"questions": 20 if options.limit else QUESTIONS},
        columns=("passages", "p50 ms", "p95 ms", *(f"{stage} p50 ms" for stage in STAGES), "baseline: exact p50 ms",
                 "passages added/s", "store MB"),
        rows=rows,
    )  # fmt: skip


async def _measure(folder: Path, sizes: tuple[int, ...], questions: int) -> list[tuple[Cell, ...]]:
    store = Store(f"sqlite:///{folder / 'growth.sqlite'}")
    store.migrate()
    index = Index(folder / "index")
    generator = Generator()
    search = Search(SyntheticEncoder(generator), index, store, LateInteraction(store))
    rows: list[tuple[Cell, ...]] = []
    held = store.figures().passages
    for size in sizes:
        with stopwatch() as filling:
            fill(store, index, generator, held, size)
        added, held = size - held, size
        totals: list[float] = []
        stages: dict[str, list[float]] = {stage: [] for stage in STAGES}
        for number in range(questions):
            begun = time.perf_counter()
            result = await search.find(f"question {number}", ("public",))
            totals.append((time.perf_counter() - begun) * 1000)
            for stage, times in stages.items():
                times.append(result.timings_ms.get(stage, 0.0))
        rows.append(
            (
                f"{size:,}",
                *quantiles(totals)[:2],
                *(percentile(times, 0.5) for times in stages.values()),
                percentile(_exact(generator.vectors(size), generator, questions), 0.5),
                added / filling.seconds,
                _megabytes(folder),
            )
        )
    index.close()
    store.close()
    return rows


def _megabytes(folder: Path) -> float:
    return sum(path.stat().st_size for path in folder.glob("growth.sqlite*")) / 1e6


def _exact(vectors: Floats, generator: Generator, questions: int) -> list[float]:
    times = []
    for question in generator.vectors(questions):
        begun = time.perf_counter()
        scores = vectors @ question
        best = np.argpartition(scores, -50)[-50:] if len(scores) > 50 else np.arange(len(scores))
        best[np.argsort(scores[best])]
        times.append((time.perf_counter() - begun) * 1000)
    return times
