"""What operators do with conversations of the widget: read them, answer as a person, give them back, erase them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response

from bot.chats.hub import Chats
from bot.chats.values import Chat
from bot.web.access import require_operator
from bot.web.errors import responses
from bot.web.operator import SECURED
from bot.web.private import private
from bot.web.requests import PersonBody, body_schema, read_body
from bot.web.schema import OperatedChatSchema, OperatedListSchema, PersonMessageSchema, StateSchema
from bot.web.widget.access import widget_of


async def operator(request: Request) -> None:
    """See `require_operator`."""
    require_operator(request)


router = APIRouter(tags=["operator"], dependencies=[Depends(operator)])


def _chats(request: Request) -> Chats:
    return widget_of(request).service.chats


@router.get(
    "/api/conversations",
    summary="Conversations of the widget",
    description="The newest first.",
    openapi_extra=SECURED,
    responses={200: {"model": OperatedListSchema}, **responses(401, 422)},
)
async def conversations(
    request: Request,
    state: Annotated[Literal["bot", "waiting", "person"] | None, Query()] = None,
    limit: Annotated[int, Query(ge=1, le=1_000)] = 50,
) -> Response:
    listed = [
        _values(chat) | {"preview": chat.preview, "messages": chat.messages}
        for chat in await _chats(request).in_state(state, limit)
    ]
    return private({"conversations": listed})


@router.get(
    "/api/conversations/{id}",
    summary="A conversation and its last messages",
    openapi_extra=SECURED,
    responses={200: {"model": OperatedChatSchema}, **responses(401, 404)},
)
async def conversation(request: Request, id: str) -> Response:
    chat, messages = await _chats(request).read(None, id)
    said = [message.to_json() | {"reason": message.reason} for message in messages]
    return private(_values(chat) | {"messages": said})


@router.post(
    "/api/conversations/{id}/messages",
    status_code=201,
    summary="Answer as a person",
    description="The bot is silent until the conversation is given back.",
    openapi_extra=SECURED | body_schema(PersonBody),
    responses={201: {"model": PersonMessageSchema}, **responses(401, 404, 413, 415, 422)},
)
async def answer(request: Request, id: str) -> Response:
    body = await read_body(request, PersonBody)
    message = await _chats(request).answer_as_person(id, body.name, body.text)
    return private({"message": message.number}, 201)


@router.post(
    "/api/conversations/{id}/return",
    summary="Have the bot answer again",
    openapi_extra=SECURED,
    responses={200: {"model": StateSchema}, **responses(401, 404)},
)
async def give_back(request: Request, id: str) -> Response:
    return private({"state": await _chats(request).give_back(id)})


@router.delete(
    "/api/conversations/{id}",
    status_code=204,
    summary="Erase a conversation",
    description="Every copy of it.",
    openapi_extra=SECURED,
    responses=responses(401, 404),
)
async def erase(request: Request, id: str) -> Response:
    await _chats(request).erase(None, id)
    return Response(status_code=204)


@router.delete(
    "/api/visitors/{id}",
    status_code=204,
    summary="Erase a visitor",
    description="All their conversations; what they prove themselves with is worth nothing then.",
    openapi_extra=SECURED,
    responses=responses(401),
)
async def erase_visitor(request: Request, id: str) -> Response:
    await widget_of(request).erase_visitor(id)
    return Response(status_code=204)


def _values(chat: Chat) -> dict[str, Any]:
    owner = chat.owner
    return chat.to_json() | {
        "desk": owner.desk,
        "origin": owner.origin,
        "visitor": owner.visitor,
        "state": chat.state,
        "language": chat.language,
    }
