"""The time as the stand-in sees it, which a test may move."""

from __future__ import annotations

import time


class Clock:
    """Seconds since the epoch; `advance` lets five minutes pass in no time."""

    def __init__(self) -> None:
        self._ahead = 0.0

    def now(self) -> float:
        return time.time() + self._ahead

    def advance(self, seconds: float) -> None:
        self._ahead += seconds
