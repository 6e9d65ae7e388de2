"""Fits the language-neutral projection on parallel text: LibreOffice's help as installed, in all its languages.

    python scripts/fit_projection.py HELP_FOLDER [--units 900] [--threads 2]
    python scripts/fit_projection.py HELP_FOLDER --model NAME [--device cuda] [--output data/projections]

HELP_FOLDER holds one folder a language ("en-US", "de", …) with the same HTML pages, whose paragraphs carry the same
ids. Writes retrieval/encoder/e5_small_projection.npz, or for a sentence-transformers model the file that the desk looks
for in its data folder, and prints what it was made from. docs/retrieval.md says what was tried besides and how it was
judged: on text of another kind, never on what it was fitted on.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from selectolax.lexbor import LexborHTMLParser

from retrieval.encoder.base import Floats
from retrieval.encoder.onnx import PROJECTION, OnnxEncoder
from retrieval.encoder.pretrained import Task
from retrieval.encoder.projection import plain_projection, unit
from retrieval.encoder.sentence_transformers import SentenceTransformersEncoder, States

SOURCE = "en-US"
# A paragraph of this many characters is a text, not a label.
SHORTEST, LONGEST = 60, 350
# Paragraphs translated into fewer languages say little about language.
FEWEST_LANGUAGES = 15
# Paragraphs a page, and paragraphs of which the token states are kept.
PER_PAGE, TOKEN_UNITS = 2, 350

TASKS: tuple[Task, Task] = ("query", "document")
PREFIXES: dict[Task, str] = {"query": "query: ", "document": "passage: "}

Unit = dict[str, str]
AnyEncoder = OnnxEncoder | SentenceTransformersEncoder


@dataclass(frozen=True, slots=True, eq=False)
class Encoded:
    """One paragraph in one language: its unit, its language, the pooled vector, the token states of each layer."""

    unit: int
    language: int
    pooled: Floats
    layers: list[Floats]


def units(folder: Path, count: int) -> tuple[list[str], list[Unit]]:
    """The languages, and for each chosen paragraph its text by language."""
    languages = sorted(path.name for path in folder.iterdir() if (path / "text").is_dir())
    pages = sorted(path.relative_to(folder / SOURCE) for path in (folder / SOURCE / "text").rglob("*.html"))
    random.Random(1).shuffle(pages)
    found: list[Unit] = []
    for page in pages:
        if len(found) >= count:
            break
        found.extend(_of_page(folder, languages, page))
    return languages, found


def _of_page(folder: Path, languages: list[str], page: Path) -> Iterator[Unit]:
    source = _paragraphs(folder / SOURCE / page)
    ids = [id for id, text in source.items() if SHORTEST <= len(text) <= LONGEST and text.count(" ") > 8]
    if not ids:
        return
    translations = {language: _paragraphs(folder / language / page) for language in languages if language != SOURCE}
    for id in random.Random(str(page)).sample(ids, min(PER_PAGE, len(ids))):
        # Text that was left in English would pass for every language.
        translated = {
            language: texts[id] for language, texts in translations.items() if texts.get(id, source[id]) != source[id]
        }
        if len(translated) + 1 >= FEWEST_LANGUAGES:
            yield {SOURCE: source[id], **translated}


def _paragraphs(path: Path) -> dict[str, str]:
    if not path.exists():
        return {}
    tree = LexborHTMLParser(path.read_text(encoding="utf-8", errors="replace"))
    texts = {node.attributes["id"]: " ".join(node.text().split()) for node in tree.css("p[id], h1[id], h2[id], h3[id]")}
    return {id: text for id, text in texts.items() if id and text}


def raw_states(encoder: AnyEncoder, task: Task, text: str) -> States:
    """A text as the model gives it, before any projection."""
    if isinstance(encoder, SentenceTransformersEncoder):
        return encoder.states(task, [text])[0]
    tokens, layers = encoder.states(PREFIXES[task], text)
    own = tuple(layer[tokens.skip : -1] for layer in layers)
    return States(unit(layers[-1].mean(axis=0)), own, tokens.offsets)


def encode(encoder: AnyEncoder, languages: list[str], chosen: list[Unit], threads: int) -> list[Encoded]:
    """Encodes every text, half of them as questions, since both kinds of text are projected alike."""
    jobs = [
        (number, language, text, TASKS[(number + place) % 2])
        for number, texts in enumerate(chosen)
        for place, (language, text) in enumerate(texts.items())
    ]

    def run(job: tuple[int, str, str, Task]) -> Encoded:
        number, language, text, task = job
        states = raw_states(encoder, task, text)
        own = [layer.astype(np.float16) for layer in states.layers] if number < TOKEN_UNITS else []
        return Encoded(number, languages.index(language), states.pooled, own)  # type: ignore[arg-type]

    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(run, jobs))


def without_language(rows: Floats, groups: NDArray[np.int64]) -> tuple[Floats, Floats]:
    """The projection that removes the subspace of the language means (LIR), and the mean of all rows.

    Args:
        rows: shape (texts or tokens, width).
        groups: the language of each row. All means are of the same contents, so they differ by language alone.
    """
    means = np.stack([rows[groups == group].mean(axis=0) for group in np.unique(groups)])
    _, sizes, directions = np.linalg.svd(means - means.mean(axis=0), full_matrices=False)
    removed = directions[sizes > sizes[0] * 1e-3]
    identity = np.eye(rows.shape[1], dtype=np.float32)
    return np.asarray(identity - removed.T @ removed, np.float32), np.asarray(rows.mean(axis=0), np.float32)


def softened(residuals: Floats, power: float, floor: float) -> Floats:
    """A matrix that shrinks the directions in which translations of one text still differ.

    Within-class covariance normalisation (Hatch et al., Interspeech 2006), a class being one text in all languages.

    Args:
        residuals: each text's vector less the mean of its translations.
        power: -0.5 whitens, 0 leaves as it is.
        floor: added to every eigenvalue, in mean eigenvalues; keeps the rare directions from being blown up.
    """
    values, vectors = np.linalg.eigh(residuals.T @ residuals / len(residuals))
    values = np.maximum(values, 0) + floor * values.mean()
    return np.asarray((vectors * values**power) @ vectors.T, np.float32)


def spread(width: int) -> Floats:
    """A random rotation, so that every dimension's sign carries about as much; their number is a multiple of 8."""
    rotation, _ = np.linalg.qr(np.random.default_rng(0).standard_normal((width, width)))
    return np.asarray(rotation[:, : width - width % 8], np.float32)


