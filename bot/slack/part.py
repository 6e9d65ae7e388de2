"""One message of a streamed answer."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Part:
    """One message of the answer.

    Attributes:
        text: what of the answer belongs to it.
        weight: bytes that count towards its room.
        open: it still streams.
        exact: Slack is known to show the text.
    """

    ts: str
    text: str
    weight: int
    opened_at: float
    open: bool = True
    exact: bool = True
