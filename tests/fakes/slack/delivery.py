"""What goes from Slack to the app: signed HTTP requests or envelopes on a websocket, within three seconds, or again."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import itertools
import json
import random
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlencode

import aiohttp

if TYPE_CHECKING:
    from tests.fakes.slack.server import FakeSlack

# What the app's end of HTTP answers: status, headers, body. 0: nothing came.
Answer = tuple[int, Mapping[str, str], bytes]
Sender = Callable[[str, bytes, dict[str, str]], Awaitable[Answer]]
RETRY_SECONDS = (0.0, 60.0, 300.0)
_ENVELOPES = {"event": "events_api", "interaction": "interactive", "command": "slash_commands"}


@dataclass(slots=True)
class Attempt:
    """One try.

    Attributes:
        status: of the HTTP answer; 200 for an acknowledged envelope, 0 where nothing came in time.
        seconds: until the answer.
    """

    status: int
    seconds: float
    retry: int = 0


@dataclass(slots=True)
class Delivery:
    """Something that was sent to the app.

    Attributes:
        kind: event, interaction or command.
        payload: what is sent, before it is encoded.
        attempts: as they went.
        answer: the JSON, or text, that the app acknowledged with.
    """

    kind: Literal["event", "interaction", "command"]
    payload: dict[str, Any]
    attempts: list[Attempt] = field(default_factory=list)
    answer: Any = None
    done: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def acknowledged(self) -> bool:
        return any(200 <= attempt.status < 300 for attempt in self.attempts)

    @property
    def event(self) -> dict[str, Any]:
        """The inner event."""
        found: dict[str, Any] = self.payload.get("event", {})
        return found


class Deliveries:
    """Sends, and remembers what it sent.

    Attributes:
        sent: everything so far.
        ack_seconds: how long the app may take.
        retry_scale: 1 waits a minute and five as Slack does; 0.01 is for tests.
        copies: how often each event comes although it was acknowledged; Slack's worst is 4.
        disorder: seconds by which an event may be late, at random.
        sender: does the HTTP; a test may put the application itself here.
        loop: in which it works, so that fixtures outside of any may have people say something.
    """

    def __init__(self, slack: FakeSlack) -> None:
        self._slack = slack
        self.sent: list[Delivery] = []
        self.ack_seconds = 3.0
        self.retry_scale = 0.01
        self.copies = 1
        self.disorder = 0.0
        self.sender: Sender = self._post
        self.random = random.Random(7)
        self.loop: asyncio.AbstractEventLoop | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._session: aiohttp.ClientSession | None = None
        self._numbers = itertools.count(1)

    def of(self, event_type: str) -> list[Delivery]:
        """The events of a type, such as `app_mention`."""
        return [delivery for delivery in self.sent if delivery.event.get("type") == event_type]

    def send_event(self, body: dict[str, Any]) -> Delivery:
        """An event, in the background, with its retries."""
        delivery = Delivery("event", body)
        self.sent.append(delivery)
        if not self._slack.app.socket_mode and not self._slack.app.request_url:
            delivery.done.set()
            return delivery
        loop = self.loop or asyncio.get_running_loop()
        task = loop.create_task(self._deliver_event(delivery))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return delivery

    async def send(self, kind: Literal["interaction", "command"], payload: dict[str, Any]) -> Delivery:
        """An interaction or a command: once. `answer` is the app's."""
        delivery = Delivery(kind, payload)
        self.sent.append(delivery)
        await self._attempt(delivery, 0, "")
        delivery.done.set()
        return delivery

    async def settled(self, seconds: float = 30.0) -> None:
        """Waits until everything is acknowledged or given up."""
        while tasks := list(self._tasks):
            done, _ = await asyncio.wait(tasks, timeout=seconds)
            assert done, f"{len(tasks)} deliveries are under way after {seconds} s"

    async def close(self) -> None:
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._session:
            await self._session.close()

    async def verify_url(self, challenge: str = "3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P") -> bool:
        """Whether the request URL answers Slack's challenge."""
        body = json.dumps({"type": "url_verification", "token": "t", "challenge": challenge}).encode()
        status, _, answer = await self._http(body, "application/json", {})
        return status == 200 and challenge.encode() in answer

    async def _deliver_event(self, delivery: Delivery) -> None:
        if self.disorder:
            await asyncio.sleep(self.random.uniform(0, self.disorder))
        stop = await self._attempt(delivery, 0, "")
        reason = "http_timeout" if delivery.attempts[-1].status == 0 else "http_error"
        for retry, seconds in enumerate(RETRY_SECONDS, 1):
            wanted = self.copies > retry
            if (delivery.acknowledged or stop) and not wanted:
                break
            await asyncio.sleep(0 if wanted else seconds * self.retry_scale)
            stop = await self._attempt(delivery, retry, reason if not wanted else "http_timeout") or stop
        delivery.done.set()
        self._slack.touch()

    async def _attempt(self, delivery: Delivery, retry: int, reason: str) -> bool:
        """One try; whether the app said that it wants no more."""
        started = time.perf_counter()
        stop = False
        if self._slack.app.socket_mode:
            kind = _ENVELOPES[delivery.kind]
            answered, payload = await self._slack.socket.send(kind, delivery.payload, retry, reason, self.ack_seconds)
            status, delivery.answer = (200, payload) if answered else (0, delivery.answer)
        else:
            status, headers, body = await self._send_http(delivery, retry, reason)
            stop = headers.get("X-Slack-No-Retry") == "1" or headers.get("x-slack-no-retry") == "1"
            if status == 200:
                delivery.answer = _read(body)
        delivery.attempts.append(Attempt(status, time.perf_counter() - started, retry))
        return stop

    async def _send_http(self, delivery: Delivery, retry: int, reason: str) -> Answer:
        more = {"X-Slack-Retry-Num": str(retry), "X-Slack-Retry-Reason": reason} if retry else {}
        if delivery.kind == "event":
            return await self._http(json.dumps(delivery.payload).encode(), "application/json", more)
        fields = delivery.payload if delivery.kind == "command" else {"payload": json.dumps(delivery.payload)}
        return await self._http(urlencode(fields).encode(), "application/x-www-form-urlencoded", more)

    async def _http(self, body: bytes, content_type: str, more: dict[str, str]) -> Answer:
        headers = {
            "Content-Type": content_type,
            "User-Agent": "Slackbot 1.0 (+https://api.slack.com/robots)",
            **self.signature(body),
            **more,
        }
        try:
            async with asyncio.timeout(self.ack_seconds):
                return await self.sender(self._slack.app.request_url, body, headers)
        except (TimeoutError, OSError, aiohttp.ClientError):
            return 0, {}, b""

    def signature(self, body: bytes) -> dict[str, str]:
        """The headers that prove where a body comes from."""
        at = str(int(time.time()))
        secret = self._slack.app.signing_secret.encode()
        digest = hmac.new(secret, f"v0:{at}:".encode() + body, hashlib.sha256).hexdigest()
        return {"X-Slack-Request-Timestamp": at, "X-Slack-Signature": f"v0={digest}"}

    async def _post(self, url: str, body: bytes, headers: dict[str, str]) -> Answer:
        if self._session is None:
            self._session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0))
        async with self._session.post(url, data=body, headers=headers, allow_redirects=False) as answer:
            return answer.status, answer.headers, await answer.read()


def _read(body: bytes) -> Any:
    if not body:
        return None
    try:
        return json.loads(body)
    except ValueError:
        return body.decode(errors="replace")
