"""What every request passes: an id, a size limit, security headers, a log line, a measurement, and the last catch."""

from __future__ import annotations

import re
import time
import uuid
from collections.abc import Mapping

import structlog
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.metrics import Metrics
from bot.web.errors import problem_response

SANE_ID = re.compile(rb"[A-Za-z0-9._-]{1,64}\Z")
METHODS = frozenset({"GET", "POST", "HEAD", "OPTIONS", "PUT", "PATCH", "DELETE"})
QUIET = frozenset({"/health", "/ready", "/metrics"})

SECURITY_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def raw_headers(headers: Mapping[str, str]) -> list[tuple[bytes, bytes]]:
    """As ASGI wants them."""
    return [(name.lower().encode(), value.encode()) for name, value in headers.items()]


RAW_HEADERS = raw_headers(SECURITY_HEADERS)

log = structlog.get_logger()


def set_own_headers(request: Request, headers: Mapping[str, str]) -> None:
    """Has the response to this request, also one that says what went wrong, carry these beside or instead of ours."""
    request.scope["own_headers"] = headers


class Edge:
    """The outermost layer. Plain ASGI: it stands in the way of every answer, and streams pass through untouched.

    Args:
        longer: paths whose bodies may be of another size.
    """

    def __init__(
        self, app: ASGIApp, metrics: Metrics, max_body_bytes: int, longer: Mapping[str, int] | None = None
    ) -> None:
        self._app = app
        self._metrics = metrics
        self._max_body_bytes = max_body_bytes
        self._longer = longer or {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        headers = dict(scope["headers"])
        request_id = _request_id(headers.get(b"x-request-id", b""))
        scope["request_id"] = request_id
        status = 0
        most = self._longer.get(scope["path"], self._max_body_bytes)

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                own = scope.get("own_headers")
                added = raw_headers(SECURITY_HEADERS | own) if own else RAW_HEADERS
                message["headers"] = [*message.get("headers", ()), *added, (b"x-request-id", request_id.encode())]
            await send(message)

        try:
            if _declared_length(headers) > most:
                refusal = problem_response(Request(scope), _too_large(most))
                await refusal(scope, receive, send_with_headers)
            else:
                await self._app(scope, _limited(receive, most), send_with_headers)
        except Exception as error:  # The last catch: a person gets a sentence, the log has the trace.
            log.error("request_failed", path=scope["path"], request_id=request_id, exc_info=error)
            if status:
                raise  # The response has begun; only breaking the connection can say that it is not whole.
            await problem_response(Request(scope), error)(scope, receive, send_with_headers)
        finally:
            self._record(scope, status, time.perf_counter() - started, request_id)

    def _record(self, scope: Scope, status: int, seconds: float, request_id: str) -> None:
        route = getattr(scope.get("route"), "path", "other")
        method = scope["method"] if scope["method"] in METHODS else "other"
        self._metrics.requests.labels(method, route, status).observe(seconds)
        if scope["path"] not in QUIET:
            milliseconds = round(seconds * 1000, 1)
            said = scope.get("said", {})  # What the endpoint adds to the line.
            log.info(
                "request", method=method, route=route, status=status, ms=milliseconds, request_id=request_id, **said
            )


def _limited(receive: Receive, most: int) -> Receive:
    """`receive` that stops a body which grows over the limit while it is read, whatever its header said."""
    taken = 0

    async def limited() -> Message:
        nonlocal taken
        message = await receive()
        taken += len(message.get("body", b""))
        if taken > most:
            raise _too_large(most)
        return message

    return limited


def _too_large(most: int) -> HTTPException:
    return HTTPException(413, f"The body is larger than {most} bytes.", {"Connection": "close"})


def _request_id(given: bytes) -> str:
    return given.decode() if SANE_ID.match(given) else uuid.uuid4().hex[:16]


def _declared_length(headers: dict[bytes, bytes]) -> int:
    try:
        return int(headers.get(b"content-length", b"0"))
    except ValueError:
        return 0
