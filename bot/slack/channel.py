"""HUB: Slack as a channel of the desk. Opens its parts, joins them, and closes them."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import aiohttp
import orjson
import structlog
from slack_bolt.async_app import AsyncApp
from slack_sdk.http_retry.builtin_async_handlers import AsyncRateLimitErrorRetryHandler
from slack_sdk.web.async_client import AsyncWebClient
from sqlalchemy import URL
from sqlalchemy.exc import SQLAlchemyError

from bot.config import Settings, SlackSettings
from bot.group_commit import GroupCommit
from bot.inbox import Event, Inbox, Taken
from bot.inbox_worker import MOST_ATTEMPTS, InboxWorker, Postponed
from bot.knowledge import Dependency
from bot.metrics import Metrics
from bot.outbox import Outbox
from bot.slack.app import create_app, dispatch
from bot.slack.calls import SECONDS, Calls
from bot.slack.delivery import Delivery
from bot.slack.installations import Installations, ManyWorkspaces, OneWorkspace
from bot.slack.manifest import SCOPES
from bot.slack.oauth import OAuth
from bot.slack.sealing import Seal
from bot.slack.sending import Sender
from bot.slack.sockets import Sockets
from retrieval.database import open_engine
from retrieval.errors import ConfigurationError, UpstreamError

GRACE_SECONDS = 5.0
FIGURES_SECONDS = 5.0
# So many figures apart, what is old is erased: about an hour.
FORGET_EVERY = 720

log = structlog.get_logger()


class SlackChannel:
    """The open channel. Nothing is taken or sent before `start`.

    Attributes:
        app: Bolt; the listeners are registered with it.
        delivery: what the listeners say things through.
        oauth: installs the app, None where a bot token stands in the settings.
        forget: called about once an hour, in a thread, beside what is erased here.
        forget_team: called in a thread with a workspace that the app has left.
    """

    def __init__(
        self,
        app: AsyncApp,
        delivery: Delivery,
        inbox: Inbox,
        outbox: Outbox,
        calls: Calls,
        installations: Installations,
        metrics: Metrics,
        *,
        oauth: OAuth | None,
        sockets: Sockets | None,
        events_at_once: int,
        keep_days: int,
        ready: Callable[[], bool],
    ) -> None:
        self.app = app
        self.delivery = delivery
        self.oauth = oauth
        self.forget: Callable[[], None] = lambda: None
        self.forget_team: Callable[[str], None] = lambda team: None
        self._inbox = inbox
        self._outbox = outbox
        self._calls = calls
        self._installations = installations
        self._metrics = metrics
        self._sockets = sockets
        self._keep_seconds = keep_days * 86_400.0
        self._worker = InboxWorker(
            inbox,
            self._handle,
            at_once=events_at_once,
            ready=ready,
            excuse=lambda: calls.trouble,
            counted=lambda outcome: metrics.slack_events.labels(outcome).inc(),
        )
        self._housekeeping: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Takes up what was left, and begins to listen."""
        await self._outbox.start()
        await self._worker.start()
        self._housekeeping = asyncio.create_task(self._keep_house())
        if self._sockets is not None:
            self._sockets.start()

    async def put(self, event: Event) -> bool:
        """Stores an event; returns when it may be acknowledged. Raises SQLAlchemyError."""
        return await self._inbox.put(event)

    async def state(self) -> Dependency:
        """Whether Slack is there, and what waits."""
        try:
            inbox, outbox = await self._inbox.figures(), await self._outbox.figures()
        except SQLAlchemyError as error:
            return Dependency(False, f"{type(error).__name__}: {error}", required=False)
        # A look from App Home is an event itself, which is being worked on.
        detail = f"{inbox.waiting} events and {outbox.waiting} messages in hand"
        if dead := inbox.dead + outbox.dead:
            detail += f", {dead} were given up"
        if self._calls.trouble:
            return Dependency(False, f"{self._calls.trouble} {detail}", required=False)
        if self._sockets is not None:
            connected = await self._sockets.connected()
            return Dependency(connected > 0, f"{connected} sockets are connected, {detail}", required=False)
        return Dependency(True, detail, required=False)

    async def close(self) -> None:
        """Ends what can be ended in a moment; everything else is at the next start."""
        if self._sockets is not None:
            await self._sockets.close()
        await self._worker.close(GRACE_SECONDS)
        await self._outbox.close()
        await self._calls.close()
        if self._housekeeping is not None:
            self._housekeeping.cancel()
            await asyncio.gather(self._housekeeping, return_exceptions=True)

    async def _handle(self, taken: Taken) -> None:
        body: dict[str, Any] = orjson.loads(taken.event.body)
        if _removes(body):
            team, enterprise = _installed_in(body)
            await self._installations.remove(team, enterprise, taken.event.happened_at)
            await asyncio.to_thread(self.forget_team, team)
            return
        try:
            await dispatch(self.app, body, taken.attempt, last=taken.attempt >= MOST_ATTEMPTS)
        except (UpstreamError, ConfigurationError) as error:
            raise Postponed(str(error)) from error

    async def _keep_house(self) -> None:
        for count in itertools.count():
            try:
                inbox, outbox = await self._inbox.figures(), await self._outbox.figures()
                for name, figures in (("inbox", inbox), ("outbox", outbox)):
                    self._metrics.slack_waiting.labels(name).set(figures.waiting)
                    self._metrics.slack_dead.labels(name).set(figures.dead)
                    self._metrics.slack_oldest_seconds.labels(name).set(figures.oldest_seconds)
                if count % FORGET_EVERY == 0:
                    await self._inbox.forget(self._keep_seconds)
                    await self._outbox.forget(self._keep_seconds)
                    await asyncio.to_thread(self.forget)
                    self._calls.limits.forget()
            except SQLAlchemyError as error:
                log.warning("slack_house_not_kept", reason=str(error))
            except Exception as error:  # A fault of the desk; what is old must be erased all the same, next time.
                log.error("slack_house_not_kept", exc_info=error)
            await asyncio.sleep(FIGURES_SECONDS)


