"""Schemathesis tries everything that the description for programs promises: nothing makes the desk fail or lie."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import dataclass

import httpx
import pytest
import schemathesis
import uvicorn
from fastapi import FastAPI
from fastapi.routing import APIRoute
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from bot.service import Service
from bot.web.app import ROUTERS, create_app
from bot.web.widget.tokens import Tokens
from tests.bot.web.widget.conftest import SHOP, identity, widget_settings
from tests.conftest import TOKEN, SmallDesk

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
# It would read whatever folders come to Schemathesis's mind.
UNTRIED = "/api/ingest"
EXAMPLES = 25


@dataclass
class Served:
    """A desk on a port of its own, and a visitor with a conversation to try things with."""

    url: str
    app: FastAPI
    token: str = ""
    conversation: str = ""
    visitor: str = ""

    def renew(self) -> None:
        """Somebody new, as the one before may have been erased."""
        with httpx.Client(base_url=self.url, trust_env=False, timeout=60) as http:
            ticket = http.post("/api/widget/ticket?desk=shop", headers={"Origin": SHOP}).json()["ticket"]
            proof = {"ticket": ticket, "identity": identity(f"tried-{id(object())}", agent=True)}
            self.token = http.post("/api/widget/session", json=proof).json()["token"]
            body = {"conversation": "new", "client_id": "the-first-message", "text": "How long?", "language": "en"}
            sent = http.post("/api/widget/messages", json=body, headers=self.headers("/api/widget/"))
            self.conversation = sent.json()["conversation"]
        self.visitor = self.tokens.read_access(self.token).owner.visitor

    @property
    def tokens(self) -> Tokens:
        tokens: Tokens = self.app.state.widget.tokens
        return tokens

    def headers(self, path: str) -> dict[str, str]:
        """What lets a request in."""
        if not path.startswith("/api/widget/"):
            return {"Authorization": f"Bearer {TOKEN}"}
        if path.endswith("/events"):
            # A stream ends with its token.
            access = self.tokens.read_access(self.token)
            return {"Authorization": f"Bearer {self.tokens.access(access.owner, 0.2)}"}
        return {"Authorization": f"Bearer {self.token}"}


@pytest.fixture(scope="module")
def served(small_desk: SmallDesk, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    copy = small_desk.copy(tmp_path_factory.mktemp("tried"))
    ready: Future[tuple[str, FastAPI, uvicorn.Server]] = Future()

    async def serve() -> None:
        async with Service.open(widget_settings(copy)) as service:
            app = create_app(service, TOKEN)
            server = uvicorn.Server(uvicorn.Config(app, port=0, log_config=None, lifespan="off"))
            serving = asyncio.create_task(server.serve())
            while not server.started:  # noqa: ASYNC110 - nothing tells when it is
                await asyncio.sleep(0.01)
            port = server.servers[0].sockets[0].getsockname()[1]
            ready.set_result((f"http://127.0.0.1:{port}", app, server))
            await serving

    thread = threading.Thread(target=asyncio.run, args=(serve(),))
    thread.start()
    url, app, server = ready.result(60)
    served = Served(url, app)
    served.renew()
    yield served
    server.should_exit = True
    thread.join(30)
    assert not thread.is_alive()


@pytest.fixture(scope="module")
def description(served: Served) -> schemathesis.BaseSchema:
    return schemathesis.openapi.from_dict(served.app.openapi())


def endpoints() -> list[tuple[str, str]]:
    """Every endpoint that is described."""
    routes = [route for router in ROUTERS for route in router.routes if isinstance(route, APIRoute)]
    described = [(route.path, method) for route in routes if route.include_in_schema for method in route.methods]
    return sorted(each for each in described if each[0] != UNTRIED)


@pytest.mark.parametrize(("path", "method"), endpoints())
def test_nothing_makes_the_desk_fail(
    served: Served, description: schemathesis.BaseSchema, path: str, method: str
) -> None:
    @given(case=description[path][method].as_strategy())
    @settings(max_examples=EXAMPLES, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))
    def tried(case: schemathesis.Case) -> None:
        aim(case, served)
        response = case.call(base_url=served.url, headers=served.headers(path), timeout=30)
        case.validate_response(response, checks=CHECKS)
        if method == "DELETE" and response.status_code == 204:
            served.renew()

    tried()


def aim(case: schemathesis.Case, served: Served) -> None:
    """Has half of what is tried be about what is really there."""
    path = case.operation.path
    if "id" in case.path_parameters and len(str(case.path_parameters["id"])) % 2:
        case.path_parameters["id"] = served.visitor if path.startswith("/api/visitors") else served.conversation
    if isinstance(case.path_parameters.get("number"), int):
        case.path_parameters["number"] %= 3
    if path == "/api/widget/messages" and isinstance(case.body, dict) and len(str(case.body.get("text"))) % 2:
        case.body["conversation"] = served.conversation
    if path == "/api/widget/session" and isinstance(case.body, dict) and len(str(case.body.get("visitor"))) % 2:
        case.body["ticket"] = served.tokens.ticket("shop", SHOP)


def test_everything_that_is_described_is_tried(description: schemathesis.BaseSchema) -> None:
    found = {(path, method.upper()) for path, operations in description.items() for method in operations}
    assert {each for each in found if each[0] != UNTRIED} == set(endpoints()) - {
        ("/health", "HEAD"),
        ("/ready", "HEAD"),
    }
