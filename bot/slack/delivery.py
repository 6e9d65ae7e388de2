"""What listeners say to Slack: each thing once, however often the event behind it is taken up again."""

from __future__ import annotations

from collections.abc import Sequence
from types import TracebackType
from typing import Self

from bot.slack.message import Block, Message, Place, Recipient, TaskStatus
from retrieval.errors import PolydeskError


class DeliveryRefused(PolydeskError):
    """Slack will not take a message, now or later.

    Attributes:
        method: of the Web API, such as "chat.postMessage".
        error: Slack's word for it, such as "not_in_channel".
    """

    def __init__(self, method: str, error: str) -> None:
        self.method = method
        self.error = error
        super().__init__(f"Slack refuses {method}: {error}.")


class Delivery:
    """Idempotent sends. A key names one thing to say, such as "Ev0123/answer"; its first call decides what is said.

    A call returns when Slack has the message, however long Slack is away or asks to wait for. A cancelled call goes on
    in the outbox, also after a restart, unless it was a stream: that is completed when the same key streams again.
    """

    async def post(self, key: str, to: Place, message: Message) -> str:
        """Posts a message, without unfurls; returns its ts.

        Raises:
            DeliveryRefused: Slack does not take it.
        """
        raise NotImplementedError

    async def update(self, key: str, to: Place, ts: str, message: Message) -> None:
        """Replaces the message `ts` of the place's channel. Raises as `post` does."""
        raise NotImplementedError

    async def ephemeral(self, key: str, to: Place, user: str, message: Message) -> None:
        """Shows a message to one person of the place. Where it stays unknown whether it was shown, it is shown again.

        Raises as `post` does.
        """
        raise NotImplementedError

    def stream(self, key: str, to: Place, recipient: Recipient) -> Stream:
        """An answer that is shown while it is written: ``async with delivery.stream(…) as stream``."""
        raise NotImplementedError

    async def status(self, to: Place, text: str, phrases: Sequence[str] = ()) -> None:
        """Shows what the desk is doing in a thread, with phrases that take turns; "" ends it. Best effort."""
        raise NotImplementedError


class Stream:
    """One streamed answer. Nothing is shown before the first `append` or `task`; nothing is lost, whatever Slack does.

    Where Slack refuses to stream, is busy, or ends the stream early, the answer is completed by plain messages. Text
    that is longer than one message goes on in the next. Leaving the block without `finish`, as after an error, leaves
    what is shown; the same key takes it up again.
    """

    async def __aenter__(self) -> Self:
        raise NotImplementedError

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        raise NotImplementedError

    async def append(self, text: str) -> None:
        """Adds Markdown to what is shown, at most about once a second; returns at once."""
        raise NotImplementedError

    async def task(self, id: str, title: str, status: TaskStatus, details: str = "") -> None:
        """Shows a step of the work, or how it stands by now, in the progress card; returns at once."""
        raise NotImplementedError

    async def finish(
        self, blocks: Sequence[Block], text: str, *, notification: str = "", session_status: str = ""
    ) -> tuple[str, ...]:
        """Completes the answer; returns when Slack has all of it.

        Args:
            blocks: set below the text of the last message.
            text: the whole answer in Markdown. Where it does not begin with what was appended, it replaces that.
            notification: in mrkdwn, for notifications where the answer is sent as plain messages; "" takes the text.
            session_status: of the agent session from here on, such as "active"; "" leaves it.

        Returns:
            The ts of each message of the answer, in order.

        Raises:
            DeliveryRefused: Slack does not take it.
        """
        raise NotImplementedError
