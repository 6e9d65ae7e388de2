"""The language-neutral projection: one affine map for the pooled vector and one for each kept layer's token states.

Fitted by `scripts/fit_projection.py` on parallel text and shipped as a small file with its provenance; see
docs/retrieval.md for what it does and what was measured. Prior art: Yang et al., "A Simple and Effective Method To
Eliminate the Self Language Bias in Multilingual Representations" (LIR), EMNLP 2021.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from retrieval.encoder.base import Floats
from retrieval.errors import ConfigurationError

# The folder of projections fitted for other models than the bundled one, within the data folder.
PROJECTIONS = "projections"


@dataclass(frozen=True, slots=True, eq=False)
class Affine:
    """x → (x - mean) · matrix, scaled to unit length.

    Attributes:
        mean: shape (width,).
        matrix: shape (width, outputs).
    """

    mean: Floats
    matrix: Floats

    def __call__(self, x: Floats) -> Floats:
        """Rows of width `width` to unit rows of width `outputs`."""
        return unit(np.asarray((x - self.mean) @ self.matrix, np.float32))


@dataclass(frozen=True, slots=True, eq=False)
class Projection:
    """The maps of one encoder, and a short hash that tells one fit from another."""

    pooled: Affine
    layers: tuple[Affine, ...]
    identity: str


def unit(x: Floats) -> Floats:
    """Rows scaled to unit length; a zero row stays zero."""
    norms = np.asarray(np.linalg.norm(x, axis=-1, keepdims=True), np.float32)
    return np.asarray(x / np.maximum(norms, 1e-12), np.float32)


def load_projection(path: Path) -> Projection:
    """Reads a projection as `scripts/fit_projection.py` wrote it: arrays `pooled.mean`, `pooled.matrix`, `0.mean`, …

    Raises:
        ConfigurationError: when the file is missing or lacks an array.
    """
    try:
        data = path.read_bytes()
        with np.load(BytesIO(data), allow_pickle=False) as arrays:
            maps = {name: np.asarray(arrays[name], np.float32) for name in arrays.files if name != "provenance"}
        names = ["pooled", *(str(number) for number in range(len(maps) // 2 - 1))]
        pooled, *layers = [Affine(maps[f"{name}.mean"], maps[f"{name}.matrix"]) for name in names]
    except (OSError, EOFError, BadZipFile, ValueError, KeyError) as error:
        raise ConfigurationError(f"The projection {path} cannot be read: {error}.") from error
    return Projection(pooled, tuple(layers), hashlib.sha256(data).hexdigest()[:12])


def plain_projection(width: int, token_dimension: int, layers: int) -> Projection:
    """For a model without a fitted projection: the pooled vector as it is, token states in fewer dimensions.

    A random orthogonal projection keeps inner products in expectation (Johnson-Lindenstrauss), whatever the model.
    """
    random = np.random.default_rng(0)
    basis, _ = np.linalg.qr(random.standard_normal((width, min(token_dimension, width))))
    zero: NDArray[np.float32] = np.zeros(width, np.float32)
    tokens = Affine(zero, basis.astype(np.float32))
    return Projection(Affine(zero, np.eye(width, dtype=np.float32)), (tokens,) * layers, f"plain-{token_dimension}")
