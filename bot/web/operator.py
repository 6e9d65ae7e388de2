"""What only operators may do: see why an answer is what it is, and have the knowledge read."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import orjson
import structlog
from fastapi import APIRouter, Request
from fastapi.responses import Response
from sse_starlette import ServerSentEvent
from starlette.exceptions import HTTPException

from bot.conversations import conversation_id
from bot.question import PUBLIC, Question
from bot.service import Service
from bot.web.access import require_operator
from bot.web.errors import problem_bytes, request_id, responses
from bot.web.event_stream import EventStream
from bot.web.private import private
from bot.web.requests import IngestBody, SearchBody, body_schema, browser_languages, read_body
from retrieval.errors import ConfigurationError, PolydeskError

SECURED: dict[str, object] = {"security": [{"operator": []}]}

router = APIRouter(tags=["operator"])
log = structlog.get_logger()


@router.get("/api/operator", summary="Is this token good?", status_code=204, responses=responses(401))
async def check_token(request: Request) -> Response:
    require_operator(request)
    return Response(status_code=204)


@router.post(
    "/api/search",
    summary="Why this answer: ranks, scores and times of every stage",
    openapi_extra=SECURED | body_schema(SearchBody),
    responses=responses(401, 413, 415, 422, 500),
)
async def search(request: Request) -> Response:
    require_operator(request)
    body = await read_body(request, SearchBody)
    service: Service = request.app.state.service
    question = Question(
        body.question,
        body.audiences or PUBLIC,
        body.language,
        conversation_id(body.conversation_id),
        browser_languages(request),
        service.settings.instruction("web"),
    )
    return private(await service.explain(question))


@router.post(
    "/api/ingest",
    summary="Read the knowledge files and publish what changed",
    description="A stream of the events `progress`, then `report` or `error`.",
    openapi_extra=SECURED | body_schema(IngestBody),
    responses=responses(401, 413, 415, 422, 500),
)
async def ingest(request: Request) -> Response:
    require_operator(request)
    body = await read_body(request, IngestBody)
    service: Service = request.app.state.service
    return EventStream(_ingest_events(request, service, tuple(Path(root) for root in body.roots)))


async def _ingest_events(request: Request, service: Service, roots: tuple[Path, ...]) -> AsyncIterator[ServerSentEvent]:
    """Progress, then the report. The ingest goes on when the caller goes away: half a reading helps nobody."""
    steps: asyncio.Queue[dict[str, Any] | None] = asyncio.Queue()
    work = asyncio.create_task(service.ingest(roots, steps.put_nowait))
    work.add_done_callback(lambda done: steps.put_nowait(None))
    while (step := await steps.get()) is not None:
        yield ServerSentEvent(orjson.dumps(step).decode(), event="progress")
    try:
        name, data = "report", orjson.dumps(work.result())
    except PolydeskError as error:
        # An operator may read what is wrong with the folders or the disk.
        status = 422 if isinstance(error, ConfigurationError) else 500
        name, data = "error", problem_bytes(request, HTTPException(status, str(error)))
    except Exception as error:
        log.error("ingest_failed", request_id=request_id(request), exc_info=error)
        name, data = "error", problem_bytes(request, error)
    yield ServerSentEvent(data.decode(), event=name)
