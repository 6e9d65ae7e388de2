"""Nobody reads or changes a conversation that is not theirs: every endpoint with every token but the right one."""

from __future__ import annotations

import itertools
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import httpx
import jwt
import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute

from bot.service import Service
from bot.web.app import ROUTERS
from bot.web.widget.tokens import Tokens
from tests.bot.web.widget.conftest import OTHER, SECRET, SHOP, Clock, Opening, Panel, identity
from tests.conftest import TOKEN, Problems

pytestmark = pytest.mark.asyncio(loop_scope="session")

NUMBERS = itertools.count()
QUESTION = "How long does a refund take?"

# What lets somebody in, so it asks for no token, and what everybody may load.
OPEN = {"/api/widget/ticket", "/api/widget/session"}
BODIES: dict[str, Any] = {
    "POST /api/widget/messages": {"text": QUESTION},
    "PUT /api/widget/conversations/{id}/messages/{number}/feedback": {"value": "up"},
    "POST /api/conversations/{id}/messages": {"text": "Hello", "name": "Ana"},
}
# Those of the widget that name no conversation show and change only what is the caller's own.
OF_THEIR_OWN = {"GET /api/widget/conversations", "DELETE /api/widget/visitor", "GET /api/widget/suggestions"}


def endpoints(*prefixes: str) -> list[str]:
    """Every endpoint below the prefixes, so that a new one cannot be forgotten."""
    found = [
        f"{method} {route.path}"
        for router in ROUTERS
        for route in router.routes
        if isinstance(route, APIRoute) and route.path.startswith(prefixes)
        for method in route.methods
    ]
    return sorted(each for each in found if each.split(" ")[1] not in OPEN)


VISITORS = endpoints("/api/widget/")
OPERATORS = endpoints("/api/conversations", "/api/visitors")


async def ask(
    http: httpx.AsyncClient, endpoint: str, token: str | None, conversation: str, visitor: str = "v.nobody"
) -> httpx.Response:
    method, path = endpoint.split(" ")
    known = visitor if path.startswith("/api/visitors") else conversation
    body = BODIES.get(endpoint)
    if path == "/api/widget/messages":
        body = body | {"conversation": conversation, "client_id": f"the-matrix-{next(NUMBERS):08}"}
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    return await http.request(method, path.format(id=known, number=2), headers=headers, json=body)


async def test_the_matrix_knows_all_endpoints(app: FastAPI) -> None:
    served = [getattr(route, "original_router", None) for route in app.routes]
    everything = [route for router in served if router is not None for route in router.routes]
    assert {route.path for route in everything if route.path.startswith(("/api/widget", "/api/conv", "/api/vis"))} == {
        *OPEN,
        *(endpoint.split(" ")[1] for endpoint in (*VISITORS, *OPERATORS)),
    }
    assert len(VISITORS) >= 11
    assert len(OPERATORS) >= 6
    assert set(BODIES) <= {*VISITORS, *OPERATORS}
    assert all("{id}" in each for each in {*VISITORS} - OF_THEIR_OWN - {"POST /api/widget/messages"})


@pytest.fixture
async def victim(enter: Opening) -> tuple[Panel, str]:
    panel: Panel = await enter()
    conversation, _ = await panel.answered(QUESTION)
    return panel, conversation


Strangers = Callable[[Panel], Awaitable[dict[str, str | None]]]


@pytest.fixture
def strangers(enter: Opening, app: FastAPI, desk: Service, http: httpx.AsyncClient, clock: Clock) -> Strangers:
    """Tokens that are no tokens, each by what is wrong with it."""

    async def made(panel: Panel) -> dict[str, str | None]:
        tokens: Tokens = app.state.widget.tokens
        token: str = panel.session["token"]
        claims = jwt.decode(token, options={"verify_signature": False})
        header, payload, signature = token.split(".")
        gone = await enter()
        await gone.answered(QUESTION)
        assert (await gone.call("DELETE", "/visitor")).status_code == 204
        expired = Tokens(desk.widget_key, 30, lambda: clock() - 1_000)
        unsigned = jwt.encode(claims, "", "none")
        removed_desk = tokens.access(panel_owner(app, panel, desk="removed"), 900)
        return {
            "none": None,
            "empty": "",
            "garbage": "garbage",
            "half": f"{header}.{payload}.",
            "changed": f"{header}.{payload}.{signature[::-1]}",
            "unsigned": unsigned,
            "another key": jwt.encode(claims, "x" * 32, "HS256"),
            "the shop's key": jwt.encode(claims, SECRET, "HS256"),
            "another algorithm": jwt.encode(claims, "x" * 64, "HS512"),
            "expired": expired.access(panel_owner(app, panel), 900),
            "revoked": gone.session["token"],
            "a ticket": tokens.ticket("shop", SHOP),
            "a credential": panel.session["visitor"],
            "an identity": identity(),
            "of a desk that is no more": removed_desk,
            "an operator's": TOKEN,
        }

    return made


