"""Socket Mode: the desk calls Slack, and events come over websockets; stored before each is acknowledged."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

import structlog
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.async_client import AsyncBaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.socket_mode.response import SocketModeResponse
from slack_sdk.web.async_client import AsyncWebClient
from sqlalchemy.exc import SQLAlchemyError

from bot.inbox import Event
from bot.slack.events import BadBody, as_event

# Slack closes each every few hours; events go over the other meanwhile.
CONNECTIONS = 2
KINDS = frozenset({"events_api", "interactive", "slash_commands"})

log = structlog.get_logger()


class Sockets:
    """The connections. Used from one event loop.

    Args:
        client: that opens them; its session is not used for the websockets themselves.
        put: stores an event.
    """

    def __init__(self, client: AsyncWebClient, app_token: str, put: Callable[[Event], Awaitable[bool]]) -> None:
        self._client = client
        self._app_token = app_token
        self._put = put
        self._sockets: list[SocketModeClient] = []
        self._connecting: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Connects, and goes on trying where that fails."""
        for _ in range(CONNECTIONS):
            socket = SocketModeClient(
                app_token=self._app_token, web_client=self._client, logger=logging.getLogger("slack_sdk.socket_mode")
            )
            socket.socket_mode_request_listeners.append(self._receive)
            self._sockets.append(socket)
            self._connecting.append(asyncio.create_task(socket.connect()))

    async def connected(self) -> int:
        """How many connections stand."""
        return sum([await socket.is_connected() for socket in self._sockets])

    async def close(self) -> None:
        """Hangs up. What Slack sends meanwhile, it sends again to the next who connects."""
        for task in self._connecting:
            task.cancel()
        await asyncio.gather(*self._connecting, return_exceptions=True)
        for socket in self._sockets:
            await socket.close()
            ends = (socket.message_processor, socket.current_session_monitor, socket.message_receiver)
            await asyncio.gather(*(end for end in ends if end is not None), return_exceptions=True)

    async def _receive(self, socket: AsyncBaseSocketModeClient, request: SocketModeRequest) -> None:
        if request.type in KINDS:
            try:
                event = as_event(request.payload)
                if event is not None:
                    await self._put(event)
            except BadBody as error:
                log.warning("slack_envelope_unread", reason=str(error))
            except SQLAlchemyError as error:
                # Not acknowledged: it comes again.
                log.error("inbox_not_written", reason=str(error))
                return
        await socket.send_socket_mode_response(SocketModeResponse(envelope_id=request.envelope_id))
