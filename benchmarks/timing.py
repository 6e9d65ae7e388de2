"""Measuring times and summing them up."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from retrieval.evaluate import percentile


@dataclass(slots=True)
class Stopwatch:
    """Seconds that the block of `stopwatch` took; set when it ends."""

    seconds: float = 0.0


@contextmanager
def stopwatch() -> Iterator[Stopwatch]:
    """Times a block."""
    watch = Stopwatch()
    start = time.perf_counter()
    try:
        yield watch
    finally:
        watch.seconds = time.perf_counter() - start


def repeat(call: Callable[[], object], times: int) -> list[float]:
    """Milliseconds of each of some calls, after one that is not counted."""
    call()
    taken = []
    for _ in range(times):
        with stopwatch() as watch:
            call()
        taken.append(watch.seconds * 1000)
    return taken


def quantiles(milliseconds: Sequence[float]) -> tuple[float | None, float | None, float | None]:
    """p50, p95 and p99."""
    return percentile(milliseconds, 0.50), percentile(milliseconds, 0.95), percentile(milliseconds, 0.99)