@asynccontextmanager
async def open_channel(
    settings: Settings, database_url: URL, metrics: Metrics, ready: Callable[[], bool]
) -> AsyncIterator[SlackChannel]:
    """The channel, closed at the end of the block.

    Args:
        database_url: where the desk's tables are.
        ready: whether questions can be answered yet; until then events wait.

    Raises:
        ConfigurationError: a setting is missing.
    """
    slack = settings.slack
    check_settings(slack)
    async with AsyncExitStack() as stack:
        database = GroupCommit(open_engine(database_url, durable=True))
        stack.push_async_callback(database.close)
        session = await stack.enter_async_context(
            aiohttp.ClientSession(
                timeout=aiohttp.ClientTimeout(total=SECONDS), connector=aiohttp.TCPConnector(limit=100)
            )
        )
        # The outbox and the streams have their own way with failures; listeners get a client that waits when asked to.
        bare = AsyncWebClient(base_url=slack.base_url, session=session, retry_handlers=[])
        patient = AsyncWebClient(
            base_url=slack.base_url,
            session=session,
            retry_handlers=[AsyncRateLimitErrorRetryHandler(max_retry_count=2)],
        )
        installations, oauth = _installations(settings, bare, database)
        calls = Calls(bare, installations.find, changed=lambda up: metrics.upstream_up.labels("slack").set(up))
        metrics.upstream_up.labels("slack").set(1)
        sender = Sender(calls)
        outbox = Outbox(database, sender.send, counted=lambda what: metrics.slack_messages.labels(what).inc())
        inbox = Inbox(database)
        sockets = None
        if slack.mode == "socket":
            sockets = Sockets(bare, slack.app_token.get_secret_value(), inbox.put)
        channel = SlackChannel(
            create_app(patient, installations.find),
            Delivery(calls, outbox, sender),
            inbox,
            outbox,
            calls,
            installations,
            metrics,
            oauth=oauth,
            sockets=sockets,
            events_at_once=slack.events_at_once,
            keep_days=settings.conversations.keep_days,
            ready=ready,
        )
        try:
            yield channel
        finally:
            await channel.close()


def _installations(
    settings: Settings, client: AsyncWebClient, database: GroupCommit
) -> tuple[Installations, OAuth | None]:
    slack = settings.slack
    if token := slack.bot_token.get_secret_value():
        return OneWorkspace(client, token), None
    installed = ManyWorkspaces(database, Seal(slack.encryption_keys.get_secret_value()))
    url = settings.server.public_url
    redirect = f"{url.rstrip('/')}/slack/oauth_redirect" if url else ""
    secret = slack.client_secret.get_secret_value()
    return installed, OAuth(client, slack.client_id, secret, SCOPES, redirect, installed, database)


def check_settings(slack: SlackSettings) -> None:
    """Raises ConfigurationError for what is missing."""
    needed = {"signing_secret": slack.signing_secret} if slack.mode == "http" else {"app_token": slack.app_token}
    for name, secret in needed.items():
        if not secret.get_secret_value():
            raise ConfigurationError(f"slack.{name}: slack.mode {slack.mode} needs it; docs/slack.md says where it is.")
    if not slack.bot_token.get_secret_value() and not (slack.client_id and slack.client_secret.get_secret_value()):
        raise ConfigurationError(
            "slack.bot_token: set it for one workspace, or slack.client_id, client_secret and encryption_keys for many."
        )


def _installed_in(body: dict[str, Any]) -> tuple[str, str]:
    """The workspace and organisation of an event's installation; no workspace where the organisation has it."""
    team, enterprise = str(body.get("team_id") or ""), str(body.get("enterprise_id") or "")
    authorizations = body.get("authorizations")
    first = authorizations[0] if isinstance(authorizations, list) and authorizations else body
    whole = isinstance(first, dict) and bool(first.get("is_enterprise_install"))
    return ("" if whole else team), enterprise


def _removes(body: dict[str, Any]) -> bool:
    """Whether an event says that the app has no token any more."""
    event = body.get("event")
    if not isinstance(event, dict):
        return False
    tokens = event.get("tokens")
    revoked = event.get("type") == "tokens_revoked" and isinstance(tokens, dict) and bool(tokens.get("bot"))
    return revoked or event.get("type") == "app_uninstalled"
