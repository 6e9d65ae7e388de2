"""The HTTP application: its routes and what surrounds them."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel

from bot.service import Service
from bot.web import ask, health, help, operator, page
from bot.web.errors import Problem, install
from bot.web.gate import Gate
from bot.web.middleware import Edge
from bot.web.requests import AskBody, IngestBody, SearchBody
from bot.web.schema import AnswerSchema

SCHEMAS: tuple[type[BaseModel], ...] = (AskBody, SearchBody, IngestBody, AnswerSchema, Problem)
VERSION = "0.1.0"


def create_app(service: Service, operator_token: str) -> FastAPI:
    """The application around an open service; whoever holds the token is an operator."""
    # The usual pages for trying an API out load scripts from elsewhere, which this desk never does.
    app = FastAPI(title="Polydesk", version=VERSION, docs_url=None, redoc_url=None)
    app.state.service = service
    app.state.phrases = service.phrases
    app.state.operator_token = operator_token
    app.state.gate = Gate(service.settings.server.questions_at_once)
    for module in (ask, operator, health, page, help):
        app.include_router(module.router)
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
        operator = {"type": "http", "scheme": "bearer", "description": "The token in desk.json in the data folder."}
        description["components"]["securitySchemes"] = {"operator": operator}
        app.openapi_schema = description
    return app.openapi_schema
