"""Encoders: text to pooled vector and token states."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from retrieval.encoder.base import Encoder

EncoderKind = Literal["onnx", "sentence_transformers"]


def create_encoder(
    kind: EncoderKind = "onnx",
    *,
    threads: int = 1,
    model: str = "",
    device: str = "cpu",
    data_dir: Path | None = None,
) -> Encoder:
    """The encoder of a kind.

    Args:
        threads: how many texts, or for sentence-transformers how many parts of one, are worked on at a time.
        model: name or folder of a sentence-transformers model.
        device: where it runs: "cpu", "cuda", "cuda:1", …
        data_dir: where a projection fitted for that model is looked for.

    Raises:
        ConfigurationError: when the extra or the weights are missing.
    """
    # Imported here because either brings a runtime that takes most of a second, or gigabytes, to load.
    if kind == "onnx":
        from retrieval.encoder.onnx import OnnxEncoder

        return OnnxEncoder(threads)
    from retrieval.encoder.sentence_transformers import SentenceTransformersEncoder

    return SentenceTransformersEncoder(model, device=device, threads=threads, data_dir=data_dir)
