"""Bolt, without its own endpoint: it finds the listener for what the inbox has stored."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import structlog
from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.error import BoltUnhandledRequestError
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_sdk.web.async_client import AsyncWebClient

from bot.slack.calls import Bot
from retrieval.errors import PolydeskError

# In Bolt's context: what a listener raised, and how often the event was taken up, 1 the first time.
FAILURE = "polydesk_failure"
ATTEMPT = "attempt"
LAST_ATTEMPT = "last_attempt"

FindInstalled = Callable[[str, str], Awaitable[Bot | None]]

log = structlog.get_logger()


class NotInstalled(PolydeskError):
    """The app is not installed where an event comes from."""


def create_app(client: AsyncWebClient, find: FindInstalled) -> AsyncApp:
    """An app whose listeners run to their end before `dispatch` returns.

    Args:
        client: without a token; each event gets a copy with the token of its workspace.
        find: the bot of a workspace and organisation.
    """

    async def authorize(enterprise_id: str | None, team_id: str | None) -> AuthorizeResult:
        bot = await find(team_id or "", enterprise_id or "")
        if bot is None:
            raise NotInstalled(f"The app is not installed in {team_id or enterprise_id}.")
        return AuthorizeResult(
            enterprise_id=bot.enterprise or enterprise_id,
            team_id=bot.team or team_id,
            bot_id=bot.bot_id,
            bot_user_id=bot.user_id,
            bot_token=bot.token,
        )

    app = AsyncApp(
        name="polydesk",
        client=client,
        authorize=authorize,
        process_before_response=True,
        # The endpoint has seen to these before anything was stored.
        request_verification_enabled=False,
        ssl_check_enabled=False,
        url_verification_enabled=False,
        attaching_function_token_enabled=False,
        # Bolt's own way is to write the whole body into the log.
        raise_error_for_unhandled_request=True,
    )

    async def keep(error: Exception, request: AsyncBoltRequest) -> None:
        request.context[FAILURE] = error

    app.error(keep)
    return app


async def dispatch(app: AsyncApp, body: dict[str, Any], attempt: int, last: bool) -> None:
    """Has the listeners work an event off; raises what they raise. One that nobody listens to is left at that."""
    context = {ATTEMPT: attempt, LAST_ATTEMPT: last}
    request = AsyncBoltRequest(body=body, mode="socket_mode", context=context)
    await app.async_dispatch(request)
    failure = request.context.get(FAILURE)
    if isinstance(failure, BoltUnhandledRequestError):
        log.debug("slack_event_unheard", type=body.get("event", body).get("type"))
    elif isinstance(failure, NotInstalled):
        log.warning("slack_not_installed", reason=str(failure))
    elif isinstance(failure, Exception):
        raise failure
