"""Cosines between a question's tokens and the stored token vectors of passages."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from retrieval.encoder.base import Floats
from retrieval.token_vectors import Bits

# One integer matrix product: ONNX Runtime multiplies bytes several times faster than NumPy multiplies floats.
# Written by scripts/make_encoder_graph.py.
GRAPH = Path(__file__).with_name("similarity.onnx")
# A unit vector's product with its own signs, scaled to unit length, is on average the square root of 2/π.
_SIGN_LOSS = math.sqrt(2 / math.pi)


def similarities(question: Floats, tokens: Bits) -> Floats:
    """Estimated cosines, shape (question tokens, tokens).

    Args:
        question: unit vectors, shape (question tokens, dimension).
        tokens: packed signs, shape (tokens, dimension / 8).
    """
    products, scale, total = _products(question, tokens)
    return np.asarray((2 * products - total).T * scale[:, None], np.float32)


def best_similarities(question: Floats, passages: Sequence[Bits]) -> Floats:
    """For each passage and question token the best cosine among the passage's tokens (ColBERT's MaxSim before its sum).

    Source: Khattab and Zaharia, "ColBERT", SIGIR 2020.

    Returns:
        Shape (passages, question tokens); -1 where a passage has no token.
    """
    lengths = np.array([len(tokens) for tokens in passages])
    best = np.full((len(passages), len(question)), -1, np.float32)
    filled = lengths > 0
    if not filled.any() or not len(question):
        return best
    products, scale, total = _products(question, np.concatenate(passages))
    starts = np.concatenate([[0], np.cumsum(lengths[filled])[:-1]])
    best[filled] = (2 * np.maximum.reduceat(products, starts, axis=0) - total) * scale
    return best


def _products(question: Floats, tokens: Bits) -> tuple[NDArray[np.int32], Floats, NDArray[np.int32]]:
    """Products of the question's tokens with the set bits, their scale, and their sums over all bits."""
    dimension = question.shape[1]
    step = np.maximum(np.abs(question).max(axis=1), 1e-12) / 127
    whole = np.rint(question / step[:, None]).astype(np.int8)
    (products,) = _session().run(None, {"bits": np.unpackbits(tokens, axis=1), "question": whole.T.copy()})
    scale = np.asarray(step / (math.sqrt(dimension) * _SIGN_LOSS), np.float32)
    return products, scale, whole.sum(axis=1, dtype=np.int32)


@cache
def _session() -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(GRAPH.read_bytes(), options, providers=["CPUExecutionProvider"])
