"""The language-neutral projection as shipped, and its file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from retrieval.encoder.base import Floats
from retrieval.encoder.onnx import PROJECTION, OnnxEncoder
from retrieval.encoder.projection import Affine, load_projection, plain_projection, unit
from retrieval.errors import ConfigurationError
from tests.retrieval.encoder.sentences import LAMP, REFUND


def contrast(refund: list[Floats], lamp: list[Floats]) -> float:
    """How much nearer translations of one sentence are than different sentences of one language, in mean cosine."""
    translations = [float(one @ other) for same in (refund, lamp) for one in same for other in same if one is not other]
    others = [float(one @ other) for one, other in zip(refund, lamp, strict=True)]
    return sum(translations) / len(translations) - sum(others) / len(others)


def raw(e5: OnnxEncoder, text: str) -> Floats:
    return unit(e5.states("passage: ", text)[1][-1].mean(axis=0))


def test_translations_get_nearer_than_other_sentences_of_the_same_language(e5: OnnxEncoder) -> None:
    before = contrast([raw(e5, text) for text in REFUND.values()], [raw(e5, text) for text in LAMP.values()])
    after = contrast(
        [one.pooled for one in e5.encode_passages(list(REFUND.values()))],
        [one.pooled for one in e5.encode_passages(list(LAMP.values()))],
    )
    assert after > before + 0.1


def test_each_translation_is_nearer_than_each_other_sentence(e5: OnnxEncoder) -> None:
    refund = [one.pooled for one in e5.encode_questions(list(REFUND.values()))]
    lamp = [one.pooled for one in e5.encode_passages(list(LAMP.values()))]
    passages = [one.pooled for one in e5.encode_passages(list(REFUND.values()))]
    for question in refund:
        assert min(float(question @ one) for one in passages) > max(float(question @ one) for one in lamp)


def test_the_shipped_file_says_what_it_was_made_from() -> None:
    with np.load(PROJECTION, allow_pickle=False) as arrays:
        provenance = str(arrays["provenance"])
    assert "LibreOffice" in provenance
    assert "scripts/fit_projection.py" in provenance


def test_a_projection_and_its_identity(tmp_path: Path) -> None:
    path = tmp_path / "one.npz"
    arrays = {f"{name}.{part}": np.eye(4)[: 1 if part == "mean" else 4] for name in "01" for part in ("mean", "matrix")}
    arrays |= {"pooled.mean": np.ones(4), "pooled.matrix": np.eye(4)[:, :2]}
    np.savez(path, provenance="a test", **arrays)  # type: ignore[arg-type]
    projection = load_projection(path)
    assert len(projection.layers) == 2
    assert projection.pooled(np.array([4, 5, 9, 9], np.float32)).tolist() == pytest.approx([0.6, 0.8])
    first = projection.identity
    np.savez(path, provenance="another", **arrays)  # type: ignore[arg-type]
    assert load_projection(path).identity != first


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04 cut", b"not an archive"])
def test_a_broken_file(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "broken.npz"
    path.write_bytes(data)
    with pytest.raises(ConfigurationError, match=r"broken\.npz"):
        load_projection(path)


def test_a_missing_file_or_array(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="cannot be read"):
        load_projection(tmp_path / "gone.npz")
    np.savez(tmp_path / "partial.npz", **{"pooled.mean": np.zeros(4)})  # type: ignore[arg-type]
    with pytest.raises(ConfigurationError, match="cannot be read"):
        load_projection(tmp_path / "partial.npz")


def test_the_plain_projection_keeps_cosines() -> None:
    projection = plain_projection(400, 200, 2)
    rows = unit(np.random.default_rng(1).standard_normal((40, 400)).astype(np.float32))
    assert np.allclose(projection.pooled(rows), rows, atol=1e-6)
    projected = projection.layers[1](rows)
    assert projected.shape == (40, 200)
    assert float(np.abs(projected @ projected.T - rows @ rows.T).max()) < 0.3
    assert plain_projection(8, 64, 1).layers[0].matrix.shape == (8, 8)


def test_a_zero_row_stays_zero() -> None:
    assert Affine(np.zeros(3, np.float32), np.eye(3, dtype=np.float32))(np.zeros((1, 3), np.float32)).tolist() == [
        [0] * 3
    ]
