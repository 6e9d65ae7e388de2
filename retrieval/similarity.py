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


def block_similarities(question: Floats, passages: Sequence[Bits], block: int) -> tuple[Floats, NDArray[np.intp]]:
    """For each block of a passage's tokens and each question token the best cosine in the block.

    The maximum over a passage's blocks is ColBERT's MaxSim before its sum (Khattab and Zaharia, SIGIR 2020); blocks
    keep, besides, where in the passage the matches lie.

    Args:
        passages: each of at least one token.
        block: tokens in a block; a passage's last one may be shorter.

    Returns:
        The cosines, shape (blocks, question tokens), and the place of each passage's first block, shape (passages,).
    """
    lengths = np.array([len(tokens) for tokens in passages])
    blocks = -(-lengths // block)
    firsts = np.cumsum(blocks) - blocks
    starts = np.repeat(np.cumsum(lengths) - lengths - firsts * block, blocks) + np.arange(blocks.sum()) * block
    products, scale, total = _products(question, np.concatenate(passages))
    best = (2 * np.maximum.reduceat(products, starts, axis=0) - total) * scale
    return np.asarray(best, np.float32), firsts


def best_similarities(question: Floats, passages: Sequence[Bits]) -> Floats:
    """For each passage and question token the best cosine among the passage's tokens.

    Returns:
        Shape (passages, question tokens); -1 where a passage has no token.
    """
    best = np.full((len(passages), len(question)), -1, np.float32)
    filled = [place for place, tokens in enumerate(passages) if len(tokens)]
    if filled and len(question):
        longest = max(len(tokens) for tokens in passages)
        best[filled], _ = block_similarities(question, [passages[place] for place in filled], longest)
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
