"""Fits bot/answers/support.json, and prints the table of docs/answers.md.

    python scripts/calibrate_support.py

Claims and passages come from `claim_sets`; nothing of the demo shop or of any evaluation set is looked at. Needs the
Debian packages that `calibration_sets` names and the `report` extra; takes some minutes.
"""

from __future__ import annotations

import json
import sys
from collections import defaultdict
from collections.abc import Mapping, Sequence

import numpy as np
from calibrate_confidence import Rows, fit
from claim_sets import cases

from benchmarks.withheld import Vectors
from bot.answers.support import WEIGHTS, LateSupport, SupportModel
from retrieval.encoder import create_encoder
from retrieval.passages import Passage

# The FAQ has fewer.
COUNTS = {"faq": 150, "help": 150}
FEATURES = ("cover", "pooled", "unit", "unit_weakest", "units_weakest")
# One word changed for another is not seen by late interaction, so there is nothing to learn from it.
LEARNT = ("neighbour", "similar", "spliced")
TRUE = ("true", "part")
KINDS = (*TRUE, *LEARNT, "swapped")
THRESHOLDS = (0.3, 0.4, 0.5, 0.55, 0.6, 0.7)


def collect() -> dict[str, dict[str, list[Mapping[str, float]]]]:
    """The features of each set's claims, by set and kind."""
    encoder = create_encoder("onnx", threads=2)
    found: dict[str, dict[str, list[Mapping[str, float]]]] = {}
    for name, count in COUNTS.items():
        vectors = Vectors(encoder)
        support = LateSupport(encoder, vectors, SupportModel(0.0, {}))
        kinds: dict[str, list[Mapping[str, float]]] = defaultdict(list)
        for case in cases(name, encoder, count):
            passage = Passage("", "", "", "", (case.heading,), case.text, "public", case.passage_language)
            (reading,) = support.read(case.claim, [vectors.stored(passage)])
            if reading is not None:
                kinds[case.kind].append(reading.features)
        found[name] = kinds
        sys.stderr.write(f"{name}: read\n")
    encoder.close()
    return found


def fitted(names: Sequence[str], sets: Sequence[Mapping[str, list[Mapping[str, float]]]]) -> SupportModel:
    """The model in which each set weighs the same, and so do true and false."""

    def rows(kinds: Sequence[str], one: Mapping[str, list[Mapping[str, float]]]) -> Rows:
        return np.asarray([[found[name] for name in names] for kind in kinds for found in one[kind]], np.float64)

    columns = list(range(len(names)))
    mean, scale, weights = fit(columns, [rows(TRUE, one) for one in sets], [rows(LEARNT, one) for one in sets])
    raw = weights[:-1] / scale
    return SupportModel(
        round(float(weights[-1] - raw @ mean), 4),
        {name: round(float(weight), 4) for name, weight in zip(names, raw, strict=True)},
    )


def shares(model: SupportModel, found: Mapping[str, list[Mapping[str, float]]], threshold: float) -> dict[str, float]:
    """Of each kind of claim the share that counts as supported."""
    return {
        kind: round(float(np.mean([model.probability(one) >= threshold for one in found[kind]])), 3) for kind in KINDS
    }


def main() -> None:
    found = collect()
    model = fitted(FEATURES, list(found.values()))
    provenance = {
        "script": "scripts/calibrate_support.py",
        "claims": {name: {kind: len(kinds[kind]) for kind in KINDS} for name, kinds in found.items()},
    }
    content = {"provenance": provenance, "bias": model.bias, "weights": dict(model.weights)}
    WEIGHTS.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    apart = {
        # Each set judged by the model that was fitted on the other alone, too.
        name: fitted(FEATURES, [kinds for other, kinds in found.items() if other != name])
        for name in found
    }
    table = {
        name: {
            str(threshold): {"shown": shares(model, kinds, threshold), "apart": shares(apart[name], kinds, threshold)}
            for threshold in THRESHOLDS
        }
        for name, kinds in found.items()
    }
    sys.stdout.write(json.dumps(table, indent=2) + "\n")


if __name__ == "__main__":
    main()
