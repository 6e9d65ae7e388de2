"""Fits bot/answers/confidence.json, and draws the abstention curve of docs/answers.md.

    python scripts/calibrate_confidence.py

Each question is asked of its own knowledge as it is, of its own knowledge without the files that answer it, and of
another set's knowledge. Needs the Debian packages that `calibration_sets` names and the `report` extra; takes minutes.
"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from calibration_sets import ROOT, Asked, CalibrationSet, calibration_sets
from matplotlib.figure import Figure
from numpy.typing import NDArray

from bot.answers.confidence import FEATURES, WEIGHTS, Confidence, features
from bot.answers.evidence import read
from bot.config import Knowledge, Settings
from bot.service import Service
from retrieval import token_vectors
from retrieval.encoder.base import Floats
from retrieval.index import Index
from retrieval.rerank.late_interaction import LateInteraction
from retrieval.search import Search

# Chosen among a dozen figures: nothing else refused more on the set left out of the fit.
TOPIC = ("nearness",)
ANSWER = ("margin", "nearness")
WRONGLY_REFUSED = 0.05
STRANGERS = 400  # questions that each set is asked from the others
_RIDGE = 0.01

Rows = NDArray[np.float64]


class Hiding:
    """An index that finds some passages no more."""

    def __init__(self, index: Index, hidden: set[int]) -> None:
        self._index = index
        self._hidden = hidden

    def query(self, audience: str, vector: Floats, n: int) -> list[tuple[int, float]]:
        found = self._index.query(audience, vector, n + len(self._hidden))
        return [one for one in found if one[0] not in self._hidden][:n]

    def __getattr__(self, name: str) -> Any:
        return getattr(self._index, name)


async def collect(sets: Sequence[CalibrationSet], work: Path) -> dict[str, Rows]:
    """Features of questions that a set answers ("faq+"), lacks the answer of ("faq-") or knows nothing of ("faq?")."""
    rows: dict[str, Rows] = {}
    for one in sets:
        strangers = [asked for other in sets if other is not one for asked in other.questions]
        settings = Settings(data_dir=work / f"{one.name}-data", knowledge=Knowledge(roots=(one.folder,), watch=False))
        async with Service.open(settings) as service:
            await service.ingest((), lambda values: None)
            by_path: dict[str, set[int]] = {}
            ids = [id for found in service.store.live_ids().values() for id in found]
            for start in range(0, len(ids), 500):
                for stored in service.store.passages(ids[start : start + 500]).values():
                    by_path.setdefault(stored.passage.path, set()).add(stored.id)
            known = [asked for asked in one.questions if any(path in by_path for path in asked.gold)]
            unknown = [asked for asked in one.questions if asked not in known]
            gone = [set[int]().union(*(by_path.get(path, ()) for path in asked.gold)) for asked in known]
            step = max(1, len(strangers) // STRANGERS)
            rows[f"{one.name}+"] = await _rows(service, known, [set()] * len(known))
            rows[f"{one.name}-"] = await _rows(service, [*known, *unknown], [*gone, *([set()] * len(unknown))])
            rows[f"{one.name}?"] = await _rows(service, strangers[::step], [set()] * len(strangers[::step]))
            sys.stderr.write(f"{one.name}: asked\n")
    return rows


async def _rows(service: Service, questions: Sequence[Asked], hidden: Sequence[set[int]]) -> Rows:
    audiences = service.store.audiences()
    rows: list[list[float]] = []
    for asked, without in zip(questions, hidden, strict=True):
        index: Any = Hiding(service.index, without)
        search = Search(service.encoder, index, service.store, LateInteraction(service.store))
        result = await search.find(asked.text, audiences)
        search.close()
        ranked = [one for one in result.ranked if one.candidate.id not in without][: Confidence.DEPTH]
        blobs = service.store.token_blobs([one.candidate.id for one in ranked])
        evidence = read(
            result.question, [(one.passage, token_vectors.unpack(blobs[one.candidate.id])) for one in ranked]
        )
        if evidence and len(result.question.layers[0]):
            found = features(result, evidence)
            rows.append([found[name] for name in FEATURES])
    return np.asarray(rows, np.float64)


def fit(columns: Sequence[int], known: Sequence[Rows], unknown: Sequence[Rows]) -> tuple[Rows, Rows, Rows]:
    """A ridge logistic regression in which each set, and each of the two answers, weighs the same.

    Returns:
        Mean and scale of each column, and the weights with the bias last.
    """
    parts = [(part[:, columns], answer, len(side)) for side, answer in ((known, 1.0), (unknown, 0.0)) for part in side]
    x = np.concatenate([part for part, _, _ in parts])
    y = np.concatenate([np.full(len(part), answer) for part, answer, _ in parts])
    w = np.concatenate([np.full(len(part), len(x) / (2 * sides * len(part))) for part, _, sides in parts])
    mean, scale = x.mean(axis=0), x.std(axis=0)
    z = np.column_stack([(x - mean) / scale, np.ones(len(x))])
    ridge = np.diag([_RIDGE * len(x)] * len(columns) + [0.0])
    weights = np.zeros(z.shape[1])
    for _ in range(50):
        p = 1 / (1 + np.exp(-z @ weights))
        weights -= np.linalg.solve(
            (z * (w * p * (1 - p))[:, None]).T @ z + ridge, z.T @ (w * (p - y)) + ridge @ weights
        )
    return mean, scale, weights


def factor(
    names: Sequence[str], chosen: Sequence[str], known: Sequence[Rows], unknown: Sequence[Rows]
) -> dict[str, Any]:
    """One factor of the model as the JSON file holds it."""
    mean, scale, weights = fit([names.index(name) for name in chosen], known, unknown)
    rounded = [[round(float(value), 4) for value in values] for values in (mean, scale, weights)]
    return {
        "bias": rounded[2][-1],
        "weights": {
            name: {"mean": m, "scale": s, "weight": w}
            for name, m, s, w in zip(chosen, *rounded[:2], rounded[2][:-1], strict=True)
        },
    }


def confidences(model: Confidence, names: Sequence[str], rows: Rows) -> Rows:
    """The model's confidence of each row, as of a search with enough candidates."""
    found = [dict(zip(names, row, strict=True)) for row in rows.tolist()]
    return np.asarray([model.probability(one, 50) for one in found])


