"""What Slack calls: its events at one address, and the two pages of an installation."""

from __future__ import annotations

import asyncio
import html

import structlog
from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlalchemy.exc import SQLAlchemyError
from starlette.exceptions import HTTPException

from bot.phrases import Phrases
from bot.service import Service
from bot.slack.channel import SlackChannel
from bot.slack.events import BadBody, as_event, read_body
from bot.slack.oauth import InstallFailed
from bot.slack.signature import Signature
from bot.web.requests import browser_languages

EVENTS = "/slack/events"
# Of the longest message with its blocks, and of a window with all that was typed into it, several times over.
MAX_BODY_BYTES = 1_000_000
# Slack waits three seconds for its answer, and sends the event again.
STORE_SECONDS = 2.5
# Slack need not send again what we cannot use.
NO_RETRY = {"X-Slack-No-Retry": "1"}

router = APIRouter(include_in_schema=False)
log = structlog.get_logger()


@router.post(EVENTS)
async def events(request: Request) -> Response:
    """Events, interactions and commands: signed, stored, acknowledged. All work comes after."""
    service: Service = request.app.state.service
    body = await request.body()
    headers = dict(request.scope["headers"])
    signature = Signature(service.settings.slack.signing_secret.get_secret_value())
    timestamp, signed = headers.get(b"x-slack-request-timestamp", b""), headers.get(b"x-slack-signature", b"")
    if not signature.is_good(body, timestamp, signed):
        raise HTTPException(401, "The signature is not Slack's.")
    try:
        payload = read_body(body, request.headers.get("content-type", ""))
        if payload.get("type") == "url_verification":
            return Response(str(payload.get("challenge", ""))[:1000], media_type="text/plain")
        if payload.get("type") == "app_rate_limited":
            log.warning("slack_holds_events_back", team=str(payload.get("team_id", ""))[:40])
            return Response()
        if "ssl_check" in payload:
            # Slack looks at the certificate now and then, and wants nothing else.
            return Response()
        event = as_event(payload)
    except BadBody as error:
        raise HTTPException(400, str(error), NO_RETRY) from error
    if event is not None:
        try:
            async with asyncio.timeout(STORE_SECONDS):
                await _channel(request).put(event)
        except (SQLAlchemyError, TimeoutError) as error:
            log.error("inbox_not_written", reason=str(error) or type(error).__name__)
            raise HTTPException(503, "The event could not be stored.") from error
    return Response()


@router.get("/slack/install")
async def install(request: Request) -> Response:
    """Sends an administrator of a workspace to Slack's page that installs the app."""
    oauth = _channel(request).oauth
    if oauth is None:
        raise HTTPException(404)
    try:
        return RedirectResponse(await oauth.address(), 302, {"Cache-Control": "no-store"})
    except InstallFailed as error:
        log.warning("slack_not_installed", reason=str(error))
        return _page(request, 503, error.key)


@router.get("/slack/oauth_redirect")
async def oauth_redirect(request: Request) -> Response:
    """Where Slack sends them back to."""
    oauth = _channel(request).oauth
    if oauth is None:
        raise HTTPException(404)
    given = request.query_params
    try:
        team = await oauth.finish(given.get("state", ""), given.get("code", ""), given.get("error", ""))
    except InstallFailed as error:
        log.warning("slack_not_installed", reason=str(error))
        return _page(request, 400, error.key)
    return _page(request, 200, "slack.install.done", team=team)


def _channel(request: Request) -> SlackChannel:
    service: Service = request.app.state.service
    if service.slack is None:
        raise HTTPException(404)
    return service.slack


def _page(request: Request, status: int, key: str, **values: object) -> Response:
    phrases: Phrases = request.app.state.phrases
    language = phrases.supported(next(iter(browser_languages(request)), "en"))
    say = {name: html.escape(phrases.get(name, language)) for name in ("direction", "page.title")}
    text = html.escape(phrases.get(key, language, **values))
    page = f"""<!doctype html>
<html lang="{language}" dir="{say["direction"]}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{say["page.title"]}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/page/style.css">
</head>
<body class="help">
<main>
<p>{text}</p>
</main>
</body>
</html>
"""
    return HTMLResponse(page, status, {"Cache-Control": "no-store", "Vary": "Accept-Language"})
