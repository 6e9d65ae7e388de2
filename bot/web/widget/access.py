"""Who may do what: the one place where the widget's requests are let in."""

from __future__ import annotations

import asyncio
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import Depends, Request

from bot.config import DeskSettings, WidgetSettings
from bot.service import Service
from bot.web.errors import Refused
from bot.web.widget.limits import Limits, Streams
from bot.web.widget.tokens import Access, TokenRefused, Tokens

CHALLENGE = {"WWW-Authenticate": "Bearer"}
DEFAULT_DESK = "default"


class Widget:
    """What the widget's endpoints share."""

    def __init__(self, service: Service, tokens: Tokens) -> None:
        settings = service.settings
        self.settings: WidgetSettings = settings.widget
        self.service = service
        self.tokens = tokens
        # What browsers see, also behind a proxy that passes on a Host of its own.
        self.public = settings.server.public_origin
        self.limits = Limits(settings.widget.limits, settings.server.questions_per_minute)
        self.streams = Streams(settings.widget.limits, service.metrics.widget_streams)

    def desk(self, name: str) -> DeskSettings:
        """A desk of the settings.

        Raises:
            Refused: with 404.
        """
        desk = self.settings.desks.get(name)
        if desk is None:
            raise Refused(404, "error.request_invalid")
        return desk

    async def erase_visitor(self, visitor: str) -> None:
        """Erases all chats of a visitor, and makes what they prove themselves with worthless."""
        await asyncio.to_thread(self.service.revocations.revoke, visitor)
        await self.service.chats.erase_visitor(visitor)
        self.streams.end(visitor)


def widget_of(request: Request) -> Widget:
    """The widget of the application."""
    widget: Widget = request.app.state.widget
    return widget


def page_origin(request: Request, desk: str) -> str:
    """The origin of the page that sends a request, where it may show this desk's widget: browsers set it, pages cannot.

    Raises:
        Refused: with 403.
    """
    widget, origin = widget_of(request), request.headers.get("origin", "")
    if origin and origin in (*widget.desk(desk).origins, widget.public):
        return origin
    try:
        parts = urlsplit(origin)
    except ValueError:
        parts = urlsplit("")
    if parts.scheme in ("http", "https") and parts.netloc and parts.netloc == request.headers.get("host", "").lower():
        return origin
    raise Refused(403, "error.origin", "origin", origin=origin[:200] or "?", desk=desk)


async def require_visitor(request: Request) -> Access:
    """Who speaks: the holder of a good access token whose visitor is not revoked and whose desk still exists.

    What they may see is decided by `Chats`, which takes the token's owner.

    Raises:
        Refused: with 401, whatever is wrong with the token.
    """
    widget = widget_of(request)
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    try:
        access = widget.tokens.read_access(token.strip() if scheme.lower() == "bearer" else "")
    except TokenRefused as error:
        raise unknown("token") from error
    owner = access.owner
    if owner.desk not in widget.settings.desks or widget.service.revocations.revoked(owner.visitor, access.issued):
        raise unknown("token")
    return access


async def require_agent(access: Annotated[Access, Depends(require_visitor)]) -> Access:
    """A visitor who was proven to be one of the desk's own people.

    Raises:
        Refused: with 401, or 403 for everybody else.
    """
    if not access.agent:
        raise Refused(403, "error.request_invalid", "agent")
    return access


Visitor = Annotated[Access, Depends(require_visitor)]
Agent = Annotated[Access, Depends(require_agent)]


def unknown(reason: str) -> Refused:
    """Nobody knows who that is."""
    return Refused(401, "error.identity", reason, CHALLENGE)
