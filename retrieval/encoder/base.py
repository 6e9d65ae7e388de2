"""What every encoder gives: one pass over a text yields its pooled vector and its token states."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Encoded:
    """One encoded text.

    Attributes:
        pooled: language-neutral vector, unit length, shape (dimension,).
        layers: for each kept layer the language-neutral token vectors, unit length, shape (tokens, token_dimension).
            Special tokens and the model's own prefix ("query: ") are left out.
        offsets: character span of each token in the encoded text, shape (tokens, 2). A passage's encoded text is
            its context, a line feed and its text (see `passage_text`).
    """

    pooled: Floats
    layers: tuple[Floats, ...]
    offsets: NDArray[np.int32]


class Encoder(Protocol):
    """Text to vectors. Implementations are thread-safe; every call blocks, so the service calls from a thread."""

    @property
    def identity(self) -> str:
        """Names model, weights, precision and projection; passages stored under another identity are re-encoded."""

    @property
    def dimension(self) -> int:
        """Length of a pooled vector."""

    @property
    def token_dimension(self) -> int:
        """Length of a token vector."""

    def count_tokens(self, text: str) -> int:
        """Tokens of a text as the model reads it, without special tokens and prefix."""

    def offsets(self, text: str) -> NDArray[np.int32]:
        """Character spans of the tokens of a text, as in `Encoded.offsets`, without running the model."""

    def encode_questions(self, texts: Sequence[str]) -> list[Encoded]:
        """Questions, each cut at the model's length."""

    def encode_passages(self, texts: Sequence[str]) -> list[Encoded]:
        """Passages (see `passage_text`), each cut at the model's length."""

    def close(self) -> None:
        """Frees threads and memory."""


def passage_text(context: str, text: str) -> str:
    """The text that is encoded for a passage: its context (heading path, hints), a line feed, its text."""
    return f"{context}\n{text}"
