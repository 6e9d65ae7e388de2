"""A visitor's messages, and the events by which they see their chat."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing

from fastapi import APIRouter, Request
from fastapi.responses import Response
from sse_starlette import ServerSentEvent

from bot.chats.live import Subscription
from bot.chats.values import Busy, Gone, Receipt, Sent
from bot.question import Question
from bot.web.errors import Refused, responses
from bot.web.event_stream import EVENT_STREAM, EventStream
from bot.web.private import private
from bot.web.requests import MessageBody, body_schema, read_body
from bot.web.schema import EventSchema, ReceiptSchema, RetrySchema
from bot.web.widget.access import Visitor, Widget, widget_of
from bot.web.widget.limits import address_of
from bot.web.widget.tokens import Access

SECURED: dict[str, object] = {"security": [{"visitor": []}]}
# Longer than any id that was ever given.
LONGEST_EVENT_ID = 18

router = APIRouter(tags=["widget"])


@router.post(
    "/api/widget/messages",
    status_code=202,
    summary="Send a message",
    description="When it is accepted it is written down. `reply` is the number of the message that will answer it, and "
    "null where a person has the conversation. Sent again with the same `client_id` it is answered the same.",
    openapi_extra=SECURED | body_schema(MessageBody),
    responses={202: {"model": ReceiptSchema}, **responses(401, 404, 413, 415, 422, 429, 500, 503)},
)
async def send(request: Request, access: Visitor) -> Response:
    body = await read_body(request, MessageBody)
    widget, chats = widget_of(request), widget_of(request).service.chats
    widget.service.require_ready()
    text = widget.service.assistant.check(Question(body.text))
    receipt: Receipt | None
    try:
        widget.limits.take_message(access.owner, address_of(request))
        receipt = await chats.send(access.owner, _sent(body, text, access))
    except (Refused, Busy):
        # It is no new message if it was taken already, and the first reply was lost on the way.
        receipt = await chats.sent(access.owner, body.client_id)
        if receipt is None:
            raise
    return private({"conversation": receipt.chat, "message": receipt.message, "reply": receipt.reply}, 202)


def _sent(body: MessageBody, text: str, access: Access) -> Sent:
    return Sent(body.conversation, body.client_id, text, body.language, access.issued, access.name)


@router.get(
    "/api/widget/conversations/{id}/events",
    summary="Follow a conversation",
    description="Server-sent events until the token expires: `history` (unless `Last-Event-ID` says where to go on), "
    "`status`, `delta`, `message`, `state`, `gone`.",
    response_class=Response,
    openapi_extra=SECURED,
    responses={
        200: {
            "description": "The events, each with an id that only grows.",
            "content": {
                EVENT_STREAM: {
                    "schema": {"$ref": f"#/components/schemas/{EventSchema.__name__}"},
                    "example": 'id: 1795600000000\nevent: state\ndata: {"state":"waiting"}',
                }
            },
        },
        **responses(401, 404, 429),
    },
)
async def events(request: Request, id: str, access: Visitor) -> Response:
    widget = widget_of(request)
    await widget.service.chats.require(access.owner, id)
    address = address_of(request)
    widget.streams.check(access.owner.visitor, address)
    seen = request.headers.get("last-event-id", "")
    after = int(seen) if seen.isascii() and seen.isdigit() and len(seen) <= LONGEST_EVENT_ID else None
    return EventStream(_events(widget, access, address, id, after))


async def _events(
    widget: Widget, access: Access, address: str, id: str, after: int | None
) -> AsyncIterator[ServerSentEvent]:
    """The events of a chat, until the token expires or is revoked; the panel comes back with a fresh one."""
    subscription = Subscription()
    left = access.expires - widget.tokens.clock()
    timer = asyncio.get_running_loop().call_later(left, subscription.end)
    try:
        with widget.streams.entered(access.owner.visitor, address, subscription):
            following = widget.service.chats.follow(access.owner, id, subscription, after)
            async with aclosing(following) as happening:
                async for event in happening:
                    yield ServerSentEvent(event.data, event=event.name, id=str(event.id))
    except (Gone, Refused):
        return  # Between the check and the stream; whoever comes back is told.
    finally:
        timer.cancel()


@router.post(
    "/api/widget/conversations/{id}/stop",
    status_code=204,
    summary="End the answer",
    description="What was given of it stays.",
    openapi_extra=SECURED,
    responses=responses(401, 404),
)
async def stop(request: Request, id: str, access: Visitor) -> Response:
    await widget_of(request).service.chats.stop(access.owner, id)
    return Response(status_code=204)


@router.post(
    "/api/widget/conversations/{id}/retry",
    status_code=202,
    summary="Answer the last message again",
    description="Where its answer failed or was stopped; it keeps its number.",
    openapi_extra=SECURED,
    responses={202: {"model": RetrySchema}, **responses(401, 404, 409, 429, 503)},
)
async def retry(request: Request, id: str, access: Visitor) -> Response:
    widget = widget_of(request)
    await widget.service.chats.require(access.owner, id)
    widget.service.require_ready()
    widget.limits.take_message(access.owner, address_of(request))
    reply = await widget.service.chats.retry(access.owner, id)
    return private({"reply": reply}, 202)
