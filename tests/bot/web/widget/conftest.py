"""A desk with the widget switched on, and visitors that speak to it over HTTP."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from typing import Any

import httpx
import jwt
import pytest
import pytest_asyncio
from fastapi import FastAPI

from bot.answer import AnswerEvent, DeltaEvent, StatusEvent
from bot.config import DeskSettings, IdentitySettings, Settings, WidgetLimits, WidgetSettings
from bot.question import Question
from bot.service import Service
from bot.web.app import create_app
from tests.conftest import TOKEN, SmallDesk
from tests.eventually import eventually

SHOP, OTHER = "https://shop.example", "https://www.other.example:8443"
SECRET = "the shop's own secret of 32 bytes or more"
ROOMY = WidgetLimits(
    visitor_per_minute=10_000,
    address_per_minute=100_000,
    address_per_day=1_000_000,
    origin_per_minute=100_000,
    origin_per_day=1_000_000,
    desk_per_minute=100_000,
    sessions_per_minute=100_000,
)
DESKS = {
    "default": DeskSettings(),
    "shop": DeskSettings(
        name="The shop",
        origins=(SHOP, OTHER),
        email="help@shop.example",
        suggestions={"de": ("Wie lange dauert eine Erstattung?",)},
        identity=IdentitySettings(secret=SECRET),
    ),
    "other": DeskSettings(origins=(SHOP,), person=False, identity=IdentitySettings(secret=SECRET)),
    "members": DeskSettings(origins=(SHOP,), identity=IdentitySettings(secret=SECRET, required=True)),
}


class Clock:
    """The time as a test wants it."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def __call__(self) -> float:
        return time.time() + self.ahead


@dataclass
class Event:
    id: int
    name: str
    data: Any


def replayed(events: list[Event], known: dict[int, str] | None = None) -> dict[int, str]:
    """The text of each message as a client has it after these events; fails where a piece is lost or doubled."""
    texts = dict(known or {})
    for event in events:
        match event.name:
            case "history":
                texts = {each["number"]: each["text"] for each in event.data["messages"]}
            case "delta":
                text = texts.get(event.data["number"], "")
                assert len(text.encode("utf-16-le")) // 2 == event.data["at"]
                texts[event.data["number"]] = text + event.data["text"]
            case "message":
                texts[event.data["number"]] = event.data["text"]
    return texts


@dataclass
class Panel:
    """A visitor as the panel behaves."""

    http: httpx.AsyncClient
    app: FastAPI
    session: dict[str, Any]
    desk: str
    origin: str
    sent: int = field(default=0)

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.session['token']}"}

    async def call(self, method: str, path: str, **more: Any) -> httpx.Response:
        return await self.http.request(method, f"/api/widget{path}", headers=self.headers, **more)

    async def say(self, text: str, conversation: str = "new", client_id: str = "", language: str = "en") -> Any:
        self.sent += 1
        body = {
            "conversation": conversation,
            "client_id": client_id or f"{id(self):016x}-{self.sent:04}",
            "text": text,
            "language": language,
        }
        response = await self.call("POST", "/messages", json=body)
        assert response.status_code == 202, response.text
        return response.json()

    async def events(self, conversation: str, seen: int | None = None) -> AsyncIterator[Event]:
        """The events of a conversation, as they come."""
        async with aclosing(listen(self.app, conversation, self.headers, seen)) as events:
            async for event in events:
                yield event

    async def until_done(self, conversation: str, number: int, seen: int | None = None) -> list[Event]:
        """The events until the message of that number is finished."""
        found = []
        async with asyncio.timeout(30), aclosing(self.events(conversation, seen)) as events:
            async for event in events:
                found.append(event)
                said = event.data["messages"] if event.name == "history" else [event.data]
                if any(
                    each.get("number") == number and each.get("status", "streaming") != "streaming" for each in said
                ):
                    return found
        raise AssertionError("the stream ended")

    async def watch(self, conversation: str, number: int) -> asyncio.Task[list[Event]]:
        """`until_done` of somebody who listens already."""
        before = self.app.state.widget.streams.count
        watching = asyncio.create_task(self.until_done(conversation, number))
        await eventually(lambda: self.app.state.widget.streams.count > before)
        return watching

    async def until_text(self, conversation: str, text: str) -> None:
        """Waits until so much of the conversation's last message was given."""
        found = []
        async with asyncio.timeout(30), aclosing(self.events(conversation)) as events:
            async for event in events:
                found.append(event)
                texts = replayed(found)
                if texts[max(texts)] == text:
                    return

    async def history(self, conversation: str) -> dict[str, Any]:
        async with aclosing(self.events(conversation)) as events:
            first = await anext(events)
        assert first.name == "history"
        values: dict[str, Any] = first.data
        return values

    async def answered(self, text: str, conversation: str = "new", language: str = "en") -> tuple[str, dict[str, Any]]:
        """Sends a message and waits for its answer; the conversation, and the answer."""
        receipt = await self.say(text, conversation, language=language)
        events = await self.until_done(receipt["conversation"], receipt["reply"])
        said = events[-1].data["messages"] if events[-1].name == "history" else [events[-1].data]
        return receipt["conversation"], next(each for each in said if each["number"] == receipt["reply"])


