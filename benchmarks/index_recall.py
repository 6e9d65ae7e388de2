"""How many of the true 50 nearest passages the index finds, against exact search over the same vectors.

Made-up vectors in clusters (see `synthetic.py`), and where `--knowledge` is given mixtures of pairs of that folder's
real ones, as many; the questions are then real passages held apart. `--limit` bounds both (50,000 where not given).
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from benchmarks.options import Options
from benchmarks.result import Cell, Result
from benchmarks.synthetic import Generator, unit
from benchmarks.timing import quantiles, stopwatch
from retrieval.documents import parse
from retrieval.encoder import create_encoder
from retrieval.encoder.base import Floats, passage_text
from retrieval.errors import KnowledgeFileError
from retrieval.folders import walk
from retrieval.index import Index
from retrieval.split import split

PASSAGES = 50_000
QUESTIONS = 200
REAL_PASSAGES = 2_500
NEAREST = 50
ADD_BATCH = 1_000
SETTINGS: Mapping[str, Mapping[str, int]] = {
    "baseline: Chroma's own": {"ef_construction": 100, "ef_search": 100, "max_neighbors": 16},
    "ours": {},
}


def run(options: Options) -> Result:
    """Builds an index for each setting and set of vectors."""
    generator = Generator()
    count = options.limit or PASSAGES
    sets = {"made up": (generator.vectors(count), generator.vectors(QUESTIONS))}
    if options.knowledge is not None:
        sets["mixtures of real"] = _mixtures(count, *_real(options.knowledge))
    rows: list[tuple[Cell, ...]] = []
    with options.folder("index_recall") as folder:
        for number, (name, (vectors, questions)) in enumerate(sets.items()):
            exact = [set(np.argpartition(-(vectors @ question), NEAREST)[:NEAREST].tolist()) for question in questions]
            for setting, values in SETTINGS.items():
                place = folder / f"{number} {len(rows)}"
                rows.append((name, setting, len(vectors), *_measure(place, values, vectors, questions, exact)))
    return Result(
        title="The index's 50 nearest against exact search",
        baseline="the HNSW settings that Chroma takes by itself.",
        setting={"questions": QUESTIONS},
        columns=(
            "vectors",
            "settings",
            "passages",
            "recall of the 50",
            "worst question",
            "p50 ms",
            "p95 ms",
            "added/s",
        ),
        rows=rows,
    )  # fmt: skip


def _measure(
    folder: Path, values: Mapping[str, int], vectors: Floats, questions: Floats, exact: list[set[int]]
) -> tuple[Cell, ...]:
    index = Index(folder, batch=ADD_BATCH, **values)
    with stopwatch() as adding:
        index.add("public", range(len(vectors)), list(vectors))
    shares, times = [], []
    for question, nearest in zip(questions, exact, strict=True):
        with stopwatch() as asking:
            found = {id for id, _ in index.query("public", question, NEAREST)}
        times.append(asking.seconds * 1000)
        shares.append(len(found & nearest) / len(nearest))
    index.close()
    p50, p95, *_ = quantiles(times)
    return (float(np.mean(shares)), min(shares), p50, p95, len(vectors) / adding.seconds)


def _mixtures(count: int, vectors: Floats, questions: Floats) -> tuple[Floats, Floats]:
    """As many vectors as wanted that lie where real ones do."""
    chance = np.random.default_rng(1)
    first, second = chance.integers(len(vectors), size=(2, count))
    share = chance.uniform(0.5, 1, size=(count, 1)).astype(np.float32)
    noise = chance.standard_normal((count, vectors.shape[1])).astype(np.float32) / (4 * np.sqrt(vectors.shape[1]))
    return unit(share * vectors[first] + (1 - share) * vectors[second] + noise), questions


def _real(knowledge: Path) -> tuple[Floats, Floats]:
    """The vectors of a folder's passages; every tenth is taken out and asked for."""
    encoder = create_encoder("onnx", threads=1)
    texts: list[str] = []
    for file in walk(knowledge)[0]:
        try:
            document = parse(file.absolute.read_bytes(), file.path, file.rules)
        except KnowledgeFileError:
            continue
        texts += [passage_text(each.context, each.text) for each in split(document, encoder.count_tokens)]
        if len(texts) >= REAL_PASSAGES:
            break
    encoded = np.stack([each.pooled for each in encoder.encode_passages(texts[:REAL_PASSAGES])])
    encoder.close()
    asked = np.arange(len(encoded)) % 10 == 0
    return encoded[~asked], encoded[asked][:QUESTIONS]
