"""Every error over HTTP as application/problem+json (RFC 9457)."""

from __future__ import annotations

import http
from collections.abc import Mapping
from typing import Any

import orjson
import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from pydantic import BaseModel, Field, ValidationError
from starlette.exceptions import HTTPException

from bot.chats.values import Busy, Gone, NothingToRetry
from bot.phrases import Phrases
from bot.question import QuestionRefused
from bot.service import NotReady, Service
from bot.web.requests import browser_languages
from retrieval.errors import PolydeskError

MEDIA_TYPE = "application/problem+json"

log = structlog.get_logger()


class Problem(BaseModel):
    """RFC 9457: what went wrong, for a program (`status`, `title`) and for a person (`detail`, in their language)."""

    type: str = "about:blank"
    title: str = Field(examples=["Unprocessable Content"])
    status: int = Field(examples=[422])
    detail: str = Field(examples=["Please type a question."])
    request_id: str = Field(examples=["0b8f5d2c9a7e4d51"])


class Overloaded(PolydeskError):
    """More questions at once than the desk takes; the asker may try again in a moment."""


class Refused(PolydeskError):
    """A request that is turned away with a sentence for whoever sent it.

    Attributes:
        status: of HTTP.
        key: of the phrase that says why; `values` fill its places.
        reason: how the widget's counter names it, "" where it is not counted.
        headers: of the response.
    """

    def __init__(
        self, status: int, key: str, reason: str = "", headers: Mapping[str, str] | None = None, **values: object
    ) -> None:
        self.status = status
        self.key = key
        self.reason = reason
        self.headers = headers
        self.values = values
        super().__init__(f"{key} {reason}")


# What a question may be turned away for, as the counter of refusals names it.
REASONS: dict[type[Exception], str] = {
    QuestionRefused: "question",
    NotReady: "not_ready",
    Overloaded: "busy",
    Busy: "busy",
    TimeoutError: "timeout",
}


EXPECTED: tuple[type[Exception], ...] = (
    QuestionRefused,
    ValidationError,
    RequestValidationError,
    HTTPException,
    Refused,
    Gone,
    NothingToRetry,
    NotReady,
    Overloaded,
    Busy,
    TimeoutError,
)


def problem_response(request: Request, error: Exception) -> Response:
    """Any error as a response; what nobody expected is logged with its trace."""
    status, _, headers = _described(request, error)
    return Response(problem_bytes(request, error), status, headers, MEDIA_TYPE)


def problem_bytes(request: Request, error: Exception) -> bytes:
    """Any error as the JSON of a problem, counted where it turns a question away."""
    status, detail, _ = _described(request, error)
    _count(request, error)
    return orjson.dumps(
        {
            "type": "about:blank",
            "title": http.HTTPStatus(status).phrase,
            "status": status,
            "detail": detail,
            "request_id": request_id(request),
        }
    )


def request_id(request: Request) -> str:
    """The id that `Edge` gave the request."""
    return str(request.scope.get("request_id", ""))


def install(app: FastAPI) -> None:
    """Has the errors that are expected answered as problems; `Edge` takes all others."""

    async def answer(request: Request, error: Exception) -> Response:
        return problem_response(request, error)

    for kind in EXPECTED:
        app.add_exception_handler(kind, answer)


def responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The error responses of an endpoint, for OpenAPI."""
    schema = {"schema": {"$ref": "#/components/schemas/Problem"}}
    return {
        status: {"description": http.HTTPStatus(status).phrase, "content": {MEDIA_TYPE: schema}} for status in statuses
    }


def _described(request: Request, error: Exception) -> tuple[int, str, Mapping[str, str] | None]:
    """Status, sentence and headers of an error."""
    match error:
        case QuestionRefused():
            return 422, _phrase(request, error.key, **error.values), None
        case ValidationError() | RequestValidationError():
            return 422, _first_fault(error), None
        case Refused():
            return error.status, _phrase(request, error.key, **error.values), error.headers
        case Gone():
            return 404, _phrase(request, "error.gone"), None
        case NothingToRetry():
            return 409, _phrase(request, "error.request_invalid"), None
        case HTTPException():
            return error.status_code, _http_detail(request, error), error.headers
        case NotReady():
            return 503, _phrase(request, "error.not_ready"), {"Retry-After": "3"}
        case Overloaded() | Busy():
            return 503, _phrase(request, "error.busy"), {"Retry-After": "1"}
        case TimeoutError():
            return 504, _phrase(request, "error.busy"), None
        case _:
            return 500, _phrase(request, "error.internal", id=request_id(request)), None


def _count(request: Request, error: Exception) -> None:
    reason = next((name for kind, name in REASONS.items() if isinstance(error, kind)), None)
    service: Service = request.app.state.service
    if reason is not None:
        service.metrics.refused.labels(reason).inc()
    if isinstance(error, Refused) and error.reason:
        service.metrics.widget_refused.labels(error.reason).inc()


def _phrase(request: Request, key: str, **values: object) -> str:
    phrases: Phrases = request.app.state.phrases
    known = (code for code in browser_languages(request) if code.split("-")[0].lower() in phrases.languages)
    return phrases.get(key, next(known, "en").lower(), **values)


def _first_fault(error: ValidationError | RequestValidationError) -> str:
    first = error.errors()[0]
    place = ".".join(str(part) for part in first["loc"])
    return f"{place}: {first['msg']}." if place else f"The body cannot be used: {first['msg']}."


def _http_detail(request: Request, error: HTTPException) -> str:
    if error.status_code == 404 and error.detail == "Not Found":
        return f"There is nothing at {request.url.path}."
    if error.status_code == 405:
        return f"{request.url.path} does not take {request.method}."
    return str(error.detail)
