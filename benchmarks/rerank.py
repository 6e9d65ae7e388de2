"""Reranking 50 candidates: late interaction over stored token vectors, against a plain loop over the passages.

`--limit` bounds the files (400 where not given). At most 200 questions of `--queries` are searched, and the rerank of
their own candidates is timed alone, as the desk runs it. The store's cache of token vectors is emptied by opening the
store anew: "first" is the rerank of candidates that were not in memory, "again" the same once more.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from benchmarks.options import Options
from benchmarks.passages import copy_files
from benchmarks.result import Cell, Result
from benchmarks.timing import quantiles
from bot.config import Settings
from bot.evaluation import evaluation_settings
from bot.service import Service
from retrieval.encoder.base import Encoded, Floats
from retrieval.passages import Candidate
from retrieval.rerank.late_interaction import LateInteraction
from retrieval.store import Store
from retrieval.token_vectors import unpack

FILES, QUESTIONS = 400, 200


@dataclass(slots=True)
class _Times:
    """Milliseconds of each rerank."""

    first: list[float] = field(default_factory=list)
    again: list[float] = field(default_factory=list)
    naive: list[float] = field(default_factory=list)


def run(options: Options) -> Result:
    """Searches each question once and reranks its candidates in each way."""
    questions = list(dict.fromkeys(question.text for question in options.need_questions(per_file=QUESTIONS)))
    with options.folder("rerank") as folder:
        knowledge = folder / "knowledge"
        if not knowledge.exists():
            copy_files(options.need_knowledge(), knowledge, options.limit or FILES)
        times, candidates = asyncio.run(_measure(folder, knowledge, questions[:QUESTIONS]))
    return Result(
        title="Rerank of 50 candidates",
        baseline="MaxSim over the same vectors as a loop over the passages: unpack one, multiply, take the maxima.",
        setting={"questions": len(times.again), "candidates p50": float(np.median(candidates))},
        columns=("", "p50 ms", "p95 ms", "p99 ms"),
        rows=(
            _row("late interaction, first", times.first),
            _row("late interaction, again", times.again),
            _row("baseline: loop over passages", times.naive),
        ),
    )


def _row(name: str, milliseconds: list[float]) -> tuple[Cell, ...]:
    return name, *quantiles(milliseconds)


async def _measure(folder: Path, knowledge: Path, questions: list[str]) -> tuple[_Times, list[int]]:
    settings = evaluation_settings(Settings().model_copy(update={"data_dir": folder / "data"}), knowledge)
    times = _Times()
    counts: list[int] = []
    async with Service.open(settings) as service:
        await service.ingest((), lambda values: None)
        audiences = service.store.audiences()
        for text in questions:
            found = await service.search.find(text, audiences)
            if not found.candidates:
                continue
            counts.append(len(found.candidates))
            cold = Store(service.store.engine.url.render_as_string(hide_password=False))
            reranker = LateInteraction(cold)
            times.first.append(await _rerank(reranker, text, found.question, found.candidates))
            times.again.append(await _rerank(reranker, text, found.question, found.candidates))
            times.naive.append(_loop(cold, found.question, found.candidates))
            await reranker.close()
            cold.close()
    return times, counts


async def _rerank(reranker: LateInteraction, text: str, question: Encoded, candidates: tuple[Candidate, ...]) -> float:
    begun = time.perf_counter()
    await reranker.rerank(text, question, candidates)
    return (time.perf_counter() - begun) * 1000


def _loop(store: Store, question: Encoded, candidates: tuple[Candidate, ...]) -> float:
    blobs = store.token_blobs([candidate.id for candidate in candidates])
    begun = time.perf_counter()
    for blob in blobs.values():
        for asked, signs in zip(question.layers, unpack(blob), strict=True):
            tokens: Floats = np.unpackbits(signs, axis=1).astype(np.float32) * 2 - 1
            tokens /= np.linalg.norm(tokens, axis=1, keepdims=True)
            (asked @ tokens.T).max(axis=1).mean()
    return (time.perf_counter() - begun) * 1000
