"""Socket Mode: the websockets that an app opens, and the envelopes that go over them."""

from __future__ import annotations

import asyncio
import contextlib
import json
import uuid
from typing import TYPE_CHECKING, Any

from aiohttp import WSMsgType, web

if TYPE_CHECKING:
    from tests.fakes.slack.server import FakeSlack

MOST_CONNECTIONS = 10


class Socket:
    """All connections.

    Attributes:
        connections: that are open now; each envelope goes to one of them, in turn.
    """

    def __init__(self, slack: FakeSlack) -> None:
        self._slack = slack
        self.connections: list[web.WebSocketResponse] = []
        self._tickets: set[str] = set()
        self._waiting: dict[str, tuple[asyncio.Future[Any], bool]] = {}
        self._settled: set[str] = set()
        self._turn = 0

    def new_url(self) -> str:
        """For one connection, once."""
        ticket = uuid.uuid4().hex
        self._tickets.add(ticket)
        return f"ws://127.0.0.1:{self._slack.port}/link/?ticket={ticket}&app_id={self._slack.app.id}"

    async def connect(self, request: web.Request) -> web.StreamResponse:
        """The endpoint that the URLs lead to."""
        ticket = request.query.get("ticket", "")
        if ticket not in self._tickets:
            return web.Response(status=404)
        self._tickets.discard(ticket)
        connection = web.WebSocketResponse(autoping=True)
        await connection.prepare(request)
        if len(self.connections) >= MOST_CONNECTIONS:
            await connection.send_json({"type": "disconnect", "reason": "too_many_websockets"})
            await connection.close()
            return connection
        await connection.send_json(
            {
                "type": "hello",
                "num_connections": len(self.connections) + 1,
                "connection_info": {"app_id": self._slack.app.id},
                "debug_info": {"host": "applink-1", "build_number": 1, "approximate_connection_time": 18060},
            }
        )
        self.connections.append(connection)
        self._slack.touch()
        try:
            async for message in connection:
                if message.type == WSMsgType.TEXT:
                    self._take(message.data)
        finally:
            self._forget(connection)
        return connection

    async def send(
        self, kind: str, payload: dict[str, Any], retry: int, reason: str, seconds: float
    ) -> tuple[bool, dict[str, Any] | None]:
        """One envelope to one connection: whether it was acknowledged, and with what."""
        if not self.connections:
            return False, None
        envelope = str(uuid.uuid4())
        answers = kind != "events_api"
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waiting[envelope] = (future, answers)
        body = {"envelope_id": envelope, "type": kind, "accepts_response_payload": answers, "payload": payload}
        if kind == "events_api":
            body |= {"retry_attempt": retry, "retry_reason": "timeout" if reason == "http_timeout" else reason}
        self._turn += 1
        connection = self.connections[self._turn % len(self.connections)]
        try:
            async with asyncio.timeout(seconds):
                await connection.send_json(body)
                return True, await future
        except (TimeoutError, ConnectionError):
            return False, None
        finally:
            del self._waiting[envelope]
            self._settled.add(envelope)

    async def warn(self, reason: str = "refresh_requested", seconds: float = 0.0) -> None:
        """Tells the oldest connection that it will be closed, and closes it after so many seconds."""
        connection = self.connections[0]
        await connection.send_json({"type": "disconnect", "reason": reason, "debug_info": {"host": "applink-1"}})
        # No envelope goes to a connection that is about to be closed.
        self._forget(connection)
        await asyncio.sleep(seconds)
        if not connection.closed:
            await connection.close()

    async def drop(self) -> None:
        """Cuts all connections without a word."""
        for connection in list(self.connections):
            self._forget(connection)
            # The close of aiohttp would say goodbye first.
            if (transport := connection._req.transport if connection._req else None) is not None:
                transport.abort()

    async def close(self) -> None:
        for connection in list(self.connections):
            with contextlib.suppress(ConnectionError):
                await connection.close()

    def _take(self, text: str) -> None:
        try:
            answer = json.loads(text)
            envelope = answer["envelope_id"]
        except (ValueError, KeyError, TypeError):
            self._slack.blame("socket", "envelope_id", text[:200])
            return
        if envelope in self._waiting:
            future, answers = self._waiting[envelope]
            if answer.get("payload") and not answers:
                self._slack.blame("socket", "payload", "an event's envelope takes no payload")
            if future.done():
                self._slack.blame("socket", "envelope_id", "acknowledged twice")
            else:
                future.set_result(answer.get("payload"))
        elif envelope not in self._settled:
            self._slack.blame("socket", "envelope_id", f"nobody sent {envelope}")

    def _forget(self, connection: web.WebSocketResponse) -> None:
        if connection in self.connections:
            self.connections.remove(connection)
            self._slack.touch()
