"""How much is taken from whom. In memory: a desk is one process."""

from __future__ import annotations

import ipaddress
import math
import time
from collections.abc import Iterator
from contextlib import contextmanager

from fastapi import Request
from limits import RateLimitItem, RateLimitItemPerDay, RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import SlidingWindowCounterRateLimiter
from prometheus_client import Gauge

from bot.chats.live import Subscription
from bot.chats.values import Owner
from bot.config import WidgetLimits
from bot.web.errors import Refused

# Streams free up when a tab is closed, which nobody knows beforehand.
STREAM_RETRY = 5


class Limits:
    """Counts messages and questions.

    Args:
        questions_per_minute: from one address to `POST /api/ask`, 0 for any number.
    """

    def __init__(self, settings: WidgetLimits, questions_per_minute: int) -> None:
        self._strategy = SlidingWindowCounterRateLimiter(MemoryStorage())
        self._visitor = RateLimitItemPerMinute(settings.visitor_per_minute)
        self._address = (
            RateLimitItemPerMinute(settings.address_per_minute),
            RateLimitItemPerDay(settings.address_per_day),
        )
        self._sessions = RateLimitItemPerMinute(settings.sessions_per_minute)
        self._origin = (
            RateLimitItemPerMinute(settings.origin_per_minute),
            RateLimitItemPerDay(settings.origin_per_day),
        )
        self._desk = (RateLimitItemPerMinute(settings.desk_per_minute), RateLimitItemPerDay(settings.desk_per_day))
        self._questions = RateLimitItemPerMinute(questions_per_minute) if questions_per_minute else None

    def take_message(self, owner: Owner, address: str) -> None:
        """Counts one message.

        Raises:
            Refused: with 429, where one of the limits is reached; then it counts for none of them.
        """
        site = f"{owner.desk} {owner.origin}"
        self._take(
            [
                (self._visitor, "visitor", owner.visitor),
                *((item, "address", address) for item in self._address),
                *((item, "origin", site) for item in self._origin),
                *((item, "desk", owner.desk) for item in self._desk),
            ]
        )

    def take_feedback(self, visitor: str, address: str) -> None:
        """Counts what is said of one answer, as often as messages but apart from them.

        Raises:
            Refused: with 429.
        """
        self._take([(self._visitor, "feedback", visitor), (self._address[0], "feedback", address)])

    def take_ticket(self, address: str) -> None:
        """Counts one ticket.

        Raises:
            Refused: with 429.
        """
        self._take([(self._sessions, "tickets", address)])

    def take_session(self, address: str) -> None:
        """Counts one session.

        Raises:
            Refused: with 429.
        """
        self._take([(self._sessions, "sessions", address)])

    def take_question(self, address: str) -> None:
        """Counts one question of `POST /api/ask`.

        Raises:
            Refused: with 429.
        """
        if self._questions is not None:
            self._take([(self._questions, "questions", address)])

    def _take(self, counted: list[tuple[RateLimitItem, str, str]]) -> None:
        for item, kind, who in counted:
            if not self._strategy.test(item, kind, who):
                wait = self._strategy.get_window_stats(item, kind, who).reset_time - time.time()
                raise limited(kind, max(1, math.ceil(wait)))
        for item, kind, who in counted:
            self._strategy.hit(item, kind, who)


class Streams:
    """Who listens now; used from the event loop only."""

    def __init__(self, settings: WidgetLimits, gauge: Gauge) -> None:
        self._most = {"visitor": settings.streams_per_visitor, "address": settings.streams_per_address}
        self._all = settings.streams_at_once
        self._gauge = gauge
        self._open: dict[tuple[str, str], set[Subscription]] = {}
        self.count = 0

    def check(self, visitor: str, address: str) -> None:
        """Raises `Refused` with 429 where one more would be too many."""
        full = (len(self._open.get(whose, ())) >= self._most[whose[0]] for whose in _whose(visitor, address))
        if self.count >= self._all or any(full):
            raise limited("streams", STREAM_RETRY)

    @contextmanager
    def entered(self, visitor: str, address: str, subscription: Subscription) -> Iterator[None]:
        """Counts a stream for as long as the block lasts; see `check`."""
        self.check(visitor, address)
        for whose in _whose(visitor, address):
            self._open.setdefault(whose, set()).add(subscription)
        self._changed(1)
        try:
            yield
        finally:
            for whose in _whose(visitor, address):
                self._open[whose].discard(subscription)
                if not self._open[whose]:
                    del self._open[whose]
            self._changed(-1)

    def end(self, visitor: str) -> None:
        """Ends all streams of a visitor."""
        for subscription in self._open.get(("visitor", visitor), ()):
            subscription.end()

    def _changed(self, by: int) -> None:
        self.count += by
        self._gauge.set(self.count)


def _whose(visitor: str, address: str) -> tuple[tuple[str, str], tuple[str, str]]:
    return ("visitor", visitor), ("address", address)


def limited(reason: str, seconds: int) -> Refused:
    """Too much, and when to come back."""
    return Refused(429, "error.limited", reason, {"Retry-After": str(seconds)})


def address_of(request: Request) -> str:
    """Whom a request comes from, as limits count them: an IPv6 network of one customer counts as one."""
    host = request.client.host if request.client else ""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    if isinstance(address, ipaddress.IPv6Address):
        mapped = address.ipv4_mapped
        return str(mapped) if mapped else str(ipaddress.IPv6Network((address, 64), strict=False))
    return host
