"""What goes to Slack through the outbox."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from bot.outbox import Outbox, Refused
from bot.slack.calls import SlackRefused
from bot.slack.message import Message, Place
from bot.slack.sending import content


def thread_of(to: Place) -> str:
    """What the outbox keeps in order."""
    return f"slack:{to.team}:{to.channel}:{to.thread_ts}"


async def post(outbox: Outbox, key: str, to: Place, message: Message) -> str:
    """Posts a message; returns its ts. Raises SlackRefused."""
    return await deliver(outbox, key, "post", to, content=content(message))


async def deliver(outbox: Outbox, key: str, kind: str, to: Place, **body: Any) -> str:
    """Has the outbox deliver something of a kind that `Sender` knows; returns the receipt. Raises SlackRefused."""
    place = {"team": to.team, "channel": to.channel, "thread_ts": to.thread_ts}
    with _refusals():
        return await outbox.deliver(key, kind, thread_of(to), {**place, **body})


async def receipt(outbox: Outbox, key: str) -> str | None:
    """See `Outbox.receipt`. Raises SlackRefused."""
    with _refusals():
        return await outbox.receipt(key)


@contextmanager
def _refusals() -> Iterator[None]:
    try:
        yield
    except Refused as error:
        method, _, word = str(error).partition(" ")
        raise SlackRefused(method, word) from error