def draw(path: Path, model: Confidence, names: Sequence[str], rows: Mapping[str, Rows], threshold: float) -> None:
    """What each threshold refuses, rightly and wrongly."""
    figure = Figure(figsize=(7, 4), layout="constrained")
    axes = figure.subplots()
    steps = np.linspace(0, 1, 201)
    for mark, label, colour in (
        ("+", "answerable, wrongly refused", "#2563eb"),
        ("-", "answer removed, rightly refused", "#ea580c"),
        ("?", "another topic, rightly refused", "#16a34a"),
    ):
        curves = [
            np.searchsorted(np.sort(confidences(model, names, found)), steps) / len(found)
            for name, found in rows.items()
            if name.endswith(mark)
        ]
        axes.plot(steps, np.mean(curves, axis=0), label=label, color=colour)
    axes.axvline(threshold, color="#6b7280", linestyle="--", label=f"default threshold {threshold:.2f}")
    axes.set(xlabel="threshold on confidence", ylabel="share of questions refused", xlim=(0, 1), ylim=(0, 1))
    axes.legend()
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, metadata={"Date": None})


def main() -> None:
    with tempfile.TemporaryDirectory() as work:
        sets = list(calibration_sets(Path(work)))
        rows = asyncio.run(collect(sets, Path(work)))
    names = list(FEATURES)
    sides = {mark: [found for name, found in rows.items() if name.endswith(mark)] for mark in "+-?"}
    weights = {
        "topic": factor(names, TOPIC, sides["+"], sides["?"]),
        "answer": factor(names, ANSWER, sides["+"], sides["-"]),
    }
    provenance = {
        "script": "scripts/calibrate_confidence.py",
        "questions": {name: len(found) for name, found in rows.items()},
        "languages": sorted({asked.language.split("-")[0] for one in sets for asked in one.questions}),
    }
    WEIGHTS.write_text(json.dumps({"provenance": provenance, **weights}, indent=2) + "\n", encoding="utf-8")
    model = Confidence.load()
    shares = [float(np.quantile(confidences(model, names, found), WRONGLY_REFUSED)) for found in sides["+"]]
    threshold = Settings().answer.threshold
    draw(ROOT / "docs" / "images" / "abstention.svg", model, names, rows, threshold)
    figures = {
        name: round(float((confidences(model, names, found) < threshold).mean()), 3) for name, found in rows.items()
    }
    sys.stdout.write(
        json.dumps({"threshold": threshold, "refuses 5 % wrongly": shares, "refused": figures}, indent=2) + "\n"
    )


if __name__ == "__main__":
    main()
