"""POST /api/ask: the whole answer as JSON, or as a stream of server-sent events."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing

import orjson
import structlog
from fastapi import APIRouter, Request
from fastapi.responses import Response
from sse_starlette import ServerSentEvent

from bot.answer import Answer, AnswerEvent, DeltaEvent, Event, StatusEvent
from bot.conversations import conversation_id
from bot.question import PUBLIC, Question
from bot.service import Service
from bot.web.access import is_operator, require_operator
from bot.web.errors import Overloaded, problem_bytes, request_id, responses
from bot.web.event_stream import EVENT_STREAM, EventStream
from bot.web.gate import Gate
from bot.web.requests import AskBody, body_schema, browser_languages, read_body
from bot.web.schema import AnswerSchema
from bot.web.widget.access import widget_of
from bot.web.widget.limits import address_of

router = APIRouter()
log = structlog.get_logger()


@router.post(
    "/api/ask",
    summary="Ask a question",
    response_class=Response,
    openapi_extra=body_schema(AskBody),
    responses={
        200: {
            "description": "The answer; with `Accept: text/event-stream` the events status, delta, answer, error.",
            "content": {
                "application/json": {"schema": {"$ref": f"#/components/schemas/{AnswerSchema.__name__}"}},
                EVENT_STREAM: {
                    "schema": {"type": "string"},
                    "example": 'id: 1\nevent: status\ndata: {"step":"search"}',
                },
            },
        },
        **responses(401, 413, 415, 422, 429, 500, 503, 504),
    },
)
async def ask(request: Request) -> Response:
    body = await read_body(request, AskBody)
    if body.audiences is not None:
        require_operator(request)
    service: Service = request.app.state.service
    question = Question(
        text=body.question,
        audiences=PUBLIC if body.audiences is None else body.audiences,
        language=body.language,
        conversation_id=conversation_id(body.conversation_id),
        browser_languages=browser_languages(request),
        instruction=service.settings.instruction("web"),
    )
    if not is_operator(request):
        widget_of(request).limits.take_question(address_of(request))
    service.require_ready()
    gate: Gate = request.app.state.gate
    if EVENT_STREAM in request.headers.get("accept", ""):
        service.assistant.check(question)  # What is wrong with the question itself is still answered as a problem.
        return EventStream(_events(request, service, gate, question))
    with gate.enter():
        async with asyncio.timeout(service.settings.server.question_seconds):
            answer = await service.assistant.answer(question)
    _say(request, service, question, answer)
    return Response(_json(answer, question), media_type="application/json", headers={"Cache-Control": "no-store"})


async def _events(request: Request, service: Service, gate: Gate, question: Question) -> AsyncIterator[ServerSentEvent]:
    """The events of one answer, numbered from 1. When the asker goes away this is cancelled, and with it all work."""
    number = 0
    try:
        with gate.enter():
            async with asyncio.timeout(service.settings.server.question_seconds):
                async with aclosing(service.assistant.stream(question)) as events:
                    async for event in events:
                        number += 1
                        if isinstance(event, AnswerEvent):
                            _say(request, service, question, event.answer)
                        yield _sent(number, event, question)
    except Exception as error:  # The stream has begun, so the handlers of the application cannot speak any more.
        if not isinstance(error, Overloaded | TimeoutError):
            log.error("stream_failed", request_id=request_id(request), exc_info=error)
        yield ServerSentEvent(problem_bytes(request, error).decode(), event="error", id=str(number + 1))


def _sent(number: int, event: Event, question: Question) -> ServerSentEvent:
    match event:
        case StatusEvent(step):
            name, data = "status", orjson.dumps({"step": step})
        case DeltaEvent(text):
            name, data = "delta", orjson.dumps({"text": text})
        case AnswerEvent(answer):
            name, data = "answer", _json(answer, question)
    return ServerSentEvent(data.decode(), event=name, id=str(number))


def _say(request: Request, service: Service, question: Question, answer: Answer) -> None:
    """Adds the outcome to the request's log line; the question itself only where the operator wants it there."""
    said = {"answer_id": answer.id, "outcome": answer.status, "language": answer.language}
    if service.settings.logging.message_texts:
        said["question"] = question.text
    request.scope["said"] = said


def _json(answer: Answer, question: Question) -> bytes:
    conversation = {"conversation_id": question.conversation_id} if question.conversation_id else {}
    return orjson.dumps(answer.to_json() | conversation)
