"""What listeners say to Slack: each thing once, however often the event behind it is taken up again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import structlog

from bot.outbox import Outbox
from bot.slack.calls import Calls, SlackAway, SlackBusy, SlackRefused, SlackUnsure
from bot.slack.message import Message, Place, Recipient
from bot.slack.posting import deliver, post
from bot.slack.sending import Sender, content
from bot.slack.stream import Stream as Stream

# Slack will not take a message, now or later: `method` and `error` say what it did not take, and why.
DeliveryRefused = SlackRefused
_MOST_PHRASES = 10

log = structlog.get_logger()


class Delivery:
    """Idempotent sends. A key names one thing to say, such as "Ev0123/answer"; its first call decides what is said.

    A call returns when Slack has the message, however long Slack is away or asks to wait for. A cancelled call goes on
    in the outbox, also after a restart, unless it was a stream: that is completed when the same key streams again.
    """

    def __init__(self, calls: Calls, outbox: Outbox, sender: Sender) -> None:
        self._calls = calls
        self._outbox = outbox
        self._sender = sender
        self._open_streams: Counter[str] = Counter()

    async def post(self, key: str, to: Place, message: Message) -> str:
        """Posts a message, without unfurls; returns its ts.

        Raises:
            DeliveryRefused: Slack does not take it.
        """
        return await post(self._outbox, key, to, message)

    async def ephemeral(self, key: str, to: Place, user: str, message: Message) -> None:
        """Shows a message to one person of the place. Where it stays unknown whether it was shown, it is shown again.

        Raises as `post` does.
        """
        await deliver(self._outbox, key, "ephemeral", to, user=user, content=content(message))

    def stream(self, key: str, to: Place, recipient: Recipient) -> Stream:
        """An answer that is shown while it is written: ``async with delivery.stream(…) as stream``."""
        return Stream(key, to, recipient, self._calls, self._outbox, self._sender, self._open_streams)

    async def status(self, to: Place, text: str, phrases: Sequence[str] = ()) -> None:
        """Shows what the desk is doing in a thread, with phrases that take turns; "" ends it. Best effort."""
        arguments = {"channel_id": to.channel, "thread_ts": to.thread_ts, "status": text} | (
            {"loading_messages": list(phrases[:_MOST_PHRASES])} if phrases else {}
        )
        try:
            await self._calls.once("assistant.threads.setStatus", to.team, arguments, patience=0)
        except (SlackRefused, SlackBusy, SlackAway, SlackUnsure) as error:
            log.info("slack_status_not_shown", reason=str(error))
