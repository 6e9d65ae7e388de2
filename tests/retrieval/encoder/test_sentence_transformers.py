"""The same e5 through sentence-transformers as through ONNX Runtime, and a model of quite another kind."""

from __future__ import annotations

import shutil
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from retrieval.encoder import create_encoder
from retrieval.encoder.base import Floats
from retrieval.encoder.onnx import PROJECTION, OnnxEncoder
from retrieval.encoder.pretrained import Task
from retrieval.encoder.projection import unit
from retrieval.encoder.sentence_transformers import BATCH, SentenceTransformersEncoder
from retrieval.errors import ConfigurationError
from tests.retrieval.encoder.sentences import LAMP, REFUND

TEXTS = [*REFUND.values(), *LAMP.values(), "wait… ﬁnance  ２０ °C"]
PREFIXES: list[tuple[Task, str]] = [("query", "query: "), ("document", "passage: ")]


def cosines(first: Floats, second: Floats) -> Floats:
    return np.asarray((unit(first) * unit(second)).sum(axis=-1), np.float32)


@pytest.mark.parametrize(("task", "prefix"), PREFIXES)
def test_e5_gives_what_the_default_encoder_gives(
    e5: OnnxEncoder, torch_e5: SentenceTransformersEncoder, task: Task, prefix: str
) -> None:
    near: list[float] = []
    for text, states in zip(TEXTS, torch_e5.states(task, TEXTS), strict=True):
        tokens, layers = e5.states(prefix, text)
        assert np.array_equal(states.offsets, tokens.offsets), text
        near.append(float(cosines(states.pooled, layers[-1].mean(axis=0))))
        for mine, other in zip(states.layers, layers, strict=True):
            assert float(cosines(mine, other[tokens.skip : -1]).mean()) > 0.95, text
    assert min(near) >= 0.98
    assert sum(near) / len(near) >= 0.99


def test_the_same_interface(e5: OnnxEncoder, torch_e5: SentenceTransformersEncoder) -> None:
    for text in (*TEXTS[:3], "", "  "):
        (question,), (passage,) = torch_e5.encode_questions([text]), torch_e5.encode_passages([text])
        for encoded in (question, passage):
            assert encoded.pooled.shape == (torch_e5.dimension,)
            assert float(np.linalg.norm(encoded.pooled)) == pytest.approx(1, abs=1e-5)
            assert [layer.shape for layer in encoded.layers] == [(len(encoded.offsets), torch_e5.token_dimension)] * 2
        assert np.array_equal(torch_e5.offsets(text), passage.offsets)
        assert abs(torch_e5.count_tokens(text) - e5.count_tokens(text)) <= 1
    assert (torch_e5.dimension, torch_e5.token_dimension) == (384, 384)
    assert torch_e5.encode_questions([]) == []


def test_a_long_text_is_counted_whole_and_cut_when_encoded(torch_e5: SentenceTransformersEncoder) -> None:
    text = (REFUND["en"] + " ") * 2_000
    assert torch_e5.count_tokens(text) > 20_000
    (encoded,) = torch_e5.encode_passages([text])
    assert 400 < len(encoded.offsets) == len(torch_e5.offsets(text)) < 512


def test_neighbours_and_threads_change_nothing(torch_e5: SentenceTransformersEncoder) -> None:
    texts = TEXTS[: BATCH + 3]
    together = torch_e5.encode_passages(texts)
    with ThreadPoolExecutor(4) as pool:
        alone = list(pool.map(lambda text: torch_e5.encode_passages([text])[0], texts))
    for one, other in zip(together, alone, strict=True):
        assert np.array_equal(one.offsets, other.offsets)
        assert np.allclose(one.pooled, other.pooled, atol=1e-4)
        assert all(np.allclose(*layers, atol=1e-3) for layers in zip(one.layers, other.layers, strict=True))


def test_a_fitted_projection_is_found(
    e5_folder: Path, torch_e5: SentenceTransformersEncoder, e5: OnnxEncoder, tmp_path: Path
) -> None:
    (tmp_path / "projections").mkdir()
    shutil.copy(PROJECTION, tmp_path / "projections" / f"{torch_e5.fingerprint}.npz")
    encoder = create_encoder("sentence_transformers", model=str(e5_folder), data_dir=tmp_path)
    assert encoder.identity != torch_e5.identity
    assert encoder.identity.rpartition("-")[2] == e5.identity.rpartition("-")[2]
    for mine, other in zip(encoder.encode_questions(TEXTS), e5.encode_questions(TEXTS), strict=True):
        assert float(mine.pooled @ other.pooled) > 0.95


def test_the_identity_follows_the_weights_not_the_place(tiny_model: Any, tiny_folder: Path, tmp_path: Path) -> None:
    first = SentenceTransformersEncoder(str(tiny_folder)).identity
    moved = tmp_path / tiny_folder.name
    shutil.copytree(tiny_folder, moved)
    assert SentenceTransformersEncoder(str(moved)).identity == first
    tensor = tiny_model[0].model.norm.weight
    former = tensor.data.clone()
    tensor.data += 0.25
    tiny_model.save(str(tmp_path / "trained" / "tiny"))
    tensor.data = former
    assert SentenceTransformersEncoder(str(tmp_path / "trained" / "tiny")).identity != first


def test_a_decoder_with_its_own_prompt_and_pooling(tiny_model: Any, tiny_folder: Path) -> None:
    encoder = SentenceTransformersEncoder(str(tiny_folder), threads=0)
    texts = ["hi", "a longer question – é 你", "x" * 500, "one more"]
    for mine, own in zip(encoder.encode_questions(texts), tiny_model.encode_query(texts), strict=True):
        assert np.allclose(mine.pooled, own, atol=1e-5)
    for mine, own in zip(encoder.encode_passages(texts), tiny_model.encode_document(texts), strict=True):
        assert np.allclose(mine.pooled, own, atol=1e-5)
    assert (encoder.dimension, encoder.token_dimension) == (36, 32)
    # Its tokens are bytes; prompt and the end of text are none of them.
    question = encoder.encode_questions([texts[1]])[0]
    assert question.offsets.tolist() == [
        [place, place + 1] for place, character in enumerate(texts[1]) for _ in character.encode()
    ]
    assert len(encoder.offsets("x" * 500)) == 63


def test_the_layers_are_a_middle_one_and_the_last(tiny_model: Any, tiny_folder: Path) -> None:
    import torch

    (states,) = SentenceTransformersEncoder(str(tiny_folder)).states("document", ["abc"])
    with torch.inference_mode():
        own = tiny_model[0].model(**tiny_model.tokenizer("abc", return_tensors="pt"), output_hidden_states=True)
    for mine, number in zip(states.layers, (4, 6), strict=True):
        assert np.allclose(mine, own.hidden_states[number][0, :-1].numpy(), atol=1e-5)


def test_no_model_or_a_wrong_one(tmp_path: Path) -> None:
    pytest.importorskip("sentence_transformers", reason="sentence-transformers is not installed")
    with pytest.raises(ConfigurationError, match=r"encoder\.model"):
        create_encoder("sentence_transformers")
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(ConfigurationError, match="cannot be loaded on cpu"):
        create_encoder("sentence_transformers", model=str(tmp_path))


def test_the_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sentence_transformers", None)
    with pytest.raises(ConfigurationError, match=r'pip install "polydesk\[sentence-transformers\]"'):
        create_encoder("sentence_transformers", model="some/model")
