"""The HTTP application: its routes and what surrounds them."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel

from bot.service import Service
from bot.web import ask, conversations, demo, health, help, operator, page
from bot.web.errors import Problem, install
from bot.web.gate import Gate
from bot.web.middleware import Edge
from bot.web.requests import AskBody, FeedbackBody, IngestBody, MessageBody, PersonBody, SearchBody, SessionBody
from bot.web.schema import AnswerSchema, EventSchema
from bot.web.widget import assets, messages, sessions
from bot.web.widget import conversations as widget_conversations
from bot.web.widget.access import Widget
from bot.web.widget.tokens import Tokens

ROUTERS = (
    *(module.router for module in (ask, operator, conversations, health, page, help)),
    *(module.router for module in (sessions, messages, widget_conversations, assets)),
)
SCHEMAS: tuple[type[BaseModel], ...] = (
    *(AskBody, SearchBody, IngestBody, AnswerSchema, Problem),
    *(SessionBody, MessageBody, FeedbackBody, PersonBody, EventSchema),
)
VERSION = "0.1.0"


def create_app(
    service: Service, operator_token: str, clock: Callable[[], float] = time.time, *, with_demo: bool = False
) -> FastAPI:
    """The application around an open service; whoever holds the token is an operator.

    Args:
        clock: the time in seconds since 1970, by which the widget's tokens expire.
        with_demo: whether / is the demo's shop rather than the help page.
    """
    # The usual pages for trying an API out load scripts from elsewhere, which this desk never does.
    app = FastAPI(title="Polydesk", version=VERSION, docs_url=None, redoc_url=None)
    app.state.service = service
    app.state.phrases = service.phrases
    app.state.operator_token = operator_token
    app.state.gate = Gate(service.settings.server.questions_at_once)
    app.state.widget = Widget(service, Tokens(service.widget_key, service.settings.conversations.keep_days, clock))
    for router in (*ROUTERS, demo.router if with_demo else page.home):
        app.include_router(router)
    longer = {}
    if service.settings.slack.mode != "off":
        # Only then: what it imports takes time and memory that other desks need not spend.
        from bot.web import slack

        app.include_router(slack.router)
        longer[slack.EVENTS] = slack.MAX_BODY_BYTES
    install(app)
    server = service.settings.server
    app.add_middleware(Edge, metrics=service.metrics, max_body_bytes=server.max_body_bytes, longer=longer)
    app.openapi = lambda: _openapi(app)  # type: ignore[method-assign]
    return app


def _openapi(app: FastAPI) -> dict[str, Any]:
    """FastAPI's description, completed with the bodies that the endpoints read and write themselves."""
    if app.openapi_schema is None:
        description = get_openapi(title=app.title, version=app.version, routes=app.routes)
        schemas = description.setdefault("components", {}).setdefault("schemas", {})
        for model in SCHEMAS:
            schema = model.model_json_schema(ref_template="#/components/schemas/{model}")
            schemas |= schema.pop("$defs", {})
            schemas[model.__name__] = schema
        bearer = {"type": "http", "scheme": "bearer"}
        description["components"]["securitySchemes"] = {
            "operator": bearer | {"description": "The token in desk.json in the data folder."},
            "visitor": bearer | {"description": "The token of `POST /api/widget/session`."},
        }
        app.openapi_schema = description
    return app.openapi_schema