def listening(conversation: str, headers: dict[str, str]) -> dict[str, Any]:
    """The ASGI scope of somebody who listens."""
    path = f"/api/widget/conversations/{conversation}/events"
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "root_path": "",
        "headers": [(b"host", b"desk"), *((name.lower().encode(), value.encode()) for name, value in headers.items())],
        "client": ("127.0.0.1", 1),
        "server": ("desk", 80),
    }


async def listen(
    app: FastAPI, conversation: str, headers: dict[str, str], seen: int | None = None
) -> AsyncIterator[Event]:
    """The events of a stream as they come; httpx's own transport gives a body only when it is whole."""
    sent: asyncio.Queue[bytes | None] = asyncio.Queue()
    gone = asyncio.Event()
    asked = False

    async def receive() -> dict[str, Any]:
        nonlocal asked
        if not asked:
            asked = True
            return {"type": "http.request", "body": b"", "more_body": False}
        await gone.wait()
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            assert message["status"] == 200, message
            assert (b"cache-control", b"no-store") in message["headers"]
            assert (b"x-accel-buffering", b"no") in message["headers"]
        else:
            await sent.put(message.get("body", b""))

    named = headers if seen is None else headers | {"Last-Event-ID": str(seen)}
    running = asyncio.create_task(app(listening(conversation, named), receive, send))
    running.add_done_callback(lambda done: sent.put_nowait(None))
    try:
        rest = ""
        while (piece := await sent.get()) is not None:
            *blocks, rest = (rest + piece.decode()).replace("\r\n", "\n").split("\n\n")
            for block in blocks:
                fields = dict(line.split(": ", 1) for line in block.split("\n") if line and not line.startswith(":"))
                if fields:
                    yield Event(int(fields["id"]), fields["event"], json.loads(fields["data"]))
        running.result()
    finally:
        gone.set()
        await asyncio.gather(running, return_exceptions=True)


@pytest.fixture(scope="session")
def clock() -> Clock:
    return Clock()


def widget_settings(desk: SmallDesk, limits: WidgetLimits = ROOMY) -> Settings:
    return desk.settings.model_copy(update={"widget": WidgetSettings(desks=DESKS, limits=limits)})


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def desk(small_desk: SmallDesk, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Service]:
    """The small desk with the widget's desks."""
    copy = small_desk.copy(tmp_path_factory.mktemp("widget-desk"))
    async with Service.open(widget_settings(copy)) as service:
        yield service


@pytest.fixture(scope="session")
def app(desk: Service, clock: Clock) -> FastAPI:
    return create_app(desk, TOKEN, clock)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def http(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with client(app) as asking:
        yield asking


def client(app: FastAPI) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://desk")


async def opened(
    app: FastAPI,
    http: httpx.AsyncClient,
    desk: str = "shop",
    origin: str = SHOP,
    *,
    visitor: str = "",
    identity: str = "",
) -> Panel:
    """A panel that was let in."""
    ticket = await http.post(f"/api/widget/ticket?desk={desk}", headers={"Origin": origin})
    assert ticket.status_code == 200, ticket.text
    body = {"ticket": ticket.json()["ticket"], "visitor": visitor, "identity": identity}
    session = await http.post("/api/widget/session", json=body)
    assert session.status_code == 200, session.text
    return Panel(http, app, session.json(), desk, origin)


Opening = Callable[..., Any]


@pytest.fixture
def enter(app: FastAPI, http: httpx.AsyncClient) -> Opening:
    """Lets a panel in, see `opened`."""

    async def entered(*arguments: Any, **named: Any) -> Panel:
        return await opened(app, http, *arguments, **named)

    return entered


def identity(subject: str = "customer-7", secret: str = SECRET, **claims: Any) -> str:
    """What the shop's back end says of a user."""
    return jwt.encode({"sub": subject, "exp": int(time.time()) + 600, **claims}, secret, "HS256")


class Slow:
    """Stands in for the assistant's stream: gives pieces only when the test says so."""

    def __init__(self, service: Service) -> None:
        self._real = service.assistant.stream
        self.asked: list[Question] = []
        self.pieces: asyncio.Queue[str | Exception | None] = asyncio.Queue()
        self.closed = 0

    async def stream(self, question: Question) -> AsyncGenerator[Any]:
        self.asked.append(question)
        yield StatusEvent("search")
        text = ""
        try:
            while (piece := await self.pieces.get()) is not None:
                if isinstance(piece, Exception):
                    raise piece
                text += piece
                yield DeltaEvent(piece)
        finally:
            self.closed += 1
        async with aclosing(self._real(question)) as events:
            async for event in events:
                if isinstance(event, AnswerEvent):
                    yield replace(event, answer=replace(event.answer, text=text))

    def say(self, *pieces: str | Exception | None) -> None:
        for piece in pieces:
            self.pieces.put_nowait(piece)


@pytest.fixture
def slow(desk: Service, monkeypatch: pytest.MonkeyPatch) -> Slow:
    slow = Slow(desk)
    monkeypatch.setattr(desk.assistant, "stream", slow.stream)
    return slow
