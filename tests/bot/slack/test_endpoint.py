"""The endpoint's gate: nothing passes that Slack did not sign, whatever it is, and nothing brings the desk down."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import SecretStr
from sqlalchemy.exc import OperationalError

from bot.config import Settings, SlackSettings
from bot.inbox import Event
from bot.metrics import Metrics
from bot.phrases import Phrases
from bot.web.app import create_app

SECRET = "8f742231b10e8888abcd99yyyzzz85a5"
EVENT = {
    "type": "event_callback",
    "event_id": "Ev0123",
    "team_id": "T1",
    "api_app_id": "A1",
    "event": {"type": "message", "channel": "D1", "user": "U1", "text": "Hello", "ts": "1.5", "event_ts": "1.5"},
}
JSON, FORM = "application/json", "application/x-www-form-urlencoded"


@dataclass
class Stored:
    """Stands where the channel stands, and keeps what it gets."""

    events: dict[str, Event] = field(default_factory=dict)
    oauth: None = None
    broken: bool = False

    async def put(self, event: Event) -> bool:
        if self.broken:
            raise OperationalError("insert", {}, Exception("disk I/O error"))
        new = event.id not in self.events
        self.events[event.id] = event
        return new


@dataclass
class Endpoint:
    http: httpx.AsyncClient
    stored: Stored

    async def post(self, body: bytes, headers: Mapping[str, str | bytes]) -> httpx.Response:
        # Header by header as bytes: what is hostile is no text.
        raw = [
            (name.encode("latin-1"), value if isinstance(value, bytes) else value.encode("latin-1", "replace"))
            for name, value in headers.items()
        ]
        return await self.http.post("/slack/events", content=body, headers=raw)


@pytest.fixture
async def endpoint() -> AsyncIterator[Endpoint]:
    slack = SlackSettings(mode="http", signing_secret=SecretStr(SECRET), bot_token=SecretStr("xoxb-1"))
    stored = Stored()
    service: Any = SimpleNamespace(
        settings=Settings(slack=slack),
        phrases=Phrases(),
        metrics=Metrics(("en",)),
        slack=stored,
        widget_key=bytes(32),
    )
    transport = httpx.ASGITransport(create_app(service, "operator"))
    async with httpx.AsyncClient(transport=transport, base_url="http://desk") as http:
        yield Endpoint(http, stored)


def signed(body: bytes, kind: str = JSON, at: int | None = None, secret: str = SECRET) -> dict[str, str]:
    timestamp = str(int(time.time()) if at is None else at)
    digest = hmac.new(secret.encode(), f"v0:{timestamp}:".encode() + body, hashlib.sha256).hexdigest()
    return {"Content-Type": kind, "X-Slack-Request-Timestamp": timestamp, "X-Slack-Signature": f"v0={digest}"}


def dumped(value: object) -> bytes:
    return json.dumps(value).encode()


async def test_what_slack_signed_is_stored_once(endpoint: Endpoint) -> None:
    body = dumped(EVENT)
    for _ in range(4):
        response = await endpoint.post(body, signed(body))
        assert (response.status_code, response.content) == (200, b"")
    (event,) = endpoint.stored.events.values()
    assert (event.id, event.thread, event.happened_at, event.urgent) == ("Ev0123", "T1:D1:1.5", 1.5, False)
    assert json.loads(event.body) == EVENT


async def test_interactions_and_commands_go_first_and_wait_for_no_thread(endpoint: Endpoint) -> None:
    click = {"type": "block_actions", "user": {"id": "U1"}, "trigger_id": "1.2.3", "team": {"id": "T1"}}
    command = {"command": "/ask", "text": "Wie lange?", "team_id": "T1", "user_id": "U1", "trigger_id": "4.5.6"}
    for fields in ({"payload": json.dumps(click)}, command):
        body = urlencode(fields).encode()
        for _ in range(2):
            assert (await endpoint.post(body, signed(body, FORM))).status_code == 200
    one, two = endpoint.stored.events.values()
    assert (one.kind, two.kind) == ("interaction", "command")
    assert one.urgent
    assert two.urgent
    assert one.thread != two.thread
    assert json.loads(two.body)["text"] == "Wie lange?"


async def test_the_address_is_verified(endpoint: Endpoint) -> None:
    body = dumped({"type": "url_verification", "challenge": "3eZbrw1a"})
    response = await endpoint.post(body, signed(body))
    assert (response.status_code, response.text) == (200, "3eZbrw1a")
    assert (await endpoint.post(body, {"Content-Type": JSON})).status_code == 401


async def test_slack_may_look_at_the_certificate(endpoint: Endpoint) -> None:
    body = urlencode({"ssl_check": "1", "token": "t"}).encode()
    assert (await endpoint.post(body, signed(body, FORM))).status_code == 200
    assert not endpoint.stored.events


@pytest.mark.parametrize(
    ("times", "expected"),
    [({"event_ts": "5.5"}, 5.5), ({}, 7.0), ({"event_ts": "nan"}, None), ({"event_ts": []}, 7.0), ({"ts": "x"}, None)],
)
async def test_an_event_happened_when_slack_says_or_when_it_came(
    endpoint: Endpoint, times: dict[str, object], expected: float | None
) -> None:
    body = dumped(EVENT | {"event": {"type": "app_uninstalled"} | times, "event_time": 7})
    assert (await endpoint.post(body, signed(body))).status_code == 200
    (event,) = endpoint.stored.events.values()
    assert event.happened_at == (expected or pytest.approx(time.time(), abs=60))


async def test_what_the_app_said_itself_is_not_stored(endpoint: Endpoint) -> None:
    for event in (
        {"type": "message", "app_id": "A1", "text": "An answer"},
        {"type": "message", "subtype": "message_changed", "message": {"app_id": "A1"}},
        {"type": "message", "subtype": "message_deleted", "previous_message": {"app_id": "A1"}},
    ):
        body = dumped(EVENT | {"event": event})
        assert (await endpoint.post(body, signed(body))).status_code == 200
    assert not endpoint.stored.events


async def test_an_event_that_cannot_be_stored_is_not_acknowledged(endpoint: Endpoint) -> None:
    endpoint.stored.broken = True
    body = dumped(EVENT)
    response = await endpoint.post(body, signed(body))
    assert response.status_code == 503
    assert "x-slack-no-retry" not in response.headers


async def test_an_event_may_be_larger_than_a_question(endpoint: Endpoint) -> None:
    body = dumped(EVENT | {"event": EVENT["event"] | {"blocks": "x" * 500_000}})  # type: ignore[operator]
    assert (await endpoint.post(body, signed(body))).status_code == 200
    body = dumped(EVENT | {"event": EVENT["event"] | {"blocks": "x" * 2_000_000}})  # type: ignore[operator]
    assert (await endpoint.post(body, signed(body))).status_code == 413


GOOD = dumped(EVENT)
NOW = int(time.time())
UNSIGNED: dict[str, tuple[bytes, dict[str, str | bytes]]] = {
    "nothing": (GOOD, {}),
    "no signature": (GOOD, {"X-Slack-Request-Timestamp": str(NOW)}),
    "no timestamp": (GOOD, {"X-Slack-Signature": signed(GOOD)["X-Slack-Signature"]}),
    "another secret": (GOOD, {**signed(GOOD, secret="another")}),
    "another body": (GOOD + b" ", {**signed(GOOD)}),
    "old": (GOOD, {**signed(GOOD, at=NOW - 400)}),
    # Farther than the tests before it take.
    "from the future": (GOOD, {**signed(GOOD, at=NOW + 86_400)}),
    "timestamp is a word": (GOOD, {**signed(GOOD), "X-Slack-Request-Timestamp": "yesterday"}),
    "timestamp of 5,000 digits": (GOOD, {**signed(GOOD), "X-Slack-Request-Timestamp": "9" * 5_000}),
    "timestamp in other digits": (GOOD, {**signed(GOOD), "X-Slack-Request-Timestamp": "١٧٠٠".encode()}),
    "signature is no ASCII": (GOOD, {**signed(GOOD), "X-Slack-Signature": b"v0=\xff\xfe\xc3\xa9"}),
    "deep": (b'{"a":' * 100_000, {**signed(GOOD)}),
    "ssl_check": (b"ssl_check=1", {"Content-Type": FORM}),
}


@pytest.mark.parametrize("case", UNSIGNED)
async def test_what_slack_did_not_sign_does_not_pass(endpoint: Endpoint, case: str) -> None:
    body, headers = UNSIGNED[case]
    assert (await endpoint.post(body, headers)).status_code == 401
    assert not endpoint.stored.events


SIGNED_NONSENSE = {
    "deep list": b"[" * 100_000 + b"]" * 100_000,
    "deep object": b'{"a":' * 20_000 + b"1" + b"}" * 20_000,
    "nested more than can be written": b'{"type":"event_callback","event":{"type":"x","a":'
    + b"[" * 300
    + b"]" * 300
    + b"}}",
    "list": b"[1]",
    "text": b'"hello"',
    "null": b"null",
    "empty": b"",
    "no UTF-8": b"\xff\xfe\xfd",
    "not a number": b'{"type": NaN}',
    "surrogate": b'{"type": "event_callback", "event": {"type": "\\ud800"}}',
    "no event": dumped({"type": "event_callback"}),
    "event is a list": dumped({"type": "event_callback", "event": []}),
    "event has no type": dumped({"type": "event_callback", "event": {"type": 7}}),
    "type is a list": dumped({"type": ["event_callback"]}),
    "unknown": dumped({"type": "surprise"}),
}


@pytest.mark.parametrize("kind", [JSON, FORM, "text/plain", ""])
@pytest.mark.parametrize("case", SIGNED_NONSENSE)
async def test_what_slack_signed_and_nobody_can_use_is_refused(endpoint: Endpoint, case: str, kind: str) -> None:
    body = SIGNED_NONSENSE[case]
    for sent in (body, urlencode({"payload": body}).encode()) if kind == FORM else (body,):
        response = await endpoint.post(sent, signed(sent, kind))
        assert response.status_code == 400
        assert response.headers["x-slack-no-retry"] == "1"
    assert not endpoint.stored.events


VALUES = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
BODIES = (
    st.binary(max_size=300)
    | VALUES.map(lambda value: json.dumps(value).encode("utf-8", "surrogatepass"))
    | st.dictionaries(st.text(max_size=10), st.text(max_size=30), max_size=5).map(lambda form: urlencode(form).encode())
    | VALUES.map(lambda value: json.dumps(EVENT | {"event": value}).encode("utf-8", "surrogatepass"))
    | st.sampled_from([GOOD, b"[" * 50_000, b"{" * 50_000, b"x" * 70_000])
)
HEADER = st.binary(max_size=80).map(lambda value: bytes(byte for byte in value if byte not in b"\r\n\0").strip())
KINDS = st.sampled_from(
    [JSON, FORM, "text/plain", "multipart/form-data; boundary=x", "application/json; charset=utf-16"]
)
ENCODINGS = st.sampled_from(["", "gzip", "br", "identity", "utf-16"])


@given(
    body=BODIES,
    kind=KINDS,
    encoding=ENCODINGS,
    timestamp=st.just(str(NOW).encode()) | st.integers().map(lambda n: str(n).encode()) | HEADER | st.none(),
    signature=st.just(b"v0=" + b"0" * 64) | HEADER | st.none(),
)
@settings(max_examples=600, suppress_health_check=list(HealthCheck))
async def test_no_forgery_passes_and_none_is_an_error(
    endpoint: Endpoint, body: bytes, kind: str, encoding: str, timestamp: bytes | None, signature: bytes | None
) -> None:
    headers: dict[str, str | bytes] = {"Content-Type": kind} | ({"Content-Encoding": encoding} if encoding else {})
    if timestamp is not None:
        headers["X-Slack-Request-Timestamp"] = timestamp
    if signature is not None:
        headers["X-Slack-Signature"] = signature
    assert (await endpoint.post(body, headers)).status_code == 401
    assert not endpoint.stored.events


@given(body=BODIES, kind=KINDS, encoding=ENCODINGS)
@settings(max_examples=400, suppress_health_check=list(HealthCheck))
async def test_nothing_that_is_signed_is_an_error(endpoint: Endpoint, body: bytes, kind: str, encoding: str) -> None:
    endpoint.stored.events.clear()
    headers = signed(body, kind) | ({"Content-Encoding": encoding} if encoding else {})
    response = await endpoint.post(body, headers)
    assert response.status_code in (200, 400)
    if response.status_code == 400:
        assert not endpoint.stored.events
