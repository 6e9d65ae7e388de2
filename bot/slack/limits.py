"""How fast Slack lets an app call: so many times a minute a method in a workspace; a message a second a channel."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict, deque
from collections.abc import Callable

# Calls a minute in one workspace, from docs.slack.dev and java-slack-sdk's table; others are of tier 3.
PER_MINUTE = {
    "api.test": 100,
    "assistant.threads.setStatus": 60,
    "auth.test": 600,
    "chat.appendStream": 100,
    "chat.postEphemeral": 100,
    # Counted by channel instead.
    "chat.postMessage": 0,
    "chat.startStream": 20,
    "chat.stopStream": 20,
}
OTHERS_PER_MINUTE = 50
# Ours and Slack's minute do not begin at the same moment.
WINDOW_SECONDS = 61.5
CHANNEL_SECONDS = 1.05

Key = tuple[str, str]


class Limits:
    """Says how long a call must wait, and remembers those that went. Used from one event loop."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._calls: dict[Key, deque[float]] = defaultdict(deque)
        # Until when Slack asked to wait, or a channel had its last message.
        self._pauses: dict[Key, float] = {}

    def wait_seconds(self, team: str, method: str, channel: str = "") -> float:
        """How long a call must wait from now on; 0 when it may go."""
        now = self._now()
        at = max(self._pauses.get((team, method), now), self._pauses.get((team, channel), now) if channel else now)
        most = PER_MINUTE.get(method, OTHERS_PER_MINUTE)
        calls = self._recent(team, method, now)
        if most and len(calls) >= most:
            at = max(at, calls[-most] + WINDOW_SECONDS)
        return max(0.0, at - now)

    def left(self, team: str, method: str) -> int:
        """How many more calls may go this minute."""
        return PER_MINUTE.get(method, OTHERS_PER_MINUTE) - len(self._recent(team, method, self._now()))

    def went(self, team: str, method: str, channel: str = "") -> None:
        """A call goes now."""
        now = self._now()
        self._calls[team, method].append(now)
        if channel:
            self._pauses[team, channel] = now + CHANNEL_SECONDS

    def pause(self, team: str, method: str, seconds: float, channel: str = "") -> None:
        """Slack asked to wait: with this method or, for messages, in this channel."""
        key = (team, channel or method)
        self._pauses[key] = max(self._pauses.get(key, 0.0), self._now() + seconds)

    async def turn(self, team: str, method: str, channel: str = "") -> None:
        """Waits until a call may go, and counts it."""
        while True:
            seconds = self.wait_seconds(team, method, channel)
            if not seconds:
                break
            # Others wait for the same turn; who wakes up too late waits again.
            await asyncio.sleep(seconds)
        self.went(team, method, channel)

    def forget(self) -> None:
        """Drops what is of no account any more."""
        now = self._now()
        self._pauses = {key: at for key, at in self._pauses.items() if at > now}
        for key in [key for key, calls in self._calls.items() if not self._recent(*key, now) or not calls]:
            del self._calls[key]

    def _recent(self, team: str, method: str, now: float) -> deque[float]:
        calls = self._calls[team, method]
        while calls and calls[0] <= now - WINDOW_SECONDS:
            calls.popleft()
        return calls