def panel_owner(app: FastAPI, panel: Panel, **changed: str) -> Any:
    return replace(app.state.widget.tokens.read_access(panel.session["token"]).owner, **changed)


@pytest.mark.parametrize("endpoint", VISITORS)
async def test_no_token_but_a_good_one_lets_in(
    http: httpx.AsyncClient, victim: tuple[Panel, str], strangers: Strangers, problem: Problems, endpoint: str
) -> None:
    panel, conversation = victim
    before = await panel.history(conversation)
    for kind, token in (await strangers(panel)).items():
        response = await ask(http, endpoint, token, conversation)
        assert response.status_code == 401, kind
        problem(response, 401)
        assert response.headers["www-authenticate"] == "Bearer"
    assert await panel.history(conversation) == before


@pytest.mark.parametrize("endpoint", VISITORS)
async def test_knowing_an_id_opens_nothing(
    http: httpx.AsyncClient, victim: tuple[Panel, str], enter: Opening, problem: Problems, endpoint: str
) -> None:
    panel, conversation = victim
    before = await panel.history(conversation)
    agent = {"identity": identity("an-agent", agent=True)}
    others: dict[str, Panel] = {
        "another visitor": await enter(),
        "another origin": await enter("shop", OTHER),
        "another desk": await enter("other", SHOP),
        "an agent": await enter("shop", SHOP, **agent),
        "the desk's own page": await enter("shop", "http://desk"),
    }
    for kind, other in others.items():
        response = await ask(http, endpoint, other.session["token"], conversation)
        if endpoint in OF_THEIR_OWN:
            assert response.status_code in (200, 204), kind
            assert conversation not in response.text
        elif endpoint.endswith("/why") and kind != "an agent":
            problem(response, 403)
        else:
            assert response.status_code == 404, kind
            missing = await ask(http, endpoint, other.session["token"], "w.0000000000000000000000")
            assert problem(response, 404) == problem(missing, 404)
    assert await panel.history(conversation) == before


@pytest.mark.parametrize("endpoint", VISITORS)
async def test_the_same_visitor_of_another_origin_or_desk_sees_nothing(
    http: httpx.AsyncClient, app: FastAPI, victim: tuple[Panel, str], endpoint: str
) -> None:
    panel, conversation = victim
    before = await panel.history(conversation)
    if endpoint == "DELETE /api/widget/visitor":
        return  # It is they who erase what is theirs.
    for changed in ({"origin": OTHER}, {"desk": "other"}):
        token = app.state.widget.tokens.access(panel_owner(app, panel, **changed), 900, agent=True)
        response = await ask(http, endpoint, token, conversation)
        assert response.status_code == (200 if endpoint in OF_THEIR_OWN else 404)
        assert conversation not in response.text
    assert await panel.history(conversation) == before


@pytest.mark.parametrize("endpoint", [each for each in VISITORS if not each.endswith("/events")])
async def test_the_owner_gets_in(http: httpx.AsyncClient, enter: Opening, endpoint: str) -> None:
    """So that what is refused above is refused for the token's sake."""
    panel = await enter(identity=identity(f"owner-{next(NUMBERS)}", agent=True))
    conversation, _ = await panel.answered(QUESTION)
    if endpoint.endswith("/retry"):
        assert (await ask(http, endpoint, panel.session["token"], conversation)).status_code == 409
        return
    assert (await ask(http, endpoint, panel.session["token"], conversation)).is_success


@pytest.mark.parametrize("endpoint", OPERATORS)
async def test_only_operators_get_at_everybodys(
    http: httpx.AsyncClient, victim: tuple[Panel, str], strangers: Strangers, problem: Problems, endpoint: str
) -> None:
    panel, conversation = victim
    before = await panel.history(conversation)
    tokens = (await strangers(panel)) | {"a visitor's": panel.session["token"]}
    visitor = jwt.decode(panel.session["token"], options={"verify_signature": False})["sub"]
    for kind, token in tokens.items():
        if kind != "an operator's":
            problem(await ask(http, endpoint, token, conversation, visitor), 401)
    assert await panel.history(conversation) == before
    assert (await ask(http, endpoint, TOKEN, conversation, visitor)).is_success


async def test_every_endpoint_says_whose_token_it_takes(app: FastAPI) -> None:
    paths = app.openapi()["paths"]
    for schemes, known in (("visitor", VISITORS), ("operator", OPERATORS)):
        for endpoint in known:
            method, path = endpoint.split(" ")
            assert paths[path][method.lower()]["security"] == [{schemes: []}], endpoint
            assert {"401"} <= paths[path][method.lower()]["responses"].keys(), endpoint
