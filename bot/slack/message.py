"""What is sent to Slack, and where to: the values that listeners and delivery share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

# One block of Block Kit, as JSON values.
Block = Mapping[str, Any]
TaskStatus = Literal["pending", "in_progress", "complete", "error"]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a message goes.

    Attributes:
        team: the workspace whose installation sends it.
        channel: of a channel or a direct message.
        thread_ts: of the thread's first message; "" posts a new message of its own.
    """

    team: str
    channel: str
    thread_ts: str = ""


@dataclass(frozen=True, slots=True)
class Message:
    """A whole message.

    Attributes:
        text: in mrkdwn, what notifications and screen readers say; without blocks it is the message.
        blocks: what is shown; at most 50.
    """

    text: str
    blocks: tuple[Block, ...] = ()


@dataclass(frozen=True, slots=True)
class Recipient:
    """For whom a stream is; Slack wants both in channels.

    Attributes:
        team: the person's own workspace, another than the place's for people from outside.
        user: their id.
    """

    team: str
    user: str
