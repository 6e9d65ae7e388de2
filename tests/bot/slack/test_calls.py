"""Calls of Slack: paced within its limits, and what went wrong told apart."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.slack.calls import Bot, Calls, SlackAway, SlackBusy, SlackRefused, SlackUnsure
from bot.slack.limits import CHANNEL_SECONDS, WINDOW_SECONDS, Limits
from tests.fakes.slack import FakeSlack


class Clock:
    at = 100.0

    def __call__(self) -> float:
        return self.at


def test_a_method_goes_so_often_a_minute() -> None:
    clock = Clock()
    limits = Limits(clock)
    for _ in range(20):
        assert limits.wait_seconds("T", "chat.startStream") == 0
        limits.went("T", "chat.startStream")
        clock.at += 1
    assert limits.left("T", "chat.startStream") == 0
    assert limits.wait_seconds("T", "chat.startStream") == pytest.approx(WINDOW_SECONDS - 20)
    assert limits.wait_seconds("U", "chat.startStream") == 0
    clock.at += WINDOW_SECONDS - 20
    assert limits.wait_seconds("T", "chat.startStream") == 0


def test_a_channel_takes_a_message_a_second_and_slack_may_ask_for_more() -> None:
    clock = Clock()
    limits = Limits(clock)
    limits.went("T", "chat.postMessage", "C1")
    assert limits.wait_seconds("T", "chat.postMessage", "C1") == pytest.approx(CHANNEL_SECONDS)
    assert limits.wait_seconds("T", "chat.postMessage", "C2") == 0
    limits.pause("T", "chat.postMessage", 30, "C2")
    assert limits.wait_seconds("T", "chat.postMessage", "C2") == 30
    limits.pause("T", "chat.update", 7)
    assert limits.wait_seconds("T", "chat.update") == 7
    clock.at += 3600
    limits.forget()
    assert limits.wait_seconds("T", "chat.postMessage", "C2") == 0


@asynccontextmanager
async def calling(slack: FakeSlack) -> AsyncIterator[Calls]:
    async def find(team: str) -> Bot | None:
        return Bot(team, "", slack.bot_token, "B", "U") if team == slack.team.id else None

    async with aiohttp.ClientSession() as session:
        calls = Calls(AsyncWebClient(base_url=slack.base_url, session=session, retry_handlers=[]), find)
        yield calls
        await calls.close()


@pytest.fixture
async def slack() -> AsyncIterator[FakeSlack]:
    async with FakeSlack() as slack:
        yield slack


async def test_what_went_wrong_is_told_apart(slack: FakeSlack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.slack.calls.SECONDS", 0.3)
    team = slack.team.id
    async with calling(slack) as calls:
        assert (await calls.once("auth.test", team, {}))["team_id"] == team
        with pytest.raises(SlackRefused) as refused:
            await calls.once("conversations.info", team, {"channel": "C0"})
        assert refused.value.error == "channel_not_found"
        with pytest.raises(SlackRefused, match="not_installed"):
            await calls.once("auth.test", "T0OTHER", {})
        slack.fail("ratelimited", seconds=3)
        with pytest.raises(SlackBusy) as busy:
            await calls.once("auth.test", team, {})
        assert busy.value.seconds == 3
        for kind in ("hang", "status", "reset"):
            slack.fail(kind)  # type: ignore[arg-type]
            with pytest.raises(SlackUnsure):
                await calls.once("chat.delete", team, {"channel": "C0", "ts": "1.1"})
        assert not calls.trouble


async def test_slack_that_is_away_is_not_called_until_it_is_back(
    slack: FakeSlack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("retrieval.circuit_breaker.PROBE_SECONDS", 0.1)
    team = slack.team.id
    async with calling(slack) as calls:
        calls._breaker._probe_seconds = 0.1
        slack.fail("status", times=-1, status=503)
        for _ in range(5):
            with pytest.raises(SlackUnsure):
                await calls.once("auth.test", team, {})
        assert "503" in calls.trouble
        before = len(slack.api.of("auth.test"))
        with pytest.raises(SlackAway):
            await calls.once("auth.test", team, {})
        assert len(slack.api.of("auth.test")) == before
        insisting = asyncio.create_task(calls.insist("auth.test", team, {}))
        await asyncio.sleep(0.3)
        slack.faults.clear()
        assert (await insisting)["ok"]
        assert not calls.trouble


async def test_a_call_that_must_be_done_is_done(slack: FakeSlack) -> None:
    async with calling(slack) as calls:
        slack.fail("status")
        slack.fail("ratelimited", seconds=1)
        slack.fail("reset")
        assert (await calls.insist("api.test", slack.team.id, {}))["ok"]
        with pytest.raises(SlackRefused):
            await calls.insist("conversations.info", slack.team.id, {"channel": "C0"})
