"""The integer arithmetic, held against floats."""

from __future__ import annotations

import numpy as np
import pytest

from retrieval.encoder.base import Floats
from retrieval.encoder.onnx import OnnxEncoder
from retrieval.encoder.projection import unit
from retrieval.similarity import best_similarities, block_similarities, similarities
from retrieval.token_vectors import Bits, pack, unpack
from tests.retrieval.encoder.sentences import LAMP, REFUND


def rows(count: int, seed: int, dimension: int = 384) -> Floats:
    return unit(np.random.default_rng(seed).standard_normal((count, dimension)).astype(np.float32))


def packed(layer: Floats) -> Bits:
    return unpack(pack([layer]))[0]


def reference(question: Floats, tokens: Floats) -> Floats:
    """The estimate in plain floats: a question's token times the signs, over what a unit vector gives with its own."""
    signs = np.where(tokens > 0, 1, -1) / np.sqrt(tokens.shape[1])
    return np.asarray(question @ signs.T / np.sqrt(2 / np.pi), np.float32)


def test_similarities_equal_the_reference() -> None:
    question, tokens = rows(9, 1), rows(50, 2)
    assert np.allclose(similarities(question, packed(tokens)), reference(question, tokens), atol=0.01)


def test_a_vector_and_itself_is_one_and_its_opposite_minus_one() -> None:
    question = rows(20, 3)
    assert np.allclose(np.diag(similarities(question, packed(question))), 1, atol=0.1)
    assert np.allclose(np.diag(similarities(question, packed(-question))), -1, atol=0.1)


def test_estimates_are_near_the_true_cosines() -> None:
    base = rows(1, 4)
    near = unit(base + 0.05 * np.random.default_rng(5).standard_normal((40, 384)).astype(np.float32))
    estimated = similarities(base, packed(near))
    assert float(np.abs(estimated - base @ near.T).mean()) < 0.05


def test_estimates_order_real_tokens_as_the_cosines_do(e5: OnnxEncoder) -> None:
    questions = e5.encode_questions(list(REFUND.values())[:4])
    passages = e5.encode_passages([*REFUND.values(), *LAMP.values()])
    for number in range(2):
        tokens = np.concatenate([passage.layers[number] for passage in passages])
        for question in questions:
            true = question.layers[number] @ tokens.T
            estimated = similarities(question.layers[number], packed(tokens))
            assert float(np.corrcoef(true.ravel(), estimated.ravel())[0, 1]) > 0.9


def test_the_best_of_each_passage() -> None:
    question = rows(5, 6)
    passages = [packed(rows(count, 10 + count)) for count in (3, 1, 40)]
    expected = [similarities(question, tokens).max(axis=1) for tokens in passages]
    assert np.allclose(best_similarities(question, passages), expected, atol=1e-5)


@pytest.mark.parametrize("lengths", [(1,), (16,), (17,), (3, 40, 16, 1), (32, 15, 33)])
def test_the_best_of_each_block(lengths: tuple[int, ...]) -> None:
    question = rows(5, 6)
    passages = [packed(rows(count, 30 + place)) for place, count in enumerate(lengths)]
    blocks, firsts = block_similarities(question, passages, 16)
    expected = [
        similarities(question, tokens[start : start + 16]).max(axis=1)
        for tokens in passages
        for start in range(0, len(tokens), 16)
    ]
    assert np.allclose(blocks, expected, atol=1e-5)
    assert np.diff([*firsts, len(blocks)]).tolist() == [-(-count // 16) for count in lengths]


@pytest.mark.parametrize("lengths", [(0, 3, 0, 0, 2, 0), (0,), (0, 0), (), (2, 0), (0, 2)])
def test_passages_without_tokens(lengths: tuple[int, ...]) -> None:
    question = rows(4, 7)
    passages = [packed(rows(count, 20 + place)) for place, count in enumerate(lengths)]
    best = best_similarities(question, passages)
    assert best.shape == (len(lengths), 4)
    for row, tokens in zip(best, passages, strict=True):
        expected = similarities(question, tokens).max(axis=1) if len(tokens) else np.full(4, -1)
        assert np.allclose(row, expected, atol=1e-5)


def test_a_question_without_tokens() -> None:
    assert best_similarities(np.zeros((0, 384), np.float32), [packed(rows(3, 8))]).shape == (1, 0)
    zero = np.zeros((1, 384), np.float32)
    assert np.isfinite(best_similarities(zero, [packed(rows(3, 8))])).all()
