"""What becomes of messages of which it is not known whether Slack has them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.slack.calls import Bot
from bot.slack.delivery import DeliveryRefused
from bot.slack.message import Message
from tests.bot.slack.slackbot import answers, asked, opened
from tests.fakes.slack import FakeSlack
from tests.fakes.slack.faults import Kind


@pytest.fixture
async def slack() -> AsyncIterator[FakeSlack]:
    async with FakeSlack() as slack:
        yield slack


@pytest.mark.parametrize(("kind", "after"), [("reset", False), ("hangup", True), ("status", True)])
@pytest.mark.parametrize("threaded", [True, False])
async def test_it_is_looked_for_before_it_is_sent_again(
    slack: FakeSlack, tmp_path: Path, kind: Kind, after: bool, threaded: bool
) -> None:
    channel, question, place, _ = asked(slack)
    slack.fail(kind, "chat.postMessage", after=after)
    async with opened(slack, tmp_path) as opening:
        to = place if threaded else replace(place, thread_ts="")
        ts = await opening.delivery.post("k", to, Message("Hello"))
    (said,) = answers(slack, channel, question) if threaded else slack.answers(channel)
    assert said.ts == ts
    assert not slack.violations


async def test_where_slack_does_not_let_it_be_looked_for_it_is_sent_again(slack: FakeSlack, tmp_path: Path) -> None:
    channel, question, place, _ = asked(slack)
    slack.team.scopes -= {"im:history"}
    slack.fail("reset", "chat.postMessage")
    async with opened(slack, tmp_path) as opening:
        ts = await opening.delivery.post("k", place, Message("Hello"))
    assert [message.ts for message in answers(slack, channel, question)] == [ts]


async def test_what_is_left_for_a_workspace_that_is_not_known_yet_waits_for_word_of_it(
    slack: FakeSlack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.slack.sending._UNKNOWN_SECONDS", 0.1)
    channel, question, place, _ = asked(slack)
    async with opened(slack, tmp_path) as opening:
        slack.fail("status", times=-1)
        ended = asyncio.create_task(opening.delivery.post("k", place, Message("Hello")))
        await slack.until(lambda: slack.api.asked)
        ended.cancel()
        await asyncio.gather(ended, return_exceptions=True)
    slack.faults.clear()
    async with opened(slack, tmp_path) as opening:
        known, asked_for = opening._calls._bot_of, []

        async def bot_of(team: str) -> Bot | None:
            asked_for.append(team)
            return await known(team) if len(asked_for) > 2 else None

        monkeypatch.setattr(opening._calls, "_bot_of", bot_of)
        await opening.start()
        await slack.until(lambda: answers(slack, channel, question))
    assert len(answers(slack, channel, question)) == 1


async def test_a_further_message_that_was_given_up_is_a_refusal_of_the_answer(slack: FakeSlack, tmp_path: Path) -> None:
    _, _, place, recipient = asked(slack)
    async with opened(slack, tmp_path) as opening:
        async with opening.delivery.stream("Ev1/answer", place, recipient):
            pass
        with pytest.raises(DeliveryRefused):
            await opening.delivery.post("Ev1/answer/0", replace(place, channel="C0UNKNOWN"), Message("Hello"))
        async with opening.delivery.stream("Ev1/answer", place, recipient) as stream:
            with pytest.raises(DeliveryRefused) as refused:
                await stream.finish([], "Hello")
    assert refused.value.error == "channel_not_found"
