"""Whether Slack takes the app's tokens, gives it what it needs, and can be reached in the way that is configured."""

from __future__ import annotations

import asyncio

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.config import Settings
from bot.doctor.finding import Finding
from bot.slack.calls import TROUBLES
from bot.slack.channel import check_settings
from bot.slack.installations import who_am_i
from bot.slack.manifest import SCOPES
from bot.slack.sealing import Seal
from retrieval.errors import ConfigurationError, UpstreamError

SECONDS = 10.0


async def examine_slack(settings: Settings) -> list[Finding]:
    """A sentence for each: the settings, the token and its scopes, the sockets or the address that Slack calls."""
    slack = settings.slack
    try:
        check_settings(slack)
        if not slack.bot_token.get_secret_value():
            Seal(slack.encryption_keys.get_secret_value())
    except ConfigurationError as error:
        return [Finding(False, str(error))]
    deadline = aiohttp.ClientTimeout(total=SECONDS)
    async with aiohttp.ClientSession(timeout=deadline) as session:
        client = AsyncWebClient(base_url=slack.base_url, session=session, retry_handlers=[])
        token = slack.bot_token.get_secret_value()
        findings = [await (_token(client, token) if token else _answers(client))]
        if slack.mode == "socket":
            findings.append(await _sockets(client, slack.app_token.get_secret_value()))
        else:
            findings.append(await _address(session, settings.server.public_url))
    return findings


async def _token(client: AsyncWebClient, token: str) -> Finding:
    try:
        bot = await who_am_i(client, token)
    except UpstreamError as error:
        return Finding(False, f"{error} Take slack.bot_token from the app's page, OAuth & Permissions.")
    missing = sorted(set(SCOPES) - set(bot.scopes))
    if bot.scopes and missing:
        return Finding(
            False,
            f"The Slack app lacks the scopes {', '.join(missing)}: paste what `polydesk slack manifest` prints into "
            "its page and install it anew.",
        )
    return Finding(True, f"Slack takes the bot token, of the workspace {bot.team or bot.enterprise}.")


async def _answers(client: AsyncWebClient) -> Finding:
    try:
        await client.api_test()
    except TROUBLES as error:
        return Finding(False, f"Slack at {client.base_url} does not answer: {error or type(error).__name__}.")
    return Finding(True, f"Slack at {client.base_url} answers; workspaces install the app at /slack/install.")


async def _sockets(client: AsyncWebClient, token: str) -> Finding:
    try:
        await client.apps_connections_open(app_token=token)
    except SlackApiError as error:
        said = error.response.get("error", "") if hasattr(error.response, "get") else ""
        return Finding(
            False,
            f"Slack opens no socket: {said}. Switch Socket Mode on, and take slack.app_token (connections:write) from "
            "the app's page.",
        )
    except TROUBLES as error:
        return Finding(False, f"Slack opens no socket: {error or type(error).__name__}.")
    return Finding(True, "Slack opens sockets for the app.")


async def _address(session: aiohttp.ClientSession, public_url: str) -> Finding:
    """Whether this desk is reached where Slack calls it: an unsigned event must be turned away by it."""
    if not public_url:
        return Finding(False, "server.public_url: set it to where Slack reaches this desk, such as https://HOST.")
    url = f"{public_url.rstrip('/')}/slack/events"
    try:
        async with asyncio.timeout(SECONDS), session.post(url, data=b"{}") as response:
            status = response.status
    except (TimeoutError, aiohttp.ClientError, OSError, ValueError) as error:
        cause = str(error) or type(error).__name__
        return Finding(
            False, f"{url} cannot be reached from here, as Slack must: {cause}. Start the desk and its proxy."
        )
    if status == 401:
        return Finding(True, f"{url} is reached, and turns away what Slack did not sign.")
    return Finding(False, f"{url} answers with status {status} where this desk answers with 401: see the proxy.")
