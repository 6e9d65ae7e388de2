"""Fitting a projection on a small parallel help of the right layout."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from retrieval.encoder.onnx import OnnxEncoder
from retrieval.encoder.projection import load_projection, unit
from retrieval.encoder.sentence_transformers import SentenceTransformersEncoder
from scripts import fit_projection
from tests.retrieval.encoder.sentences import LAMP, REFUND

LANGUAGES = {"en-US": "en", "de": "de", "ru": "ru", "zh-CN": "zh"}


@pytest.fixture
def help_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Pages whose paragraphs share their ids, one of them left in English, as in LibreOffice's help."""
    monkeypatch.setattr(fit_projection, "FEWEST_LANGUAGES", 3)
    for folder, language in LANGUAGES.items():
        (tmp_path / "help" / folder / "text").mkdir(parents=True)
        for page, texts in (("refund", REFUND), ("lamp", LAMP)):
            text = f"{texts[language]} {texts[language]}"
            html = f'<h1 id="h">Help</h1><p id="par_1">{text}</p><p id="par_2">{REFUND["en"]} {LAMP["en"]}</p>'
            (tmp_path / "help" / folder / "text" / f"{page}.html").write_text(html, encoding="utf-8")
    return tmp_path / "help"


def test_paragraphs_are_paired_by_id(help_folder: Path) -> None:
    languages, units = fit_projection.units(help_folder, 10)
    assert languages == sorted(LANGUAGES)
    assert sorted(unit["de"][:10] for unit in units) == sorted(texts["de"][:10] for texts in (REFUND, LAMP))
    assert all(unit.keys() == LANGUAGES.keys() for unit in units)


def test_fitting_the_default_encoder(
    help_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, e5: OnnxEncoder
) -> None:
    monkeypatch.setattr(fit_projection, "PROJECTION", tmp_path / "fitted.npz")
    fit_projection.main([str(help_folder), "--threads", "1"])
    projection = load_projection(tmp_path / "fitted.npz")
    with np.load(tmp_path / "fitted.npz") as arrays:
        provenance = json.loads(str(arrays["provenance"]))
    assert provenance["texts"] == 2 * len(LANGUAGES)
    assert provenance["model"].startswith("multilingual-e5-small")

    def spread(project: bool) -> float:
        """The mean cosine between the two sentences' translations."""
        raw = [
            [unit(e5.states("passage: ", texts[language])[1][-1].mean(axis=0)) for language in LANGUAGES.values()]
            for texts in (REFUND, LAMP)
        ]
        found = [np.stack([projection.pooled(one) if project else one for one in group]) for group in raw]
        return float(np.mean([group @ group.T for group in found]) - np.mean(found[0] @ found[1].T))

    assert spread(True) > spread(False) + 0.1


def test_fitting_another_model(help_folder: Path, tmp_path: Path, tiny_folder: Path) -> None:
    """The file lies where the encoder looks for it, and the signs of its token vectors can be packed."""
    output = tmp_path / "data" / "projections"
    fit_projection.main([str(help_folder), "--model", str(tiny_folder), "--output", str(output)])
    plain = SentenceTransformersEncoder(str(tiny_folder))
    fitted = SentenceTransformersEncoder(str(tiny_folder), data_dir=tmp_path / "data")
    assert fitted.identity != plain.identity
    assert "plain" not in fitted.identity
    assert (fitted.dimension, fitted.token_dimension) == (36, 32)
    assert np.isfinite(fitted.encode_passages(["abc"])[0].pooled).all()