def fit(encoded: list[Encoded]) -> dict[str, Floats]:
    """The arrays of the projection, see `retrieval.encoder.projection.load_projection`."""
    pooled = np.stack([one.pooled for one in encoded])
    languages = np.array([one.language for one in encoded])
    numbers = np.array([one.unit for one in encoded])
    neutral, mean = without_language(pooled, languages)
    totals = np.zeros((numbers.max() + 1, pooled.shape[1]), np.float32)
    np.add.at(totals, numbers, pooled)
    residuals = pooled - (totals / np.bincount(numbers)[:, None])[numbers]
    arrays = {"pooled.mean": mean, "pooled.matrix": neutral @ softened(residuals @ neutral, -0.25, 0.3)}
    with_tokens = [one for one in encoded if one.layers]
    groups = np.repeat([one.language for one in with_tokens], [len(one.layers[0]) for one in with_tokens])
    for number in range(len(with_tokens[0].layers)):
        rows = np.concatenate([one.layers[number] for one in with_tokens]).astype(np.float32)
        neutral, mean = without_language(rows, groups)
        arrays |= {f"{number}.mean": mean, f"{number}.matrix": neutral @ spread(rows.shape[1])}
    return arrays


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--units", type=int, default=900)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--model", help="a sentence-transformers model in place of the default encoder")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--output", type=Path, default=Path("data/projections"), help="with --model, a folder")
    options = parser.parse_args(arguments)
    languages, chosen = units(options.folder, options.units)
    encoder: AnyEncoder
    if options.model:
        encoder = SentenceTransformersEncoder(options.model, device=options.device, threads=options.threads)
        path = options.output / f"{encoder.fingerprint}.npz"
    else:
        encoder, path = OnnxEncoder(projection=plain_projection(384, 8, 2)), PROJECTION
    encoded = encode(encoder, languages, chosen, options.threads)
    provenance = {
        "model": encoder.identity.partition(" projection-")[0],
        "corpus": "LibreOffice's help (MPL-2.0), paragraphs by id",
        "languages": languages,
        "paragraphs": len(chosen),
        "texts": len(encoded),
        "script": "scripts/fit_projection.py",
    }
    arrays = {name: array.astype(np.float16) for name, array in fit(encoded).items()}
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(path, provenance=json.dumps(provenance), **arrays)  # type: ignore[arg-type]
    sys.stdout.write(f"{path}\n{json.dumps(provenance, indent=1)}\n")


if __name__ == "__main__":
    main()
