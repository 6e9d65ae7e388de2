"""Token vectors as they are stored: one bit a dimension, the signs.

A token's state in 384 dimensions and one bit ranks as well as in floating point, and clearly better than in the 64
dimensions and eight bits that take the same room (docs/retrieval.md has the comparison). Only the stored side is cut to
signs; the question's tokens keep eight bits (asymmetric scoring, as in Charikar's random hyperplanes).
"""

from __future__ import annotations

import struct
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from retrieval.encoder.base import Floats

Bits = NDArray[np.uint8]

_HEADER = struct.Struct("<BBHH")
_VERSION = 1


def pack(layers: Sequence[Floats]) -> bytes:
    """The layers' token vectors, each of shape (tokens, dimension), as one blob. The dimension is a multiple of 8."""
    tokens, dimension = layers[0].shape
    header = _HEADER.pack(_VERSION, len(layers), tokens, dimension)
    return header + b"".join(np.packbits(layer > 0, axis=1).tobytes() for layer in layers)


def unpack(blob: bytes) -> tuple[Bits, ...]:
    """For each layer the packed signs, shape (tokens, dimension / 8).

    Raises:
        ValueError: when the blob was written by another version.
    """
    version, layers, tokens, dimension = _HEADER.unpack_from(blob)
    if version != _VERSION:
        raise ValueError(f"token vectors of version {version}, known is {_VERSION}")
    packed = np.frombuffer(blob, np.uint8, offset=_HEADER.size)
    return tuple(packed.reshape(layers, tokens, dimension // 8))
