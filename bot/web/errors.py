"""Every error over HTTP as application/problem+json (RFC 9457)."""

from __future__ import annotations

import http
from typing import Any

import orjson
import structlog
from fastapi import FastAPI, Request
from fastapi.responses import Response
from pydantic import BaseModel, Field, ValidationError
from starlette.exceptions import HTTPException

from bot.question import QuestionRefused
from retrieval.errors import PolydeskError

MEDIA_TYPE = "application/problem+json"

log = structlog.get_logger()


class Problem(BaseModel):
    """RFC 9457: what went wrong, for a program (`status`, `title`) and for a person (`detail`)."""

    type: str = "about:blank"
    title: str = Field(examples=["Unprocessable Content"])
    status: int = Field(examples=[422])
    detail: str = Field(examples=["The question is empty."])
    request_id: str = Field(default="", examples=["0b8f5d2c9a7e4d51"])


class Overloaded(PolydeskError):
    """More questions at once than the desk takes; the asker may try again in a moment."""


class NotReady(PolydeskError):
    """The desk cannot answer yet, or no more."""


def problem(
    request: Request, status: int, detail: str, title: str = "", headers: dict[str, str] | None = None
) -> Response:
    """One problem as a response."""
    return problem_body(status, detail, request.scope.get("request_id", ""), title, headers)


def problem_body(
    status: int, detail: str, request_id: str, title: str = "", headers: dict[str, str] | None = None
) -> Response:
    """The same for callers that have no request at hand."""
    body = {
        "type": "about:blank",
        "title": title or http.HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "request_id": request_id,
    }
    return Response(orjson.dumps(body), status, headers, MEDIA_TYPE)


def described(error: ValidationError) -> str:
    """The first thing wrong with a request body, in a sentence."""
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    place = ".".join(str(part) for part in first["loc"])
    message = str(first["msg"])
    return f"{place}: {message}." if place else f"The body cannot be used: {message}."


def install(app: FastAPI) -> None:
    """Has every error of the application answered as a problem."""

    async def refused(request: Request, error: Exception) -> Response:
        return problem(request, 422, str(error))

    async def invalid(request: Request, error: Exception) -> Response:
        assert isinstance(error, ValidationError)
        return problem(request, 422, described(error))

    async def http_error(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        headers = dict(error.headers) if error.headers else None
        return problem(request, error.status_code, _detail(request, error), headers=headers)

    async def overloaded(request: Request, error: Exception) -> Response:
        return problem(request, 503, str(error), headers={"Retry-After": "1"})

    async def broken(request: Request, error: Exception) -> Response:
        log.error(
            "request_failed", path=request.url.path, request_id=request.scope.get("request_id", ""), exc_info=error
        )
        return problem(request, 500, "Something went wrong here. The log has this request's id.")

    app.add_exception_handler(QuestionRefused, refused)
    app.add_exception_handler(ValidationError, invalid)
    app.add_exception_handler(HTTPException, http_error)
    app.add_exception_handler(Overloaded, overloaded)
    app.add_exception_handler(NotReady, overloaded)
    app.add_exception_handler(PolydeskError, broken)


def _detail(request: Request, error: HTTPException) -> str:
    if error.status_code == 404 and error.detail == "Not Found":
        return f"There is nothing at {request.url.path}."
    if error.status_code == 405:
        return f"{request.url.path} does not take {request.method}."
    return str(error.detail)


def responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The error responses of an endpoint, for OpenAPI."""
    schema = {"schema": {"$ref": "#/components/schemas/Problem"}}
    return {
        status: {"description": http.HTTPStatus(status).phrase, "content": {MEDIA_TYPE: schema}} for status in statuses
    }
