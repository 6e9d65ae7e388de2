"""How much is taken from a visitor, an address, a site and for a desk, and how many may listen."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from bot.config import WidgetLimits
from bot.service import Service
from bot.web import event_stream
from bot.web.app import create_app
from bot.web.widget.limits import Limits, Streams
from tests.bot.web.widget.conftest import OTHER, SHOP, Opening, Panel, listening
from tests.conftest import TOKEN, Problems

pytestmark = pytest.mark.asyncio(loop_scope="session")

QUESTION = "How long does a refund take?"


@asynccontextmanager
async def limited(app: FastAPI, questions_per_minute: int = 0, **limits: int) -> AsyncIterator[None]:
    """The application with other limits, none of which is used up."""
    widget = app.state.widget
    kept = widget.limits, widget.streams
    settings = WidgetLimits(**({"visitor_per_minute": 1_000, "address_per_minute": 1_000} | limits))
    widget.limits = Limits(settings, questions_per_minute)
    widget.streams = Streams(settings, widget.service.metrics.widget_streams)
    try:
        yield
    finally:
        widget.limits, widget.streams = kept


async def send(panel: Panel, client_id: str, **more: Any) -> httpx.Response:
    body = {"conversation": "new", "client_id": client_id, "text": QUESTION, "language": "en"}
    return await panel.call("POST", "/messages", json=body | more)


@pytest.mark.parametrize(
    ("limit", "reason"),
    [
        ({"visitor_per_minute": 2}, "visitor"),
        ({"address_per_minute": 2}, "address"),
        ({"address_per_day": 2}, "address"),
        ({"origin_per_minute": 2}, "origin"),
        ({"origin_per_day": 2}, "origin"),
        ({"desk_per_minute": 2}, "desk"),
        ({"desk_per_day": 2}, "desk"),
    ],
)
async def test_over_a_limit_people_are_asked_to_wait(
    enter: Opening, app: FastAPI, desk: Service, problem: Problems, limit: dict[str, int], reason: str
) -> None:
    def refused() -> float:
        return desk.metrics.registry.get_sample_value("polydesk_widget_refused_total", {"reason": reason}) or 0

    before = refused()
    async with limited(app, **limit):
        panel = await enter()
        for number in range(2):
            assert (await send(panel, f"within-the-limit-{number}")).status_code == 202
        response = await send(panel, "over-the-limit-now")
        problem(response, 429)
        assert 1 <= int(response.headers["retry-after"]) <= 86_400
        assert refused() == before + 1
        # What was taken already is no new message.
        assert (await send(panel, "within-the-limit-1")).status_code == 202
        other = await enter()
        assert (await send(other, "of-another-visitor")).status_code == (202 if reason == "visitor" else 429)
        there = await enter(origin=OTHER)
        assert (await send(there, "of-another-site-now")).status_code == (
            202 if reason in ("visitor", "origin") else 429
        )
        elsewhere = await enter("other")
        assert (await send(elsewhere, "of-another-desk-now")).status_code == (429 if reason == "address" else 202)
    listed = (await panel.call("GET", "/conversations")).json()["conversations"]
    assert len(listed) == 2


async def test_trying_again_and_asking_for_a_person_count_too(enter: Opening, app: FastAPI, problem: Problems) -> None:
    async with limited(app, visitor_per_minute=2):
        panel = await enter()
        conversation, _ = await panel.answered(QUESTION)
        assert (await panel.call("POST", f"/conversations/{conversation}/person")).status_code == 200
        for path in ("person", "retry"):
            problem(await panel.call("POST", f"/conversations/{conversation}/{path}"), 429)


async def test_what_is_said_of_answers_is_counted_apart(enter: Opening, app: FastAPI, problem: Problems) -> None:
    for limit in ({"visitor_per_minute": 2}, {"address_per_minute": 2}):
        async with limited(app, **limit):
            panel = await enter()
            conversation, _ = await panel.answered(QUESTION)
            place = f"/conversations/{conversation}/messages/2/feedback"
            said = [await panel.call("PUT", place, json={"value": value}) for value in ("up", None, "down")]
            assert [response.status_code for response in said] == [204, 204, 429]
            problem(said[2], 429)
            assert (await panel.history(conversation))["messages"][1]["feedback"] is None
            assert (await panel.say(QUESTION, conversation))["reply"] == 4


async def test_a_message_that_cannot_be_sent_counts_for_nothing(enter: Opening, app: FastAPI) -> None:
    async with limited(app, visitor_per_minute=1):
        panel = await enter()
        for _ in range(3):
            assert (await send(panel, "an-empty-message", text=" ")).status_code == 422
        assert (await send(panel, "a-whole-message-now")).status_code == 202


async def test_a_visitor_has_so_many_streams_and_the_desk_too(enter: Opening, app: FastAPI, problem: Problems) -> None:
    for limit, others in (
        ({"streams_per_visitor": 2}, 200),
        ({"streams_per_address": 2}, 429),
        ({"streams_at_once": 2}, 429),
    ):
        async with limited(app, **limit):
            panel, other = await enter(), await enter()
            conversation, _ = await panel.answered(QUESTION)
            theirs, _ = await other.answered(QUESTION)
            path = f"/conversations/{conversation}/events"
            async with aclosing(panel.events(conversation)) as one, aclosing(panel.events(conversation)) as two:
                await anext(one)
                await anext(two)
                response = await panel.call("GET", path)
                problem(response, 429)
                assert response.headers["retry-after"] == "5"
                if others == 200:
                    assert (await other.history(theirs))["conversation"] == theirs
                else:
                    problem(await other.call("GET", f"/conversations/{theirs}/events"), 429)
            assert (await panel.history(conversation))["conversation"] == conversation
            assert app.state.widget.streams.count == 0
            assert app.state.widget.streams._open == {}


async def test_who_reads_nothing_loses_their_place(
    enter: Opening, app: FastAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(event_stream, "UNREAD_SECONDS", 0.05)
    panel = await enter()
    conversation, _ = await panel.answered(QUESTION)
    streams, never, sent = app.state.widget.streams, asyncio.Event(), []

    async def receive() -> dict[str, Any]:
        await never.wait()
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append((message["type"], streams.count))
        if message["type"] == "http.response.body":
            await never.wait()

    async with asyncio.timeout(10):
        await app(listening(conversation, panel.headers), receive, send)
    assert sent == [("http.response.start", 0), ("http.response.body", 1)]
    assert streams.count == 0


async def test_an_address_is_let_in_so_often(http: httpx.AsyncClient, app: FastAPI, problem: Problems) -> None:
    async with limited(app, sessions_per_minute=2):
        origin = {"Origin": SHOP}
        tickets = [await http.post("/api/widget/ticket?desk=shop", headers=origin) for _ in range(3)]
        assert [response.status_code for response in tickets] == [200, 200, 429]
        problem(tickets[2], 429)
        # The page's loader may read that, and when to come back.
        assert tickets[2].headers["access-control-allow-origin"] == SHOP
        assert 1 <= int(tickets[2].headers["retry-after"]) <= 60
        body = {"ticket": tickets[0].json()["ticket"]}
        sessions = [await http.post("/api/widget/session", json=body) for _ in range(3)]
        assert [response.status_code for response in sessions] == [200, 200, 429]


async def test_questions_of_an_address_are_counted_but_not_operators(
    http: httpx.AsyncClient, app: FastAPI, operator: dict[str, str], problem: Problems
) -> None:
    body = {"question": QUESTION}
    async with limited(app, questions_per_minute=2):
        for _ in range(2):
            assert (await http.post("/api/ask", json=body)).status_code == 200
        response = await http.post("/api/ask", json=body)
        problem(response, 429)
        assert int(response.headers["retry-after"]) <= 60
        assert (await http.post("/api/ask", json=body, headers=operator)).status_code == 200
    for _ in range(3):
        assert (await http.post("/api/ask", json=body)).status_code == 200


async def test_an_ipv6_network_counts_as_one_address(desk: Service) -> None:
    app = create_app(desk, TOKEN)
    async with limited(app, questions_per_minute=1):

        async def asked(address: str) -> int:
            transport = httpx.ASGITransport(app, client=(address, 1))
            async with httpx.AsyncClient(transport=transport, base_url="http://desk") as client:
                return (await client.post("/api/ask", json={"question": QUESTION})).status_code

        assert [await asked(f"2001:db8:0:1::{number}") for number in range(2)] == [200, 429]
        assert [await asked(f"2001:db8:0:2::{number}") for number in range(2)] == [200, 429]
        assert [await asked(address) for address in ("10.0.0.1", "10.0.0.2", "::ffff:10.0.0.1")] == [200, 200, 429]
