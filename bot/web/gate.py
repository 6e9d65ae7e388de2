"""Lets a bounded number of questions in at once; more are turned away at the door instead of waiting for ever."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from bot.web.errors import Overloaded


class Gate:
    """Counts who is inside. Used from the event loop only."""

    def __init__(self, most: int) -> None:
        self._most = most
        self.inside = 0

    @contextmanager
    def enter(self) -> Iterator[None]:
        """Raises `Overloaded` when the desk is full."""
        if self.inside >= self._most:
            raise Overloaded(f"{self.inside} questions are being worked on.")
        self.inside += 1
        try:
            yield
        finally:
            self.inside -= 1
