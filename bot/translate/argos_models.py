"""Argos packages in memory: tokeniser and CTranslate2 model of a pair, a bounded number of them. Used by one thread."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from bot.translate.argos_library import argos_at
from bot.translate.argos_packages import Package
from bot.translate.base import Pair
from retrieval.errors import UpstreamError

PIVOT = "en"
# Argos's own choices, but for the batch: its 32 tokens are about one sentence, which leaves the processor idle.
BEAM = 4
LENGTH_PENALTY = 0.2
# A batch cannot be broken off, so it is what somebody else waits for at most, and may take a second.
BATCH_TOKENS = 256
# A sentence seldom has fifty tokens. What is longer is none, is translated badly, and holds all others up.
LONGEST_TOKENS = 200
# A model that repeats itself goes on to its greatest length; no honest translation is so much longer than its source.
_GROWTH, _HEADROOM = 2, 24
# All that the tokenisers' and CTranslate2's code was seen to raise on broken packages and odd texts, or may; the one
# thread that translates must outlive it. Tokenisers are loaded with their first sentence.
FAILURES = (
    OSError, RuntimeError, ValueError, AttributeError, LookupError, TypeError, ArithmeticError, AssertionError,
    ImportError, MemoryError,
)  # fmt: skip


class Model:
    """One package, loaded.

    Args:
        threads: of a translation.
        data_dir: where Argos's library may write, see `argos_at`.

    Raises:
        FAILURES: the package is broken.
    """

    def __init__(self, folder: Path, threads: int, data_dir: Path) -> None:
        with argos_at(data_dir):
            import ctranslate2
            from argostranslate.package import Package as ArgosPackage

        package = ArgosPackage(folder)
        self._tokenizer = package.tokenizer
        self._prefix: str = package.target_prefix
        self._model: Any = ctranslate2.Translator(
            str(folder / "model"), device="cpu", inter_threads=1, intra_threads=threads, compute_type="auto"
        )

    def tokens(self, text: str) -> list[str]:
        """A text as the model reads it."""
        return list(self._tokenizer.encode(text))

    def translate(self, tokens: Sequence[list[str]]) -> list[str]:
        """As Argos does it for one text, for many at once."""
        longest = max(map(len, tokens), default=0)
        results = self._model.translate_batch(
            list(tokens),
            target_prefix=[[self._prefix]] * len(tokens) if self._prefix else None,
            replace_unknowns=True,
            max_batch_size=BATCH_TOKENS,
            batch_type="tokens",
            beam_size=BEAM,
            length_penalty=LENGTH_PENALTY,
            max_decoding_length=_GROWTH * longest + _HEADROOM,
        )
        return [self._tokenizer.decode(result.hypotheses[0]).removeprefix(self._prefix).strip() for result in results]

    def close(self) -> None:
        """Gives the model's memory free."""
        self._model.unload_model()


class Models:
    """The installed pairs, of which the least recently used leave the memory first.

    Args:
        packages: see `argos_packages.installed`.
        most: models held at a time, at least two, as a pivot needs two.
    """

    def __init__(self, packages: Sequence[Package], data_dir: Path, *, most: int, threads: int) -> None:
        self._packages = {package.pair: package for package in packages}
        self._data_dir = data_dir
        self._most = max(2, most)
        self._threads = threads
        self._loaded: OrderedDict[Pair, Model] = OrderedDict()

    def route(self, source: str, target: str) -> list[Pair]:
        """The packages that lead from one language to another: one, two by way of English, or none."""
        if (source, target) in self._packages:
            return [(source, target)]
        through = [(source, PIVOT), (PIVOT, target)]
        return through if all(pair in self._packages for pair in through) and source != target else []

    def pairs(self) -> frozenset[Pair]:
        """All that there is a way for."""
        codes = {code for pair in self._packages for code in pair}
        return frozenset((one, other) for one in codes for other in codes if self.route(one, other))

    @property
    def loaded(self) -> tuple[Pair, ...]:
        """The pairs in memory, the least recently used first."""
        return tuple(self._loaded)

    def preload(self) -> None:
        """Loads as many as are held, and has each translate once.

        Raises:
            UpstreamError: a package is broken; those after it are loaded all the same.
        """
        failure: UpstreamError | None = None
        for pair in list(self._packages)[: self._most]:
            try:
                self._translated(pair, ["."], lambda: True)
            except UpstreamError as error:
                failure = error
        if failure is not None:
            raise failure

    def translate(self, texts: Sequence[str], source: str, target: str, wanted: Callable[[], bool]) -> list[str]:
        """One translation for each text, "" for one of more than `LONGEST_TOKENS`.

        Args:
            wanted: whether anybody still waits; asked before each batch.

        Raises:
            UpstreamError: no package leads there, one is broken, or nobody waits any more.
        """
        route = self.route(source, target)
        if not route:
            raise UpstreamError(f"Argos Translate has no package that leads from {source} to {target}.")
        found = list(texts)
        for pair in route:
            found = self._translated(pair, found, wanted)
        return found

    def close(self) -> None:
        """Gives all memory free."""
        while self._loaded:
            self._loaded.popitem()[1].close()

    def _translated(self, pair: Pair, texts: Sequence[str], wanted: Callable[[], bool]) -> list[str]:
        found = [""] * len(texts)
        _go_on(wanted)
        model = self._model(pair)
        try:
            tokens = [model.tokens(text) for text in texts]
            for batch in batches([len(each) for each in tokens]):
                _go_on(wanted)
                for place, text in zip(batch, model.translate([tokens[place] for place in batch]), strict=True):
                    found[place] = text
        except FAILURES as error:
            raise self._broken(pair, error) from error
        return found

    def _model(self, pair: Pair) -> Model:
        model = self._loaded.pop(pair, None)
        if model is None:
            try:
                while len(self._loaded) >= self._most:
                    self._loaded.popitem(last=False)[1].close()
                model = Model(self._packages[pair].folder, self._threads, self._data_dir)
            except FAILURES as error:
                raise self._broken(pair, error) from error
        self._loaded[pair] = model
        return model

    def _broken(self, pair: Pair, error: Exception) -> UpstreamError:
        folder = self._packages[pair].folder
        return UpstreamError(f"The Argos package {pair[0]}-{pair[1]} in {folder} does not work: {error}.")


def batches(lengths: Sequence[int]) -> list[list[int]]:
    """The places of texts to be translated together: of like length, as the longest sets the work for all of a batch.

    Args:
        lengths: in tokens; texts without any, and those of more than `LONGEST_TOKENS`, are left out.
    """
    found: list[list[int]] = []
    for place in sorted(range(len(lengths)), key=lengths.__getitem__):
        length = lengths[place]
        if not 0 < length <= LONGEST_TOKENS:
            continue
        if not found or (len(found[-1]) + 1) * length > BATCH_TOKENS:
            found.append([])
        found[-1].append(place)
    return found


def _go_on(wanted: Callable[[], bool]) -> None:
    if not wanted():
        raise UpstreamError("Argos Translate took too long.")


def prover(data_dir: Path) -> Callable[[Path], None]:
    """What tells a package that works from one that does not: it is loaded and translates a sentence."""

    def prove(folder: Path) -> None:
        try:
            model = Model(folder, 1, data_dir)
            try:
                if not model.translate([model.tokens("Hello.")]):
                    raise ValueError("it gives nothing back")
            finally:
                model.close()
        except FAILURES as error:
            raise ValueError(str(error)) from error

    return prove
