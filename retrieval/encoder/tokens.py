"""Text to token ids with character spans, as multilingual-e5-small was trained on them.

Of all ways to cut a word into pieces of the vocabulary, the one with the highest sum of scores is taken (unigram model,
Kudo, ACL 2018). Written here because the libraries for it hold 250 MB for this vocabulary, in every process, or sum
in single precision, so that "------" may come out otherwise than the model was trained on it.
"""

from __future__ import annotations

import re
from array import array
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from retrieval.encoder.bundled import WORD, BundledModel

_SPACES = re.compile(" {2,}")
# How much less likely a character without a piece is than the least likely piece.
_UNKNOWN_PENALTY = 10.0
# Words remembered (5 MB), and the longest of them; where words are not spaced, "words" are sentences and do not recur.
_REMEMBERED, _LONGEST_REMEMBERED = 16_384, 32

Pieces = tuple[tuple[int, ...], tuple[int, ...]]


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
        self._ids = dict(zip(model.pieces, range(len(model.pieces)), strict=True))
        self._scores = array("d", model.scores.astype(np.float64).tobytes())
        self._longest = _longest(model.pieces)
        self._unknown = model.unknown_id
        self._unknown_score = min(self._scores) - _UNKNOWN_PENALTY
        self._replacements = model.replacements
        self._uneven = frozenset(chr(code) for code, text in model.replacements.items() if len(text) != 1)
        self._begin, self._end = model.begin_id, model.end_id
        self._limit = model.positions
        self._remembered = lru_cache(_REMEMBERED)(self._cut)

    def count(self, text: str) -> int:
        """Tokens of the text alone."""
        words = _words(_SPACES.sub(" ", text.translate(self._replacements)))
        return sum(len(self._pieces(word)[0]) for word in words)

    def encode(self, prefix: str, text: str) -> Tokens:
        """Tokenises a prefix that does not begin with a space and text, cut at the model's length."""
        replaced = text.translate(self._replacements)
        spaced = prefix + replaced
        single = _SPACES.sub(" ", spaced)
        ids: list[int] = []
        lengths: list[int] = []
        for word in _words(single):
            found = self._pieces(word)
            ids += found[0]
            lengths += found[1]
            if len(ids) >= self._limit - 2:
                break
        del ids[self._limit - 2 :]
        # The first word's space is added, and no character of the text.
        ends = np.cumsum(lengths[: len(ids)], dtype=np.int32) - 1
        starts = np.append(np.int32(0), ends[:-1])
        if single != spaced:
            kept = _kept(spaced)
            starts, ends = kept[starts], np.append(np.int32(-1), kept)[ends] + 1
        spans = np.stack([starts, ends], axis=1)
        spans -= len(prefix)
        own = int(np.argmax(spans[:, 1] > 0)) if (spans[:, 1] > 0).any() else len(ids)
        offsets = np.maximum(spans[own:], 0)
        if not self._uneven.isdisjoint(text):
            origins = self._origins(text)
            starts, ends = offsets.T
            # One character may become several: a token that ends among them stands for it all the same.
            offsets = np.stack([origins[starts], origins[ends - 1] + 1], axis=1)
        return Tokens([self._begin, *ids, self._end], own + 1, offsets)

    def _origins(self, text: str) -> NDArray[np.int32]:
        """For each place in the replaced text, the place in the text that it came from."""
        lengths = [len(self._replacements.get(ord(character), character)) for character in text]
        return np.append(np.repeat(np.arange(len(text), dtype=np.int32), lengths), np.int32(len(text)))

    def _pieces(self, word: str) -> Pieces:
        return self._remembered(word) if len(word) <= _LONGEST_REMEMBERED else self._cut(word)

    def _cut(self, word: str) -> Pieces:
        """The ids and the lengths of the best pieces of a word, its leading space included."""
        known, scores, longest = self._ids.get, self._scores, self._longest.get
        size = len(word)
        # Of the best way to each place: its score, its last piece, and where that begins.
        best = [0.0] + [-np.inf] * size
        last = [self._unknown] * (size + 1)
        begins = [0] * (size + 1)
        for start in range(size):
            here = best[start]
            id = known(word[start])
            score = here + (self._unknown_score if id is None else scores[id])
            if score > best[start + 1]:
                best[start + 1], begins[start + 1] = score, start
                last[start + 1] = self._unknown if id is None else id
            for end in range(start + 2, min(size, start + longest(word[start : start + 2], 1)) + 1):
                id = known(word[start:end])
                if id is not None and here + scores[id] > best[end]:
                    best[end], last[end], begins[end] = here + scores[id], id, start
        ids: list[int] = []
        lengths: list[int] = []
        while size > 0:
            length = size - begins[size]
            # Unknown characters in a row are one token.
            if ids and ids[-1] == last[size] == self._unknown:
                lengths[-1] += length
            else:
                ids.append(last[size])
                lengths.append(length)
            size -= length
        return tuple(reversed(ids)), tuple(reversed(lengths))


def _words(text: str) -> list[str]:
    """The words, each with a space before it, of a text without runs of spaces."""
    words = text.replace(WORD, " ").split(" ")
    # A text that begins with a space has the first word's already.
    return [f" {word}" for word in (words if words[0] else words[1:])]


def _longest(pieces: list[str]) -> dict[str, int]:
    """The length of the longest piece that begins with two characters, so that few are looked for in vain."""
    longest: dict[str, int] = {}
    for piece in pieces:
        if len(piece) > longest.get(piece[:2], 1):
            longest[piece[:2]] = len(piece)
    return longest


def _kept(text: str) -> NDArray[np.int32]:
    """The places of the characters that are left when runs of spaces become one: a run's last space stays."""
    space = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), "<u4") == ord(" ")
    return np.flatnonzero(~(space & np.append(space[1:], False))).astype(np.int32)
