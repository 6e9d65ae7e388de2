"""Text to token ids with character spans, as multilingual-e5-small was trained on them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from tokenizers import Regex, Tokenizer
from tokenizers.models import Unigram
from tokenizers.normalizers import Replace
from tokenizers.pre_tokenizers import Metaspace

from retrieval.encoder.bundled import BundledModel


@dataclass(frozen=True, slots=True, eq=False)
class Tokens:
    """A tokenised text.

    Attributes:
        ids: with prefix and special tokens, as the model reads them.
        skip: how many of the leading ids are special or prefix; one special token ends the ids.
        offsets: character spans in the text of the tokens between them, shape (len(ids) - skip - 1, 2).
    """

    ids: list[int]
    skip: int
    offsets: NDArray[np.int32]


class TextTokenizer:
    """The unigram tokenizer of the bundled model; thread-safe."""

    def __init__(self, model: BundledModel) -> None:
        self._tokenizer = Tokenizer(Unigram(model.pieces, unk_id=model.unknown_id, byte_fallback=False))
        self._tokenizer.normalizer = Replace(Regex(" {2,}"), " ")
        self._tokenizer.pre_tokenizer = Metaspace(replacement="▁", prepend_scheme="always")
        self._replacements = model.replacements
        self._begin, self._end = model.begin_id, model.end_id
        self._limit = model.positions

    def count(self, text: str) -> int:
        """Tokens of the text alone."""
        return len(self._tokenizer.encode(text.translate(self._replacements), add_special_tokens=False).ids)

    def encode(self, prefix: str, text: str) -> Tokens:
        """Tokenises prefix and text, cut at the model's length."""
        replaced = text.translate(self._replacements)
        encoding = self._tokenizer.encode(prefix + replaced, add_special_tokens=False)
        ids = encoding.ids[: self._limit - 2]
        spans = np.asarray(encoding.offsets[: len(ids)], np.int32).reshape(-1, 2) - len(prefix)
        own = int(np.argmax(spans[:, 1] > 0)) if (spans[:, 1] > 0).any() else len(ids)
        offsets = np.maximum(spans[own:], 0)
        if replaced != text:
            origins = self._origins(text)
            starts, ends = offsets.T
            # One character may become several: a token that ends among them stands for it all the same.
            last = origins[np.maximum(ends - 1, 0)] + 1
            offsets = np.stack([origins[starts], np.where(ends > starts, last, origins[starts])], axis=1)
        return Tokens([self._begin, *ids, self._end], own + 1, offsets)

    def _origins(self, text: str) -> NDArray[np.int32]:
        """For each place in the replaced text, the place in the text that it came from."""
        lengths = [len(self._replacements.get(ord(character), character)) for character in text]
        return np.append(np.repeat(np.arange(len(text), dtype=np.int32), lengths), np.int32(len(text)))
