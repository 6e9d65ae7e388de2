"""Where the app is installed, and with which token: of one workspace from the settings, of many encrypted in SQL."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import asdict
from typing import Protocol

import orjson
import structlog
from cachetools import TTLCache
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from sqlalchemy import Connection, delete, insert, select, update

from bot.group_commit import GroupCommit
from bot.slack.calls import TROUBLES, Bot
from bot.slack.sealing import Seal
from bot.slack.tables import installations
from retrieval.errors import ConfigurationError, UpstreamError

CACHE_SECONDS = 300.0

log = structlog.get_logger()


class Installations(Protocol):
    """Finds the app's bot."""

    async def find(self, team: str, enterprise: str = "") -> Bot | None:
        """The bot in a workspace, None where the app is not installed.

        Raises:
            UpstreamError: Slack, which must be asked, does not answer.
            ConfigurationError: the keys do not open what is stored.
        """

    async def remove(self, team: str, enterprise: str, at: float) -> None:
        """Forgets an installation: the app was removed there, or its token revoked.

        Args:
            at: when, in seconds since 1970. One that was made after that stays: word of a removal may come late.
        """


class OneWorkspace:
    """The workspace whose bot token stands in the settings. Slack is asked once whose it is."""

    def __init__(self, client: AsyncWebClient, token: str) -> None:
        self._client = client
        self._token = token
        self._asking: asyncio.Task[Bot] | None = None

    async def find(self, team: str, enterprise: str = "") -> Bot | None:
        """The bot; of whichever workspace, as events of shared channels may name the other one."""
        if self._asking is None or (self._asking.done() and self._asking.exception() is not None):
            self._asking = asyncio.create_task(who_am_i(self._client, self._token))
        # All who need to know wait for one answer, and share its failure.
        return await asyncio.shield(self._asking)

    async def remove(self, team: str, enterprise: str, at: float) -> None:
        """Says so; the token stands in the settings, and may be good again."""
        self._asking = None
        log.error("slack_token_revoked", team=team)


async def who_am_i(client: AsyncWebClient, token: str) -> Bot:
    """Whose token it is.

    Raises:
        UpstreamError: Slack does not answer, or does not take the token.
    """
    try:
        reply = await client.auth_test(token=token)
    except SlackApiError as error:
        said = error.response.get("error") if hasattr(error.response, "get") else ""
        raise UpstreamError(f"Slack does not take the bot token: {said or 'its answer cannot be read'}.") from error
    except TROUBLES as error:
        raise UpstreamError(f"Slack at {client.base_url} does not answer: {error or type(error).__name__}.") from error
    scopes = reply.headers.get("x-oauth-scopes", "")
    return Bot(
        str(reply.get("team_id") or ""),
        str(reply.get("enterprise_id") or ""),
        token,
        str(reply.get("bot_id") or ""),
        str(reply.get("user_id") or ""),
        tuple(scope.strip() for scope in scopes.split(",") if scope.strip()),
    )


class ManyWorkspaces:
    """The installations in SQL, a short while in memory."""

    def __init__(self, database: GroupCommit, seal: Seal, now: Callable[[], float] = time.time) -> None:
        self._database = database
        self._seal = seal
        self._now = now
        self._found: TTLCache[str, Bot | None] = TTLCache(10_000, CACHE_SECONDS)
        # Of workspaces whose organisation installed the app for all of them.
        self._enterprises: dict[str, str] = {}

    async def find(self, team: str, enterprise: str = "") -> Bot | None:
        """See `Installations`."""
        if team and enterprise:
            self._enterprises[team] = enterprise
        for place in filter(None, (team, enterprise or self._enterprises.get(team, ""))):
            if (bot := await self._at(place)) is not None:
                return bot
        return None

    async def save(self, bot: Bot) -> None:
        """Keeps an installation, in place of one before."""
        place = bot.team or bot.enterprise
        values = {"sealed": self._seal.close(orjson.dumps(asdict(bot))), "installed_at": self._now()}

        def work(connection: Connection) -> None:
            if not connection.execute(
                update(installations).where(installations.c.place == place).values(values)
            ).rowcount:
                connection.execute(insert(installations).values(values | {"place": place}))

        await self._database.write(work)
        self._found.clear()

    async def remove(self, team: str, enterprise: str, at: float) -> None:
        """See `Installations`."""
        statement = delete(installations).where(
            installations.c.place == (team or enterprise), installations.c.installed_at <= at
        )
        await self._database.write(lambda connection: connection.execute(statement) and None)
        self._found.clear()
        log.info("slack_uninstalled", team=team, enterprise=enterprise)

    async def _at(self, place: str) -> Bot | None:
        if place in self._found:
            return self._found[place]
        query = select(installations.c.sealed).where(installations.c.place == place)
        sealed = await self._database.read(lambda connection: connection.execute(query).scalar_one_or_none())
        bot = None if sealed is None else _opened(self._seal, sealed)
        self._found[place] = bot
        return bot


def renew(connection: Connection, seal: Seal) -> int:
    """Encrypts every installation with the first key; returns how many there are. Raises ConfigurationError."""
    rows = connection.execute(select(installations.c.place, installations.c.sealed)).all()
    for place, sealed in rows:
        statement = update(installations).where(installations.c.place == place).values(sealed=seal.renew(sealed))
        connection.execute(statement)
    return len(rows)


def _opened(seal: Seal, sealed: bytes) -> Bot:
    try:
        values = orjson.loads(seal.open(sealed))
        return Bot(**values | {"scopes": tuple(values["scopes"])})
    except (orjson.JSONDecodeError, KeyError, TypeError) as error:
        raise ConfigurationError("An installation in the database cannot be read; install the app anew.") from error
