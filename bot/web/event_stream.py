"""Server-sent events on their way out: unbuffered, and only to those who read them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import suppress

from sse_starlette import EventSourceResponse, ServerSentEvent
from sse_starlette.sse import SendTimeoutError
from starlette.types import Receive, Scope, Send

EVENT_STREAM = "text/event-stream"
# Who takes nothing for so long is gone, or holds a place that others want.
UNREAD_SECONDS = 30.0


class EventStream(EventSourceResponse):
    """The events, until they end or nobody reads them."""

    def __init__(self, events: AsyncIterator[ServerSentEvent]) -> None:
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        super().__init__(events, headers=headers, send_timeout=UNREAD_SECONDS)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        # The server hangs up on whoever's response was not completed.
        with suppress(SendTimeoutError):
            await super().__call__(scope, receive, send)
