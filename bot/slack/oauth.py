"""Installing the app in a workspace: to Slack's page with a state, and back with a code that buys a token."""

from __future__ import annotations

import hashlib
import secrets
import time
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import urlencode, urljoin

import structlog
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from sqlalchemy import Connection, delete, func, insert, select

from bot.group_commit import GroupCommit
from bot.slack.calls import TROUBLES, Bot
from bot.slack.installations import ManyWorkspaces
from bot.slack.tables import states
from retrieval.errors import PolydeskError

STATE_SECONDS = 600.0
# Of installs under way; nobody can fill the database with more.
MOST_STATES = 10_000

log = structlog.get_logger()


class InstallFailed(PolydeskError):
    """The app was not installed.

    Attributes:
        key: of the phrase that says why.
    """

    def __init__(self, key: str, reason: str) -> None:
        self.key = key
        super().__init__(reason)


class OAuth:
    """Installs the app.

    Args:
        redirect_uri: where Slack sends people back to; "" leaves it to the app's settings.
        scopes: that the bot asks for.
    """

    def __init__(
        self,
        client: AsyncWebClient,
        client_id: str,
        client_secret: str,
        scopes: Sequence[str],
        redirect_uri: str,
        installed: ManyWorkspaces,
        database: GroupCommit,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._client = client
        self._client_id = client_id
        self._client_secret = client_secret
        self._scopes = tuple(scopes)
        self._redirect_uri = redirect_uri
        self._installed = installed
        self._database = database
        self._now = now

    async def address(self) -> str:
        """Slack's page on which somebody allows the app, with a state that is good for ten minutes and once.

        Raises:
            InstallFailed: too many are under way.
        """
        state = secrets.token_urlsafe(24)
        now = self._now()

        def work(connection: Connection) -> bool:
            connection.execute(delete(states).where(states.c.expires_at < now))
            if connection.execute(select(func.count()).select_from(states)).scalar_one() >= MOST_STATES:
                return False
            connection.execute(insert(states).values(digest=_digest(state), expires_at=now + STATE_SECONDS))
            return True

        if not await self._database.write(work):
            raise InstallFailed("error.busy", "Too many installations are under way.")
        query = {"client_id": self._client_id, "scope": ",".join(self._scopes), "state": state} | self._redirect()
        return urljoin(self._client.base_url, "../oauth/v2/authorize") + "?" + urlencode(query)

    async def finish(self, state: str, code: str, error: str) -> str:
        """Takes what Slack sent somebody back with; returns the name of the workspace that has the app now.

        Raises:
            InstallFailed: they did not allow it, it took too long, or Slack does not take the code.
        """
        if not await self._taken(state):
            raise InstallFailed("slack.install.expired", "The state is unknown or too old.")
        if error or not code:
            raise InstallFailed("slack.install.cancelled", f"Slack sent back {error[:100]!r}.")
        try:
            # Not `oauth_v2_access`: it uses a part of aiohttp that warns of its end.
            application = {"client_id": self._client_id, "client_secret": self._client_secret}
            reply = await self._client.api_call("oauth.v2.access", data=application | {"code": code} | self._redirect())
        except SlackApiError as failure:
            said = failure.response.get("error", "") if hasattr(failure.response, "get") else ""
            raise InstallFailed("slack.install.failed", f"Slack does not take the code: {said}.") from failure
        except TROUBLES as failure:
            raise InstallFailed("slack.install.failed", f"Slack does not answer: {failure}.") from failure
        data = reply.data if isinstance(reply.data, dict) else {}
        bot, name = await self._read(data)
        await self._installed.save(bot)
        log.info("slack_installed", team=bot.team, enterprise=bot.enterprise)
        return name

    async def _read(self, data: dict[str, Any]) -> tuple[Bot, str]:
        team, enterprise = data.get("team") or {}, data.get("enterprise") or {}
        whole = bool(data.get("is_enterprise_install"))
        token = str(data.get("access_token") or "")
        try:
            reply = await self._client.auth_test(token=token)
        except TROUBLES as error:
            raise InstallFailed("slack.install.failed", f"The new token was not taken: {error}.") from error
        bot = Bot(
            team="" if whole else str(team.get("id") or ""),
            enterprise=str(enterprise.get("id") or ""),
            token=token,
            bot_id=str(reply.get("bot_id") or ""),
            user_id=str(data.get("bot_user_id") or reply.get("user_id") or ""),
            scopes=tuple(str(data.get("scope") or "").split(",")),
        )
        if not token or not (bot.team or bot.enterprise):
            raise InstallFailed("slack.install.failed", "Slack's answer names no workspace or token.")
        return bot, str((enterprise if whole else team).get("name") or "")

    async def _taken(self, state: str) -> bool:
        """Whether the state is one that we gave and that is good; it is not any more."""
        mine = states.c.digest == _digest(state)

        def work(connection: Connection) -> bool:
            expires_at = connection.execute(select(states.c.expires_at).where(mine)).scalar_one_or_none()
            connection.execute(delete(states).where(mine))
            return expires_at is not None and expires_at >= self._now()

        return bool(state) and await self._database.write(work)

    def _redirect(self) -> dict[str, str]:
        return {"redirect_uri": self._redirect_uri} if self._redirect_uri else {}


def _digest(state: str) -> str:
    """What is stored of a state: nobody who reads the database can finish an installation."""
    return hashlib.sha256(state.encode("utf-8", "replace")).hexdigest()
