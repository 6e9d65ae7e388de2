"""The stored form of token vectors."""

from __future__ import annotations

import numpy as np
import pytest

from retrieval.encoder.onnx import OnnxEncoder
from retrieval.token_vectors import pack, unpack


def test_signs_come_back() -> None:
    layers = [np.random.default_rng(seed).standard_normal((7, 24)).astype(np.float32) for seed in range(3)]
    unpacked = unpack(pack(layers))
    assert [bits.shape for bits in unpacked] == [(7, 3)] * 3
    for layer, bits in zip(layers, unpacked, strict=True):
        assert np.array_equal(np.unpackbits(bits, axis=1), layer > 0)


def test_a_passage_without_tokens() -> None:
    empty = np.zeros((0, 16), np.float32)
    assert [bits.shape for bits in unpack(pack([empty, empty]))] == [(0, 2)] * 2


def test_a_real_passage_of_200_tokens_takes_less_than_28_kilobytes(e5: OnnxEncoder) -> None:
    (encoded,) = e5.encode_passages(["The battery is charged at room temperature. " * 25])
    assert len(encoded.offsets) >= 200
    assert len(pack(encoded.layers)) / len(encoded.offsets) * 200 <= 28_000


def test_another_version_is_refused() -> None:
    blob = bytearray(pack([np.ones((1, 8), np.float32)]))
    blob[0] += 1
    with pytest.raises(ValueError, match="version"):
        unpack(bytes(blob))
