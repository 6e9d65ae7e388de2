"""What an engine that translates is to the rest of the desk."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Protocol

Pair = tuple[str, str]


class Translator(Protocol):
    """Turns sentences of one language into another. Used from one event loop.

    Codes of languages are those of `retrieval.languages.base_language`; an engine that has others maps them.

    Attributes:
        name: what it is, for people: "argos".
    """

    name: str

    @property
    def trouble(self) -> str:
        """Why it does not translate at the moment, as a sentence; "" while it does."""

    async def translate(
        self, texts: Sequence[str], source: str, target: str, *, until: float | None = None
    ) -> list[str]:
        """One translation for each text, in their order; "" for a text that it had better not translate.

        Args:
            until: the running loop's time when they must be there, where that is sooner than the engine's own limit.

        Raises:
            UpstreamError: it cannot, not now, or not in time.
        """

    async def pairs(self) -> frozenset[Pair] | None:
        """The pairs of source and target that it takes, or None where it takes any.

        Raises:
            UpstreamError: the engine cannot be asked.
        """

    async def can(self, source: str, target: str, *, until: float | None = None) -> bool:
        """Whether it translates this pair. Takes what `translate` does, raises as `pairs` does."""

    async def close(self) -> None:
        """Ends its threads and connections."""


def seconds_until(until: float | None, most: float) -> float:
    """What is left of a request's time, at most an engine's own limit and at least 0."""
    return most if until is None else min(most, max(0.0, until - asyncio.get_running_loop().time()))
