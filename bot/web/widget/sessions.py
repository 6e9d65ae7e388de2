"""How a widget gets in: the page fetches a ticket, the panel trades it for an access token."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import Response

from bot.chats.values import Owner
from bot.config import DeskSettings
from bot.web.errors import responses
from bot.web.middleware import set_own_headers
from bot.web.private import private
from bot.web.requests import SessionBody, body_schema, read_body
from bot.web.schema import SessionSchema, TicketSchema
from bot.web.widget.access import DEFAULT_DESK, Widget, page_origin, unknown, widget_of
from bot.web.widget.identity import Identity, read_identity
from bot.web.widget.limits import address_of
from bot.web.widget.tokens import ACCESS_SECONDS, TokenRefused

router = APIRouter(tags=["widget"])


@router.post(
    "/api/widget/ticket",
    summary="Prove where a page runs",
    description="Sent by the page that shows the widget; its `Origin` must be one of the desk's, or the desk's own.",
    responses={200: {"model": TicketSchema}, **responses(403, 404, 422, 429)},
)
async def ticket(request: Request, desk: str = DEFAULT_DESK) -> Response:
    # Also a page that is turned away may read why.
    origin = request.headers.get("origin", "")
    set_own_headers(request, {"Vary": "Origin"} | ({"Access-Control-Allow-Origin": origin} if origin else {}))
    widget = widget_of(request)
    widget.limits.take_ticket(address_of(request))
    made = widget.tokens.ticket(desk, page_origin(request, desk))
    return private({"ticket": made})


@router.post(
    "/api/widget/session",
    summary="Trade a ticket for an access token",
    description="A visitor's credential that is not good any more, or a day old, is replaced; nothing is kept of a new "
    "visitor yet.",
    openapi_extra=body_schema(SessionBody),
    responses={200: {"model": SessionSchema}, **responses(401, 404, 413, 415, 422, 429)},
)
async def session(request: Request) -> Response:
    widget = widget_of(request)
    widget.limits.take_session(address_of(request))
    body = await read_body(request, SessionBody)
    try:
        name, origin = widget.tokens.read_ticket(body.ticket)
    except TokenRefused as error:
        raise unknown("ticket") from error
    desk = widget.desk(name)
    identity = _identity(widget, desk, body.identity)
    known = _known(widget, body.visitor, name, origin)
    if identity is None:
        owner, issued = known or (Owner(widget.tokens.new_visitor(), name, origin), 0.0)
        young = widget.tokens.clock() - issued < widget.tokens.renewal_seconds
        seconds, user, credential = ACCESS_SECONDS, None, body.visitor if young else widget.tokens.credential(owner)
        access = widget.tokens.access(owner, seconds)
    else:
        owner = Owner(widget.tokens.user(name, identity.subject), name, origin)
        # Longer than the shop vouches for nobody is let in; and nothing that a browser keeps is a user's.
        seconds = max(1, int(min(ACCESS_SECONDS, identity.expires - widget.tokens.clock())))
        user, credential = {"name": identity.name}, ""
        if known is not None:
            await widget.service.chats.move(known[0], owner.visitor)
        access = widget.tokens.access(owner, seconds, identity.name, identity.agent)
    return private(
        {
            "token": access,
            "expires_in": seconds,
            "visitor": credential,
            "origin": origin,
            "user": user,
            "agent": identity is not None and identity.agent,
            "desk": {"name": desk.name, "email": desk.email, "person": desk.person, "fresh": desk.fresh},
        }
    )


def _identity(widget: Widget, desk: DeskSettings, token: str) -> Identity | None:
    """Who the visitor is proven to be; None for somebody who does not say.

    Raises:
        Refused: with 401, where that cannot be believed, or must be said.
    """
    if not token and not desk.identity.required:
        return None
    try:
        return read_identity(token, desk.identity, widget.tokens.clock())
    except TokenRefused as error:
        raise unknown("identity") from error


def _known(widget: Widget, credential: str, desk: str, origin: str) -> tuple[Owner, float] | None:
    """The visitor of a credential that is good here, and when they got it; None for anybody else."""
    try:
        owner, issued = widget.tokens.read_credential(credential)
    except TokenRefused:
        return None
    here = (owner.desk, owner.origin) == (desk, origin)
    return (owner, issued) if here and not widget.service.revocations.revoked(owner.visitor, issued) else None
