"""What an engine that translates is to the rest of the desk."""

from __future__ import annotations

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

    async def translate(self, texts: Sequence[str], source: str, target: str) -> list[str]:
        """One translation for each text, in their order.

        Raises:
            UpstreamError: it cannot, not now, or not in time.
        """

    async def pairs(self) -> frozenset[Pair] | None:
        """The pairs of source and target that it takes, or None where it takes any.

        Raises:
            UpstreamError: the engine cannot be asked.
        """

    async def can(self, source: str, target: str) -> bool:
        """Whether it translates this pair. Raises as `pairs` does."""

    async def close(self) -> None:
        """Ends its threads and connections."""
