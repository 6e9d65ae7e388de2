"""Visitors of the widget over HTTP, as its panel does it: ticket, session, messages, and the stream of events."""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx

from benchmarks.desk import HOST

# Far above what is measured: the desk's limits are for people.
LIMITS = {
    "visitor_per_minute": 100_000,
    "address_per_minute": 1_000_000,
    "address_per_day": 100_000_000,
    "origin_per_minute": 1_000_000,
    "origin_per_day": 100_000_000,
    "desk_per_minute": 1_000_000,
    "desk_per_day": 100_000_000,
    "sessions_per_minute": 1_000_000,
    "streams_per_address": 100_000,
}


@dataclass(frozen=True, slots=True)
class Visitor:
    """One visitor with a session.

    Attributes:
        port: of the desk.
        token: of the session.
    """

    port: int
    token: str

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}

    async def send(self, http: httpx.AsyncClient, text: str, conversation: str = "new") -> dict[str, Any]:
        """Sends a message; returns what the desk says of it."""
        body = {"conversation": conversation, "client_id": secrets.token_urlsafe(16), "text": text, "language": "en"}
        response = await http.post("/api/widget/messages", json=body, headers=self.headers)
        values: dict[str, Any] = response.raise_for_status().json()
        return values

    @asynccontextmanager
    async def events(self, conversation: str) -> AsyncIterator[AsyncIterator[tuple[str, dict[str, Any]]]]:
        """The events of a conversation as they arrive, over a connection of its own."""
        reader, writer = await asyncio.open_connection(HOST, self.port)
        try:
            path = f"/api/widget/conversations/{conversation}/events"
            head = f"GET {path} HTTP/1.1\r\nHost: {HOST}:{self.port}\r\nAuthorization: Bearer {self.token}\r\n\r\n"
            writer.write(head.encode())
            status = await reader.readline()
            if b" 200 " not in status:
                raise ConnectionError(status.decode().strip())
            yield _parsed(reader)
        finally:
            writer.close()


async def new_visitor(http: httpx.AsyncClient, port: int) -> Visitor:
    """A visitor of one of the desk's own pages."""
    response = await http.post("/api/widget/ticket?desk=default", headers={"Origin": f"http://{HOST}:{port}"})
    ticket = response.raise_for_status().json()["ticket"]
    body = {"ticket": ticket, "visitor": "", "identity": ""}
    session = (await http.post("/api/widget/session", json=body)).raise_for_status().json()
    return Visitor(port, session["token"])


async def _parsed(reader: asyncio.StreamReader) -> AsyncIterator[tuple[str, dict[str, Any]]]:
    """The events; chunk sizes and comments between their lines are passed over."""
    name = ""
    while line := await reader.readline():
        field, _, value = line.decode().rstrip("\r\n").partition(": ")
        if field == "event":
            name = value
        elif field == "data":
            yield name, json.loads(value)
