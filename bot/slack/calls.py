"""Calls of Slack's Web API: paced, with a deadline, and with what went wrong told apart."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import aiohttp
import structlog
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_client import AsyncWebClient

from bot.slack.limits import Limits
from retrieval.circuit_breaker import CircuitBreaker
from retrieval.errors import PolydeskError, UpstreamError

SECONDS = 10.0
# Between two tries of a call that must succeed.
FIRST_PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 30.0
AWAY_SECONDS = 1.0
# Slack's words for trouble of its own: the call may or may not have been done.
_TROUBLE = frozenset({"fatal_error", "internal_error", "request_timeout", "service_unavailable", "team_added_to_org"})
# What only reads takes its arguments from the address; Slack leaves JSON unread there and misses all of them.
_READING = "conversations."
# The call was limited by its channel, not by its workspace.
_BY_CHANNEL = frozenset({"chat.postMessage"})

# Our own word, of a workspace whose bot we do not know.
NOT_INSTALLED = "not_installed"
# What the SDK raises where Slack says no, or says nothing; of aiohttp's own errors only some are an OSError.
TROUBLES = (SlackClientError, aiohttp.ClientError, TimeoutError, OSError)

log = structlog.get_logger()


class SlackRefused(PolydeskError):
    """Slack says no: the same call would be refused again.

    Attributes:
        error: Slack's word for it, such as "not_in_channel".
    """

    def __init__(self, method: str, error: str) -> None:
        self.method = method
        self.error = error
        super().__init__(f"Slack refuses {method}: {error}.")


class SlackBusy(PolydeskError):
    """Slack asks to wait; the call was not done.

    Attributes:
        seconds: until it may be tried again.
    """

    def __init__(self, method: str, seconds: float) -> None:
        self.seconds = seconds
        super().__init__(f"Slack asks to wait {seconds:.0f} s with {method}.")


class SlackAway(PolydeskError):
    """Slack cannot be reached; the call was not done."""


class SlackUnsure(PolydeskError):
    """Slack did not answer, or not with sense; whether the call was done is unknown."""


@dataclass(frozen=True, slots=True)
class Bot:
    """The app in one workspace.

    Attributes:
        team: "" where the whole organisation installed it.
        enterprise: the organisation, "" for none.
        user_id: of the bot user.
    """

    team: str
    enterprise: str
    token: str
    bot_id: str
    user_id: str
    scopes: tuple[str, ...] = ()


FindBot = Callable[[str], Awaitable[Bot | None]]


class Calls:
    """The way to Slack. Used from one event loop.

    Args:
        client: the SDK's, without retries of its own; its session has the deadline.
        bot_of: the bot of a workspace.
        changed: called with whether Slack is used (True) or out.

    Attributes:
        limits: shared by all calls.
    """

    def __init__(
        self,
        client: AsyncWebClient,
        bot_of: FindBot,
        limits: Limits | None = None,
        changed: Callable[[bool], None] = lambda up: None,
    ) -> None:
        self._client = client
        self._bot_of = bot_of
        self.limits = limits or Limits()
        self._breaker = CircuitBreaker(
            self._probe, failures=5, changed=lambda state, reason: self._changed(changed, state, reason)
        )

    @property
    def trouble(self) -> str:
        """Why Slack is out; "" while it is not."""
        return self._breaker.reason

    async def bot(self, team: str) -> Bot:
        """The app in a workspace.

        Raises:
            SlackRefused: it is not installed there.
            SlackAway: Slack, which must be asked who we are, does not answer.
        """
        try:
            bot = await self._bot_of(team)
        except UpstreamError as error:
            raise SlackAway(str(error)) from error
        if bot is None:
            raise SlackRefused("the app", NOT_INSTALLED)
        return bot

    async def once(
        self, method: str, team: str, arguments: dict[str, Any], *, patience: float | None = None
    ) -> dict[str, Any]:
        """One call, when its turn has come.

        Args:
            patience: seconds that it may wait for its turn; None for as long as it takes.

        Raises:
            SlackRefused, SlackBusy, SlackAway, SlackUnsure: see there.
        """
        if self._breaker.state != "closed":
            raise SlackAway(self._breaker.reason)
        bot = await self.bot(team)
        channel = str(arguments.get("channel", "")) if method in _BY_CHANNEL else ""
        wait = self.limits.wait_seconds(team, method, channel)
        if patience is not None and wait > patience:
            raise SlackBusy(method, wait)
        await self.limits.turn(team, method, channel)
        try:
            return await self._call(method, arguments, bot.token)
        except SlackBusy as error:
            self.limits.pause(team, method, error.seconds, channel)
            raise

    async def insist(self, method: str, team: str, arguments: dict[str, Any]) -> dict[str, Any]:
        """A call that may be done twice without harm, until it is done.

        Raises:
            SlackRefused: see there.
        """
        pause = FIRST_PAUSE_SECONDS
        while True:
            try:
                return await self.once(method, team, arguments)
            except SlackBusy:
                continue  # `limits` makes it wait.
            except SlackAway:
                # Nothing goes out before a probe has found Slack back; then nobody should wait for long.
                await asyncio.sleep(AWAY_SECONDS)
            except SlackUnsure as error:
                log.info("slack_call_again", method=method, reason=str(error), seconds=pause)
                await asyncio.sleep(pause)
                pause = min(LONGEST_PAUSE_SECONDS, pause * 2)

    async def close(self) -> None:
        """Stops finding out whether Slack is back."""
        await self._breaker.close()

    async def _call(self, method: str, arguments: dict[str, Any], token: str) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        try:
            async with asyncio.timeout(SECONDS):
                if method.startswith(_READING):
                    response = await self._client.api_call(method, http_verb="GET", params=arguments, headers=headers)
                else:
                    response = await self._client.api_call(method, json=arguments, headers=headers)
        except aiohttp.ClientConnectorError as error:
            raise self._failed(SlackAway(f"Slack at {self._client.base_url} cannot be reached: {error}.")) from error
        except (TimeoutError, aiohttp.ClientError, OSError) as error:
            cause = str(error) or f"no answer within {SECONDS:g} s"
            raise self._failed(SlackUnsure(f"Slack's {method} failed: {cause}.")) from error
        except SlackApiError as error:
            raise self._judged(method, error) from error
        except (SlackClientError, ValueError) as error:
            raise self._failed(SlackUnsure(f"Slack's answer to {method} cannot be read.")) from error
        self._breaker.succeeded()
        data = response.data
        return data if isinstance(data, dict) else {}

    def _judged(self, method: str, error: SlackApiError) -> PolydeskError:
        response = error.response
        # Where the body is no JSON the SDK hands over aiohttp's own response.
        status = int(getattr(response, "status_code", 0) or getattr(response, "status", 0))
        data = getattr(response, "data", None)
        said = str(data.get("error", "")) if isinstance(data, dict) else ""
        if status == 429 or said in ("ratelimited", "rate_limited"):
            self._breaker.succeeded()
            return SlackBusy(method, _retry_after(response.headers))
        if status >= 500 or said in _TROUBLE or not said:
            return self._failed(SlackUnsure(f"Slack's {method} failed with {said or f'status {status}'}."))
        self._breaker.succeeded()
        return SlackRefused(method, said)

    def _failed(self, error: SlackAway | SlackUnsure) -> SlackAway | SlackUnsure:
        self._breaker.failed(UpstreamError(str(error)))
        return error

    async def _probe(self) -> None:
        try:
            await self._call("api.test", {}, "")
        except (SlackAway, SlackUnsure) as error:
            raise UpstreamError(str(error)) from error
        except (SlackRefused, SlackBusy):
            return  # It answers.

    def _changed(self, changed: Callable[[bool], None], state: str, reason: str) -> None:
        changed(state == "closed")
        if reason:
            log.warning("slack_out", reason=reason)
        else:
            log.info("slack_back")


def _retry_after(headers: Any) -> float:
    try:
        return max(1.0, min(600.0, float(headers.get("Retry-After", 1))))
    except (TypeError, ValueError):
        return 30.0
