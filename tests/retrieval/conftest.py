"""The real encoder, loaded once."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from retrieval.encoder.onnx import OnnxEncoder


@pytest.fixture(scope="session")
def e5() -> Iterator[OnnxEncoder]:
    """The default encoder."""
    encoder = OnnxEncoder()
    yield encoder
    encoder.close()
