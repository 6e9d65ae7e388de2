"""The stand-in held to Slack's rules with the real SDK."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from tests.fakes.slack import Channel, FakeSlack, User

QUIET: dict[str, Any] = {"unfurl_links": False, "unfurl_media": False}


@pytest_asyncio.fixture
async def slack() -> AsyncIterator[FakeSlack]:
    async with FakeSlack() as slack:
        yield slack


@pytest.fixture
def anna(slack: FakeSlack) -> User:
    return slack.add_user("Anna")


@pytest.fixture
def support(slack: FakeSlack, anna: User) -> Channel:
    return slack.add_channel("support", [anna])


@pytest.fixture
def client(slack: FakeSlack) -> AsyncWebClient:
    return AsyncWebClient(slack.bot_token, base_url=slack.base_url, retry_handlers=[])


async def refusal(call: Any) -> str:
    with pytest.raises(SlackApiError) as caught:
        await call
    return str(caught.value.response["error"])


def rules(slack: FakeSlack) -> list[str]:
    return [violation.rule for violation in slack.violations]


async def test_a_message_is_posted_edited_found_and_deleted(
    slack: FakeSlack, client: AsyncWebClient, support: Channel, anna: User
) -> None:
    question = slack.say(anna, support, "Where is <my> bike? https://lark.example/x.")
    assert question.text == "Where is &lt;my&gt; bike? <https://lark.example/x>."
    marker = {"event_type": "answer", "event_payload": {"key": "k1"}}
    posted = await client.chat_postMessage(
        channel=support.id, text="Here", thread_ts=question.ts, metadata=marker, **QUIET
    )
    await client.chat_update(channel=support.id, ts=posted["ts"], text="There")
    found = await client.conversations_replies(channel=support.id, ts=question.ts, include_all_metadata=True)
    assert [message["text"] for message in found["messages"]] == [question.text, "There"]
    assert found["messages"][1]["metadata"] == marker
    assert found["messages"][0]["reply_count"] == 1
    bare = await client.conversations_replies(channel=support.id, ts=question.ts)
    assert "metadata" not in bare["messages"][1]
    link = await client.chat_getPermalink(channel=support.id, message_ts=posted["ts"])
    assert link["permalink"].endswith(f"?thread_ts={question.ts}&cid={support.id}")
    await client.chat_delete(channel=support.id, ts=posted["ts"])
    assert [message.text for message in slack.visible(support, question.ts)] == [question.text]
    assert not slack.violations


async def test_only_one_person_sees_an_ephemeral_message(
    slack: FakeSlack, client: AsyncWebClient, support: Channel, anna: User
) -> None:
    ben = slack.add_user("Ben")
    slack.join(ben, support)
    await client.chat_postEphemeral(channel=support.id, user=anna.id, text="psst")
    assert [m.text for m in slack.visible(support, user=anna)] == ["psst"]
    assert slack.visible(support, user=ben) == slack.visible(support) == []
    carl = slack.add_user("Carl")
    assert await refusal(client.chat_postEphemeral(channel=support.id, user=carl.id, text="x")) == "user_not_in_channel"


async def test_tokens(slack: FakeSlack, client: AsyncWebClient, support: Channel) -> None:
    assert (await client.auth_test())["team_id"] == slack.team.id
    assert await refusal(AsyncWebClient(base_url=slack.base_url).auth_test()) == "not_authed"
    assert await refusal(AsyncWebClient("xoxb-no", base_url=slack.base_url).auth_test()) == "invalid_auth"
    other = slack.add_team("Other")
    channel = slack.add_channel("theirs", team=other)
    assert await refusal(client.chat_postMessage(channel=channel.id, text="x", **QUIET)) == "channel_not_found"
    slack.revoke(slack.team)
    assert await refusal(client.auth_test()) == "token_revoked"
    assert slack.install(slack.team) != client.token
    slack.uninstall(other)
    gone = AsyncWebClient(other.token, base_url=slack.base_url)
    assert await refusal(gone.auth_test()) == "account_inactive"
    assert rules(slack) == ["not_authed"]


async def test_scopes_and_membership(slack: FakeSlack, client: AsyncWebClient, support: Channel) -> None:
    slack.team.scopes = frozenset({"chat:write", "channels:read"})
    assert await refusal(client.reactions_add(channel=support.id, name="eyes", timestamp="1.2")) == "missing_scope"
    assert await refusal(client.conversations_replies(channel=support.id, ts="1.2")) == "missing_scope"
    looks = client.chat_postMessage(channel=support.id, text="x", username="Pat", **QUIET)
    assert await refusal(looks) == "missing_scope"
    elsewhere = slack.add_channel("elsewhere", with_bot=False)
    hidden = slack.add_channel("hidden", kind="private", with_bot=False)
    assert await refusal(client.chat_postMessage(channel=elsewhere.id, text="x", **QUIET)) == "not_in_channel"
    assert await refusal(client.chat_postMessage(channel=hidden.id, text="x", **QUIET)) == "channel_not_found"
    assert (await client.conversations_info(channel=elsewhere.id))["channel"]["is_member"] is False


@pytest.mark.parametrize(
    ("method", "arguments"),
    [
        ("chat.postMessage", {"channel": "C1", "text": 7}),
        ("chat.postMessage", {"text": "x"}),
        ("chat.postMessage", {"channel": "C1", "text": "x", "colour": "red"}),
        ("chat.startStream", {"channel": "C1"}),
        ("conversations.replies", {"channel": "C1", "ts": "1.2"}),
        ("views.publish", {"user_id": "U1", "view": [1]}),
    ],
)
async def test_arguments(slack: FakeSlack, client: AsyncWebClient, method: str, arguments: dict[str, Any]) -> None:
    assert await refusal(client.api_call(method, json=arguments)) == "invalid_arguments"
    assert rules(slack) == ["invalid_arguments"]


async def test_unknown_methods(slack: FakeSlack, client: AsyncWebClient) -> None:
    assert await refusal(client.api_call("chat.shout", json={})) == "unknown_method"
    assert rules(slack) == ["unknown_method"]


def section(text: str) -> dict[str, Any]:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}}


def button(**changes: Any) -> dict[str, Any]:
    text = {"type": "plain_text", "text": "Go"}
    return {"type": "actions", "elements": [{"type": "button", "action_id": "go", "text": text} | changes]}


FEEDBACK = {
    "type": "feedback_buttons",
    "action_id": "feedback",
    "positive_button": {"text": {"type": "plain_text", "text": "Good"}, "value": "good"},
    "negative_button": {"text": {"type": "plain_text", "text": "Bad"}, "value": "bad"},
}
CELL = {"type": "raw_text", "text": "x"}
GOOD = [
    section("*x*"),
    {"type": "header", "text": {"type": "plain_text", "text": "Title"}},
    {"type": "divider"},
    {"type": "markdown", "text": "**x**\n\n- a"},
    {"type": "context", "elements": [{"type": "mrkdwn", "text": "small"}]},
    button(style="primary", value="v"),
    {"type": "context_actions", "elements": [FEEDBACK]},
    {"type": "table", "rows": [[CELL, CELL], [CELL, CELL]], "column_settings": [{"is_wrapped": True}]},
    {"type": "card", "title": {"type": "mrkdwn", "text": "Refunds"}, "body": {"type": "mrkdwn", "text": "Five days."}},
]
BAD = {
    "no such block": [{"type": "paragraph"}],
    "no type": [{"text": "x"}],
    "text too long": [section("x" * 3001)],
    "text empty": [section("")],
    "no text": [{"type": "section"}],
    "unknown field": [section("x") | {"colour": "red"}],
    "mrkdwn in a button": [button(text={"type": "mrkdwn", "text": "Go"})],
    "button too long": [button(text={"type": "plain_text", "text": "x" * 76})],
    "value too long": [button(value="x" * 2001)],
    "action id too long": [button(action_id="x" * 256)],
    "unknown button field": [button(colour="red")],
    "style": [button(style="default")],
    "action id twice": [button(), button()],
    "block id twice": [section("x") | {"block_id": "b"}, section("y") | {"block_id": "b"}],
    "block id too long": [section("x") | {"block_id": "b" * 256}],
    "header too long": [{"type": "header", "text": {"type": "plain_text", "text": "x" * 151}}],
    "feedback in actions": [{"type": "actions", "elements": [FEEDBACK]}],
    "too many elements": [{"type": "context", "elements": [{"type": "mrkdwn", "text": "x"}] * 11}],
    "no elements": [{"type": "actions", "elements": []}],
    "markdown too long": [{"type": "markdown", "text": "x" * 7000}, {"type": "markdown", "text": "x" * 5001}],
    "two tables": [{"type": "table", "rows": [[CELL]]}] * 2,
    "table too wide": [{"type": "table", "rows": [[CELL] * 21]}],
    "empty cell": [{"type": "table", "rows": [[{"type": "raw_text", "text": ""}]]}],
    "card too long": [{"type": "card", "title": {"type": "mrkdwn", "text": "x" * 151}}],
}


async def test_good_blocks(slack: FakeSlack, client: AsyncWebClient, support: Channel) -> None:
    await client.chat_postMessage(channel=support.id, text="x", blocks=GOOD, **QUIET)
    assert not slack.violations


@pytest.mark.parametrize("blocks", BAD.values(), ids=BAD)
async def test_bad_blocks(slack: FakeSlack, client: AsyncWebClient, support: Channel, blocks: list[Any]) -> None:
    assert (
        await refusal(client.chat_postMessage(channel=support.id, text="x", blocks=blocks, **QUIET)) == "invalid_blocks"
    )
    assert rules(slack) == ["invalid_blocks"]


async def test_how_much_a_message_holds(slack: FakeSlack, client: AsyncWebClient, support: Channel) -> None:
    async def said(**more: Any) -> str:
        return await refusal(client.chat_postMessage(channel=support.id, **more, **QUIET))

    assert await said(text="x" * 40_001) == "msg_too_long"
    empty = client.api_call("chat.postMessage", json={"channel": support.id, "text": " "} | QUIET)
    assert await refusal(empty) == "no_text"
    assert await said(text="x", blocks=[{"type": "divider"}] * 51) == "msg_blocks_too_many"
    assert await said(text="x", blocks=[section("x" * 2_700)] * 5) == "msg_blocks_too_long"
    assert await said(markdown_text="x" * 12_001) == "msg_too_long"
    assert await said(markdown_text="x", text="y") == "markdown_text_conflict"
    assert await said(text="x", metadata={"event_type": "e"}) == "invalid_metadata_format"
    slack.limits.on = False
    posted = await client.chat_postMessage(channel=support.id, text="x" * 40_000, **QUIET)
    assert await refusal(client.chat_update(channel=support.id, ts=posted["ts"], text="x" * 4_001)) == "msg_too_long"
    ours = {violation.rule for violation in slack.violations}
    assert len(slack.violations) == 8
    assert ours >= {"msg_too_long", "no_text", "msg_blocks_too_long"}


@pytest.mark.parametrize("text", ["<!channel> x", "<!here|here>", "a <!everyone>", "<@U0123ABC> x", "<!subteam^S1>"])
async def test_nobody_is_pinged(slack: FakeSlack, client: AsyncWebClient, support: Channel, text: str) -> None:
    await client.chat_postMessage(channel=support.id, text=text, **QUIET)
    await client.chat_postMessage(channel=support.id, text="x", blocks=[section(text)], **QUIET)
    await client.chat_postMessage(channel=support.id, text="x", blocks=[{"type": "markdown", "text": text}], **QUIET)
    assert rules(slack) == ["control_sequence"] * 3
    await client.chat_postMessage(channel=support.id, text=text.replace("<", "&lt;"), **QUIET)
    assert len(slack.violations) == 3


async def test_what_slack_would_let_pass(
    slack: FakeSlack, client: AsyncWebClient, support: Channel, anna: User
) -> None:
    await client.chat_postMessage(channel=support.id, text="see https://example.com")
    assert rules(slack) == ["unfurls", "unfurls"]
    root = slack.say(anna, support, "a")
    reply = slack.say(anna, support, "b", root.ts)
    await client.chat_postMessage(channel=support.id, text="c", thread_ts=reply.ts, **QUIET)
    assert rules(slack)[2:] == ["thread_ts"]
    assert slack.visible(support, root.ts)[-1].text == "c"


async def test_rate_limits(slack: FakeSlack, client: AsyncWebClient, support: Channel, anna: User) -> None:
    root = slack.say(anna, support, "a")

    async def limited(call: Any) -> int:
        with pytest.raises(SlackApiError) as caught:
            await call
        assert caught.value.response.status_code == 429
        assert caught.value.response["error"] == "ratelimited"
        return int(caught.value.response.headers["Retry-After"])

    for number in range(5):
        await client.chat_postMessage(channel=support.id, text=str(number), **QUIET)
    assert await limited(client.chat_postMessage(channel=support.id, text="x", **QUIET)) == 1
    slack.clock.advance(1)
    await client.chat_postMessage(channel=support.id, text="x", **QUIET)
    for _ in range(50):
        await client.conversations_replies(channel=support.id, ts=root.ts)
    wait = await limited(client.conversations_replies(channel=support.id, ts=root.ts))
    assert 1 <= wait <= 60
    slack.clock.advance(wait)
    await client.conversations_replies(channel=support.id, ts=root.ts)
    slack.limits.on = False
    for _ in range(60):
        await client.conversations_replies(channel=support.id, ts=root.ts)
    assert not slack.violations


async def test_who_and_where(slack: FakeSlack, client: AsyncWebClient, anna: User) -> None:
    guest = slack.add_user("Gina", "guest")
    partner = slack.add_team("Partner", installed=False)
    stranger = slack.add_user("Sam", team=partner)
    alone = slack.add_user("Sue", team=partner)
    shared = slack.add_channel("shared", [anna, guest, stranger], shared_with=[partner])
    found = (await client.conversations_info(channel=shared.id))["channel"]
    assert found["is_ext_shared"]
    assert found["shared_team_ids"] == [slack.team.id, partner.id]
    first = await client.conversations_members(channel=shared.id, limit=2)
    rest = await client.conversations_members(channel=shared.id, cursor=first["response_metadata"]["next_cursor"])
    assert first["members"] + rest["members"] == [anna.id, guest.id, stranger.id, slack.team.bot]
    people = [(await client.users_info(user=user.id))["user"] for user in (anna, guest, stranger)]
    assert [person["is_restricted"] for person in people] == [False, True, False]
    assert [person.get("is_stranger", False) for person in people] == [False, False, True]
    assert await refusal(client.users_info(user=alone.id)) == "user_not_found"
    opened = await client.conversations_open(users=anna.id)
    assert slack.channels[opened["channel"]["id"]].kind == "im"
    assert not slack.violations


async def test_faults(slack: FakeSlack, client: AsyncWebClient, support: Channel) -> None:
    async def say(text: str) -> Any:
        return await client.chat_postMessage(channel=support.id, text=text, **QUIET)

    slack.fail("reset", "chat.*")
    with pytest.raises(aiohttp.ClientError):
        await say("lost")
    slack.fail("reset", "chat.postMessage", after=True)
    with pytest.raises(aiohttp.ClientError):
        await say("took effect")
    assert [message.text for message in slack.visible(support)] == ["took effect"]
    slack.fail("status", status=503)
    with pytest.raises(SlackApiError):
        await say("lost")
    slack.fail("ratelimited", seconds=7)
    with pytest.raises(SlackApiError) as caught:
        await say("lost")
    assert caught.value.response.headers["Retry-After"] == "7"
    slack.fail("hang", skip=1)
    await say("before")
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(say("lost"), 0.2)
    slack.fail("delay", seconds=0.1, after=True)
    await say("late")
    assert [message.text for message in slack.visible(support)] == ["took effect", "before", "late"]
    assert not slack.violations


async def test_form_encoded_calls_are_read_alike(slack: FakeSlack, support: Channel) -> None:
    fields = {
        "channel": support.id,
        "text": "x",
        "unfurl_links": "false",
        "unfurl_media": "0",
        "token": slack.bot_token,
    }
    async with aiohttp.ClientSession() as http, http.post(f"{slack.base_url}chat.postMessage", data=fields) as answer:
        assert (await answer.json())["ok"]
    assert not slack.violations
