"""The real Bolt, reached over HTTP and over Socket Mode, as the stand-in's app."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
from aiohttp import web
from slack_bolt.adapter.socket_mode.async_handler import AsyncSocketModeHandler
from slack_bolt.app.async_app import AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.webhook.async_client import AsyncWebhookClient
from yarl import URL

from tests.fakes.slack import Channel, FakeSlack, User
from tests.fakes.test_slack_api import anna, button, refusal, rules, slack, support

__all__ = ["anna", "slack", "support"]
QUIET: dict[str, Any] = {"unfurl_links": False, "unfurl_media": False}
MODAL = {
    "type": "modal",
    "callback_id": "ask",
    "title": {"type": "plain_text", "text": "Ask"},
    "submit": {"type": "plain_text", "text": "Send"},
    "blocks": [
        {
            "type": "input",
            "block_id": "question",
            "label": {"type": "plain_text", "text": "Question"},
            "element": {"type": "plain_text_input", "action_id": "text", "max_length": 100},
        }
    ],
}
HOME = {"type": "home", "blocks": [button(action_id="ask")]}


class Desk:
    """A little app that notes what it hears."""

    def __init__(self, slack: FakeSlack) -> None:
        self.heard: list[Any] = []
        self.seconds = 0.0
        client = AsyncWebClient(slack.bot_token, base_url=slack.base_url)
        self.bolt = AsyncApp(client=client, signing_secret=slack.app.signing_secret)
        self.bolt.event("app_mention")(self.mentioned)
        self.bolt.event("app_home_opened")(self.home)
        self.bolt.event("message")(self.said)
        self.bolt.event("agent_session_stopped")(self.noted)
        self.bolt.event("tokens_revoked")(self.noted)
        self.bolt.event("app_uninstalled")(self.noted)
        self.bolt.action("ask")(self.open)
        self.bolt.action("go")(self.clicked)
        self.bolt.view("ask")(self.submitted)
        self.bolt.command("/ask")(self.command)
        self.bolt.shortcut("answer")(self.open)

    async def mentioned(self, event: dict[str, Any], client: Any) -> None:
        self.heard.append(event)
        at = {"channel": event["channel"], "thread_ts": event.get("thread_ts", event["ts"])}
        await client.chat_postMessage(**at, text="Five days.", blocks=[button()], **QUIET)

    async def said(self, event: dict[str, Any]) -> None:
        self.heard.append(event)

    async def noted(self, event: dict[str, Any]) -> None:
        self.heard.append(event)

    async def home(self, event: dict[str, Any], client: Any) -> None:
        await client.views_publish(user_id=event["user"], view=HOME)

    async def open(self, ack: Any, body: dict[str, Any], client: Any) -> None:
        await ack()
        await asyncio.sleep(self.seconds)
        try:
            await client.views_open(trigger_id=body["trigger_id"], view=MODAL)
        except SlackApiError as error:
            self.heard.append(error.response["error"])

    async def clicked(self, ack: Any, body: dict[str, Any], respond: Any) -> None:
        await ack()
        self.heard.append(body["actions"][0])
        await respond(text="Clicked", replace_original=False, response_type="ephemeral")

    async def submitted(self, ack: Any, view: dict[str, Any]) -> None:
        text = view["state"]["values"]["question"]["text"]["value"]
        self.heard.append(text)
        if text == "?":
            await ack(response_action="errors", errors={"question": "More words, please"})
        else:
            await ack()

    async def command(self, ack: Any, command: dict[str, Any]) -> None:
        self.heard.append(command["text"])
        await ack(f"You asked: {command['text']}")


@asynccontextmanager
async def over_http(desk: Desk, slack: FakeSlack) -> AsyncIterator[None]:
    runner = web.AppRunner(desk.bolt.web_app("/slack/events"), access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    slack.app.request_url = f"http://127.0.0.1:{runner.addresses[0][1]}/slack/events"
    yield
    await slack.deliveries.settled()
    await runner.cleanup()


@asynccontextmanager
async def over_sockets(desk: Desk, slack: FakeSlack) -> AsyncIterator[None]:
    slack.app.socket_mode = True
    handler = AsyncSocketModeHandler(desk.bolt, slack.app.app_token, ping_interval=1)
    await handler.connect_async()
    await slack.until(lambda: slack.socket.connections)
    yield
    await slack.deliveries.settled()
    await handler.close_async()


@pytest_asyncio.fixture(params=[over_http, over_sockets], ids=["http", "socket"])
async def desk(request: pytest.FixtureRequest, slack: FakeSlack) -> AsyncIterator[Desk]:
    slack.app.shortcuts = (("answer", "message", "Answer this"),)
    desk = Desk(slack)
    async with request.param(desk, slack):
        yield desk


async def test_a_question_and_its_answer(slack: FakeSlack, desk: Desk, support: Channel, anna: User) -> None:
    question = slack.mention(anna, support, "How long?")
    answer = (await slack.until(lambda: slack.answers(support, question.ts)))[0]
    assert answer.text == "Five days."
    await slack.deliveries.settled()
    assert [d.event["type"] for d in slack.deliveries.sent] == ["message", "app_mention", "message"]
    # Bolt itself leaves out what the bot said.
    assert sorted(event["type"] for event in desk.heard) == ["app_mention", "message"]
    mention = slack.deliveries.of("app_mention")[0]
    assert (mention.acknowledged, len(mention.attempts), mention.attempts[0].status) == (True, 1, 200)
    clicked = await slack.click(anna, answer, "go")
    assert clicked.acknowledged
    await slack.until(lambda: any(m.text == "Clicked" for m in slack.visible(support, user=anna)))
    assert not slack.violations


async def test_home_modal_command_and_shortcut(slack: FakeSlack, desk: Desk, support: Channel, anna: User) -> None:
    slack.open_home(anna)
    home = await slack.until(lambda: slack.homes.get(anna.id))
    await slack.click(anna, home, "ask")
    await slack.until(lambda: slack.opened.get(anna.id))
    with pytest.raises(AssertionError):
        await slack.submit_view(anna)
    refused = await slack.submit_view(anna, {"question": "?"})
    assert refused.answer["errors"] == {"question": "More words, please"}
    assert slack.opened[anna.id]
    await slack.submit_view(anna, {"text": "How long?"})
    assert not slack.opened[anna.id]
    await slack.slash(anna, support, "/ask", "How long?")
    assert [m.text for m in slack.visible(support, user=anna)] == ["You asked: How long?"]
    message = slack.say(anna, support, "How long?")
    await slack.shortcut(anna, "answer", message)
    await slack.until(lambda: slack.opened.get(anna.id))
    await slack.close_view(anna)
    desk.seconds = 0.05
    slack.open_home(anna)
    clicking = asyncio.create_task(slack.click(anna, home, "ask"))
    await asyncio.sleep(0.01)
    slack.clock.advance(3.1)
    await clicking
    await slack.until(lambda: desk.heard[-1] == "expired_trigger_id")
    assert not slack.violations


async def test_events_come_again(slack: FakeSlack, desk: Desk, support: Channel, anna: User) -> None:
    slack.deliveries.ack_seconds = 0.0
    slack.deliveries.retry_scale = 0.0
    slack.say(anna, support, "x")
    await slack.deliveries.settled()
    attempts = slack.deliveries.sent[0].attempts
    assert [attempt.retry for attempt in attempts] == [0, 1, 2, 3]
    assert not slack.deliveries.sent[0].acknowledged
    slack.deliveries.ack_seconds = 3.0
    slack.deliveries.copies = 4
    slack.say(anna, support, "y")
    await slack.deliveries.settled()
    assert [attempt.status for attempt in slack.deliveries.sent[1].attempts] == [200] * 4
    await slack.until(lambda: [event["text"] for event in desk.heard].count("y") == 4)


async def test_events_come_in_disorder(slack: FakeSlack, desk: Desk, support: Channel, anna: User) -> None:
    slack.deliveries.disorder = 0.2
    for number in range(8):
        slack.say(anna, support, str(number))
    await slack.deliveries.settled()
    await slack.until(lambda: len(desk.heard) == 8)
    heard = [event["text"] for event in desk.heard]
    assert heard != sorted(heard) == [str(number) for number in range(8)]


async def test_revoked_and_uninstalled(slack: FakeSlack, desk: Desk) -> None:
    slack.uninstall(slack.team)
    await slack.until(lambda: len(desk.heard) == 2)
    assert {event["type"] for event in desk.heard} == {"tokens_revoked", "app_uninstalled"}


async def test_connections_come_and_go(slack: FakeSlack, support: Channel, anna: User) -> None:
    desk = Desk(slack)
    async with over_sockets(desk, slack):
        old = slack.socket.connections[0]
        await slack.socket.warn()
        await slack.until(lambda: slack.socket.connections and old not in slack.socket.connections)
        slack.say(anna, support, "after the warning")
        await slack.until(lambda: desk.heard)
        await slack.socket.drop()
        slack.deliveries.retry_scale = 0.1
        slack.say(anna, support, "nobody listens")
        await slack.until(lambda: len(desk.heard) == 2, 20)
        assert slack.deliveries.sent[-1].attempts[-1].retry > 0


async def test_signatures(slack: FakeSlack) -> None:
    async with over_http(Desk(slack), slack):
        assert await slack.deliveries.verify_url()
        slack.app.signing_secret = "another"
        assert not await slack.deliveries.verify_url()


async def test_response_urls_end(slack: FakeSlack, support: Channel, anna: User) -> None:
    client = AsyncWebhookClient(slack.responses.new(slack.team.id, support.id, anna.id))
    for number in range(5):
        assert (await client.send(text=str(number), response_type="in_channel")).body == "ok"
    assert (await client.send(text="x")).status_code == 404
    assert [m.text for m in slack.visible(support)] == ["0", "1", "2", "3", "4"]
    late = AsyncWebhookClient(slack.responses.new(slack.team.id, support.id, anna.id))
    slack.clock.advance(1801)
    assert (await late.send(text="x")).status_code == 404
    assert rules(slack) == ["used_url"]


# The SDK's own way to send the client's secret.
@pytest.mark.filterwarnings("ignore:BasicAuth is deprecated:DeprecationWarning")
async def test_oauth(slack: FakeSlack) -> None:
    other = slack.add_team("Other", installed=False)
    slack.installer = slack.add_user("Owen", "admin", other)
    slack.app.redirect_urls = ("http://desk.example/slack/oauth_redirect",)
    query = {
        "client_id": slack.app.client_id,
        "scope": "chat:write,commands",
        "state": "s1",
        "redirect_uri": slack.app.redirect_urls[0],
    }
    async with aiohttp.ClientSession() as http:
        page = f"{slack.origin}/oauth/v2/authorize"
        async with http.get(page, params=query, allow_redirects=False) as answer:
            went = URL(answer.headers["Location"])
    assert (went.host, went.query["state"]) == ("desk.example", "s1")
    client = AsyncWebClient(base_url=slack.base_url)
    given = {"client_id": slack.app.client_id, "client_secret": slack.app.client_secret, "code": went.query["code"]}
    assert await refusal(client.oauth_v2_access(**given | {"client_secret": "x"})) == "bad_client_secret"
    found = await client.oauth_v2_access(**given, redirect_uri=query["redirect_uri"])
    assert found["team"]["id"] == other.id
    assert found["scope"] == "chat:write,commands"
    assert (await AsyncWebClient(found["access_token"], base_url=slack.base_url).auth_test())["user_id"] == other.bot
    assert await refusal(client.oauth_v2_access(**given, redirect_uri=query["redirect_uri"])) == "invalid_code"
    assert rules(slack) == ["bad_client_secret"]


async def test_people_of_other_workspaces(slack: FakeSlack, anna: User) -> None:
    partner = slack.add_team("Partner", installed=False)
    sam = slack.add_user("Sam", team=partner)
    shared = slack.add_channel("shared", [anna, sam], shared_with=[partner])
    slack.mention(sam, shared, "Hello")
    message, mention = slack.deliveries.sent
    assert message.payload["is_ext_shared_channel"]
    assert (message.payload["team_id"], message.event["user_team"]) == (slack.team.id, partner.id)
    assert (mention.event["source_team"], mention.event["user"]) == (partner.id, sam.id)
