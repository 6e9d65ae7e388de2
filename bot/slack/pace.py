"""How fast an answer is shown: a few pieces may follow each other closely; on the whole it is one a second."""

from __future__ import annotations

import asyncio

BURST = 3.0
PER_SECOND = 1.0


class Pace:
    """Of one answer. Used from one event loop."""

    def __init__(self) -> None:
        self._left = BURST
        self._counted_at = self._pause_until = asyncio.get_running_loop().time()

    def wait_seconds(self) -> float:
        """How long the next piece must wait."""
        now = asyncio.get_running_loop().time()
        self._left = min(BURST, self._left + (now - self._counted_at) * PER_SECOND)
        self._counted_at = now
        return max(0.0, (1 - self._left) / PER_SECOND, self._pause_until - now)

    def went(self) -> None:
        """A piece goes now."""
        self._left -= 1

    def pause(self, seconds: float) -> None:
        """Slack asked to wait."""
        self._pause_until = asyncio.get_running_loop().time() + seconds
