"""Who reads a channel of many: asked of Slack in few calls, and nobody is left out."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.slack.audiences import Workspace
from bot.slack.directory import Directory
from tests.fakes.slack import FakeSlack
from tests.fakes.slack.faults import Kind

INNER = ("public", "agents")


@pytest.fixture
async def slack() -> AsyncIterator[FakeSlack]:
    async with FakeSlack() as slack:
        yield slack
        assert not slack.violations, slack.violations


async def test_a_channel_of_many_full_members_sees_inner_knowledge_until_a_guest_comes(slack: FakeSlack) -> None:
    channel = slack.add_channel("agents", [slack.add_user(f"Agent {number}") for number in range(40)], "private")
    directory = Directory((), {channel.id: INNER})
    client, home = AsyncWebClient(slack.bot_token, base_url=slack.base_url), Workspace(slack.team.id)
    assert set((await directory.readers(client, home, channel.id)).audiences) == set(INNER)
    assert len(slack.api.asked) == 3
    guest = slack.add_user("Gina", "guest")
    channel.members.append(guest.id)
    directory.forget(home, channel.id)
    right = await directory.readers(client, home, channel.id)
    assert (right.audiences, right.reason) == (("public",), "guests")


@pytest.mark.parametrize("method", ["conversations.info", "conversations.members", "users.info", "users.list"])
@pytest.mark.parametrize("kind", ["hangup", "reset", "status"])
async def test_what_slack_does_not_say_counts_against_it(slack: FakeSlack, method: str, kind: Kind) -> None:
    people = [slack.add_user(f"Agent {number}") for number in range(30 if method == "users.list" else 3)]
    channel = slack.add_channel("agents", people, "private")
    slack.fail(kind, method, times=-1)
    client, home = AsyncWebClient(slack.bot_token, base_url=slack.base_url, retry_handlers=[]), Workspace(slack.team.id)
    right = await Directory((), {channel.id: INNER}).readers(client, home, channel.id)
    assert (right.audiences, right.reason) == (("public",), "unknown")


async def test_alone_somebody_sees_what_their_channel_does_while_they_are_in_it(slack: FakeSlack) -> None:
    anna, bert = slack.add_user("Anna"), slack.add_user("Bert")
    channel = slack.add_channel("agents", [anna, bert], "private")
    directory = Directory((), {channel.id: INNER})
    client, home = AsyncWebClient(slack.bot_token, base_url=slack.base_url), Workspace(slack.team.id)

    async def seen(user: str, place: str) -> set[str]:
        return set((await directory.alone(client, home, user, place)).audiences)

    assert await seen(anna.id, channel.id) == set(INNER)
    assert await seen(anna.id, "") == {"public"}
    assert await seen(slack.add_user("Nils").id, channel.id) == {"public"}
    channel.members.remove(anna.id)
    directory.forget(home, channel.id)
    assert await seen(anna.id, channel.id) == {"public"}
    assert await seen(bert.id, channel.id) == set(INNER)
    channel.members.append(slack.add_user("Gina", "guest").id)
    directory.forget(home, channel.id)
    assert await seen(bert.id, channel.id) == {"public"}
