"""Argos packages in memory: tokeniser and CTranslate2 model of a pair, a bounded number of them. Used by one thread."""

from __future__ import annotations

import math
import time
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
BATCH_TOKENS = 1_024
# A model that repeats itself goes on to its greatest length; no honest translation is so much longer than its source.
_GROWTH, _HEADROOM = 3, 24
_SENTENCES = 32


class Model:
    """One package, loaded.

    Args:
        threads: of a translation.
        data_dir: where Argos's library may write, see `argos_at`.

    Raises:
        OSError, RuntimeError, ValueError, AttributeError: the package is broken.
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

    def translate(self, texts: Sequence[str]) -> list[str]:
        """As Argos does it for one text, for many at once."""
        tokens = [self._tokenizer.encode(text) for text in texts]
        longest = max(map(len, tokens), default=0)
        results = self._model.translate_batch(
            tokens,
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
                self._batch(pair, ["."], math.inf)
            except UpstreamError as error:
                failure = error
        if failure is not None:
            raise failure

    def translate(self, texts: Sequence[str], source: str, target: str, until: float) -> list[str]:
        """One translation for each text.

        Args:
            until: `time.monotonic()` after which nobody waits any more; looked at between batches.

        Raises:
            UpstreamError: no package leads there, one is broken, or the time was up.
        """
        route = self.route(source, target)
        if not route:
            raise UpstreamError(f"Argos Translate has no package that leads from {source} to {target}.")
        found = list(texts)
        for pair in route:
            found = [
                text
                for start in range(0, len(found), _SENTENCES)
                for text in self._batch(pair, found[start : start + _SENTENCES], until)
            ]
        return found

    def close(self) -> None:
        """Gives all memory free."""
        while self._loaded:
            self._loaded.popitem()[1].close()

    def _batch(self, pair: Pair, texts: list[str], until: float) -> list[str]:
        if time.monotonic() > until:
            raise UpstreamError("Argos Translate took too long.")
        model = self._model(pair)
        try:
            return model.translate(texts)
        except (RuntimeError, ValueError) as error:
            raise self._broken(pair, error) from error

    def _model(self, pair: Pair) -> Model:
        model = self._loaded.pop(pair, None)
        if model is None:
            while len(self._loaded) >= self._most:
                self._loaded.popitem(last=False)[1].close()
            try:
                model = Model(self._packages[pair].folder, self._threads, self._data_dir)
            except (OSError, RuntimeError, ValueError, AttributeError) as error:
                raise self._broken(pair, error) from error
        self._loaded[pair] = model
        return model

    def _broken(self, pair: Pair, error: Exception) -> UpstreamError:
        folder = self._packages[pair].folder
        return UpstreamError(f"The Argos package {pair[0]}-{pair[1]} in {folder} does not work: {error}.")


def prover(data_dir: Path) -> Callable[[Path], None]:
    """What tells a package that works from one that does not: it is loaded and translates a sentence."""

    def prove(folder: Path) -> None:
        model = Model(folder, 1, data_dir)
        try:
            if not model.translate(["Hello."]):
                raise ValueError("it gives nothing back")
        finally:
            model.close()

    return prove
