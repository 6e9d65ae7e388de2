"""A stand-in of an engine that does to sentences what a test says, where a real model could not be made to."""

from __future__ import annotations

from collections.abc import Callable, Sequence

Pair = tuple[str, str]


class FakeTranslator:
    """Translates by a function.

    Attributes:
        asked: every text so far.
    """

    name = "fake"
    trouble = ""

    def __init__(self, say: Callable[[str], str], pairs: frozenset[Pair] | None = None) -> None:
        self._say = say
        self._pairs = pairs
        self.asked: list[str] = []

    async def translate(
        self, texts: Sequence[str], source: str, target: str, *, until: float | None = None
    ) -> list[str]:
        self.asked += texts
        return [self._say(text) for text in texts]

    async def pairs(self) -> frozenset[Pair] | None:
        return self._pairs

    async def can(self, source: str, target: str, *, until: float | None = None) -> bool:
        return self._pairs is None or (source, target) in self._pairs

    async def close(self) -> None:
        """Nothing is open."""
