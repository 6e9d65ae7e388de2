"""Rate limits: of each method in a workspace, and of messages to a channel."""

from __future__ import annotations

import math
from collections import defaultdict, deque

from tests.fakes.slack.clock import Clock
from tests.fakes.slack.methods import METHODS
from tests.fakes.slack.refusals import Refused

# chat.postMessage: one a second in each channel; a few more at once are let through.
BURST = 5


class Limits:
    """Counts calls.

    Attributes:
        on: whether anything is refused; tests of other things switch it off.
    """

    def __init__(self, clock: Clock) -> None:
        self.on = True
        self._clock = clock
        self._calls: dict[tuple[str, str], deque[float]] = defaultdict(deque)
        self._channels: dict[tuple[str, str], tuple[float, float]] = {}

    def count(self, team: str, method: str) -> None:
        """One call.

        Raises:
            Refused: it is one too many.
        """
        allowed = METHODS[method].per_minute
        if not self.on or not allowed:
            return
        now = self._clock.now()
        calls = self._calls[team, method]
        while calls and calls[0] <= now - 60:
            calls.popleft()
        if len(calls) >= allowed:
            raise limited(calls[0] + 60 - now)
        calls.append(now)

    def count_message(self, team: str, channel: str) -> None:
        """One message to a channel.

        Raises:
            Refused: they come too fast.
        """
        if not self.on:
            return
        now = self._clock.now()
        left, at = self._channels.get((team, channel), (float(BURST), now))
        left = min(float(BURST), left + now - at)
        if left < 1:
            raise limited(1 - left)
        self._channels[team, channel] = (left - 1, now)


def limited(seconds: float) -> Refused:
    """HTTP 429 with the seconds to wait."""
    return Refused("ratelimited", status=429, headers={"Retry-After": str(max(1, math.ceil(seconds)))})
