"""What a visitor may do with their conversations besides talking."""

from __future__ import annotations

import asyncio
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from bot.question import Question
from bot.web.errors import Refused, responses
from bot.web.private import private
from bot.web.requests import FeedbackBody, body_schema, read_body
from bot.web.schema import ConversationsSchema, StateSchema, SuggestionsSchema
from bot.web.widget.access import Agent, Visitor, widget_of
from bot.web.widget.limits import address_of
from bot.web.widget.messages import SECURED

MOST_LISTED = 20
MOST_SUGGESTIONS = 4

router = APIRouter(tags=["widget"])


@router.get(
    "/api/widget/conversations",
    summary="My conversations",
    description="The newest first, at most 20.",
    openapi_extra=SECURED,
    responses={200: {"model": ConversationsSchema}, **responses(401)},
)
async def conversations(request: Request, access: Visitor) -> Response:
    chats = await widget_of(request).service.chats.of_visitor(access.owner, MOST_LISTED)
    return private({"conversations": [chat.to_json() | {"preview": chat.preview} for chat in chats]})


@router.delete(
    "/api/widget/conversations/{id}",
    status_code=204,
    summary="Erase a conversation",
    description="Every copy of it.",
    openapi_extra=SECURED,
    responses=responses(401, 404),
)
async def erase(request: Request, id: str, access: Visitor) -> Response:
    await widget_of(request).service.chats.erase(access.owner, id)
    return Response(status_code=204)


@router.delete(
    "/api/widget/visitor",
    status_code=204,
    summary="Erase everything of mine",
    description="All conversations; the token and the credential are worth nothing then.",
    openapi_extra=SECURED,
    responses=responses(401),
)
async def erase_visitor(request: Request, access: Visitor) -> Response:
    await widget_of(request).erase_visitor(access.owner.visitor)
    return Response(status_code=204)


@router.post(
    "/api/widget/conversations/{id}/person",
    summary="Ask for a person",
    openapi_extra=SECURED,
    responses={200: {"model": StateSchema}, **responses(401, 403, 404, 429)},
)
async def person(request: Request, id: str, access: Visitor) -> Response:
    widget = widget_of(request)
    await widget.service.chats.require(access.owner, id)
    if not widget.desk(access.owner.desk).person:
        raise Refused(403, "error.request_invalid", "person")
    widget.limits.take_message(access.owner, address_of(request))
    return private({"state": await widget.service.chats.ask_for_person(access.owner, id)})


@router.put(
    "/api/widget/conversations/{id}/messages/{number}/feedback",
    status_code=204,
    summary="Say whether an answer helped",
    openapi_extra=SECURED | body_schema(FeedbackBody),
    responses=responses(401, 404, 413, 415, 422, 429),
)
async def feedback(request: Request, id: str, number: int, access: Visitor) -> Response:
    body = await read_body(request, FeedbackBody)
    widget = widget_of(request)
    widget.limits.take_feedback(access.owner.visitor, address_of(request))
    await widget.service.chats.rate(access.owner, id, number, body.value, body.reason)
    return Response(status_code=204)


@router.get(
    "/api/widget/conversations/{id}/messages/{number}/why",
    summary="Why this answer",
    description="For the desk's own people, whose identity says so; as `POST /api/search` gives it.",
    openapi_extra=SECURED,
    responses=responses(401, 403, 404, 422),
)
async def why(request: Request, id: str, number: int, access: Agent) -> Response:
    service = widget_of(request).service
    asked = await service.chats.question(access.owner, id, number)
    question = Question(
        asked.text,
        conversation_id=id,
        browser_languages=(asked.language,) if asked.language else (),
        instruction=service.settings.instruction("web"),
    )
    return private(await service.explain(question, again=True))


@router.get(
    "/api/widget/suggestions",
    summary="What people often ask",
    description="At most 4, of the settings or of the knowledge files.",
    openapi_extra=SECURED,
    responses={200: {"model": SuggestionsSchema}, **responses(401, 422)},
)
async def suggestions(
    request: Request, access: Visitor, language: Annotated[str, Query(max_length=35)] = "en"
) -> Response:
    widget = widget_of(request)
    configured = widget.desk(access.owner.desk).suggestions
    offered = configured.get(language) or configured.get(language.split("-")[0])
    if offered is None:
        offered = await asyncio.to_thread(widget.service.suggestions.of, language.split("-")[0], MOST_SUGGESTIONS)
    return private({"suggestions": list(offered)})
