"""A desk with Slack, from a question to the answer in its thread: over HTTP and over sockets, with what goes wrong."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot.config import Settings
from bot.service import Service
from bot.web.app import create_app
from tests.bot.slack.slackbot import settings_for, shown_text
from tests.conftest import SmallDesk
from tests.fakes.slack import FakeSlack

URL = "http://desk/slack/events"


@asynccontextmanager
async def serving(slack: FakeSlack, settings: Settings) -> AsyncIterator[Service]:
    """The whole desk; what Slack sends goes straight into the application."""
    async with Service.open(settings) as service:
        transport = httpx.ASGITransport(create_app(service, "operator"))
        async with httpx.AsyncClient(transport=transport) as http:

            async def send(url: str, body: bytes, headers: dict[str, str]) -> tuple[int, Mapping[str, str], bytes]:
                response = await http.post(url, content=body, headers=headers)
                return response.status_code, response.headers, response.content

            slack.deliveries.sender = send
            slack.app.request_url = URL
            await service.start()
            yield service


@pytest.fixture
async def slack() -> AsyncIterator[FakeSlack]:
    async with FakeSlack() as slack:
        yield slack
        assert not slack.violations, slack.violations


@pytest.fixture
def settings(slack: FakeSlack, small_desk: SmallDesk, tmp_path: Path) -> Settings:
    desk = small_desk.copy(tmp_path).settings
    return desk.model_copy(update={"slack": settings_for(slack, tmp_path).slack})


def with_slack(settings: Settings, **more: Any) -> Settings:
    return settings.model_copy(update={"slack": settings.slack.model_copy(update=more)})


async def test_a_question_is_answered_in_its_thread(slack: FakeSlack, settings: Settings) -> None:
    anna = slack.add_user("Anna")
    async with serving(slack, settings) as service:
        assert (await service.dependencies())["slack"].ready
        question = slack.dm(anna, "How long does a refund take?")
        await slack.until(lambda: finished(slack, question.channel, question.ts))
        await slack.deliveries.settled()
    assert "five working days" in shown_text(slack.answers(question.channel, question.ts))


@pytest.mark.parametrize("mode", ["http", "socket"])
async def test_copies_in_disorder_are_answered_once(slack: FakeSlack, settings: Settings, mode: str) -> None:
    people = [slack.add_user(f"Person {number}") for number in range(6)]
    slack.deliveries.copies, slack.deliveries.disorder = 4, 0.3
    slack.app.socket_mode = mode == "socket"
    async with serving(slack, with_slack(settings, mode=mode)) as service:
        if mode == "socket":
            await slack.until(lambda: len(slack.socket.connections) == 2)
            assert "2 sockets" in (await service.dependencies())["slack"].detail
        asked = [slack.dm(person, "How long does a refund take?") for person in people]
        for question in asked:
            await slack.until(lambda question=question: finished(slack, question.channel, question.ts), 30)
        await slack.deliveries.settled()
        await asyncio.sleep(0.5)
    for question in asked:
        assert len(slack.answers(question.channel, question.ts)) == 1
    assert all(delivery.acknowledged for delivery in slack.deliveries.sent)


async def test_sockets_that_slack_closes_or_loses_come_back(slack: FakeSlack, settings: Settings) -> None:
    anna = slack.add_user("Anna")
    slack.app.socket_mode = True
    async with serving(slack, with_slack(settings, mode="socket")):
        await slack.until(lambda: len(slack.socket.connections) == 2)
        await slack.socket.warn()
        await slack.until(lambda: len(slack.socket.connections) == 2, 20)
        question = slack.dm(anna, "How long does a refund take?")
        await slack.until(lambda: finished(slack, question.channel, question.ts))
        await slack.socket.drop()
        await slack.until(lambda: len(slack.socket.connections) == 2, 40)
        question = slack.dm(anna, "How do I charge the battery?")
        await slack.until(lambda: finished(slack, question.channel, question.ts), 30)


async def test_events_are_acknowledged_while_slack_hangs(slack: FakeSlack, settings: Settings) -> None:
    anna = slack.add_user("Anna")
    async with serving(slack, settings):
        slack.fail("hang", times=-1)
        for _ in range(40):
            slack.dm(anna, "How long does a refund take?")
        await slack.deliveries.settled()
        await slack.until(lambda: slack.api.asked)
        assert all(delivery.acknowledged for delivery in slack.deliveries.of("message"))
        assert max(attempt.seconds for each in slack.deliveries.sent for attempt in each.attempts) < 3
        slack.faults.clear()


async def test_what_was_acknowledged_is_answered_by_the_next_desk(slack: FakeSlack, settings: Settings) -> None:
    anna = slack.add_user("Anna")
    async with serving(slack, settings):
        slack.fail("status", times=-1, status=503)
        question = slack.dm(anna, "How long does a refund take?")
        await slack.deliveries.settled()
    assert not slack.answers(question.channel, question.ts)
    slack.faults.clear()
    async with serving(slack, settings):
        await slack.until(lambda: finished(slack, question.channel, question.ts), 30)
    assert "five working days" in shown_text(slack.answers(question.channel, question.ts))


async def test_a_workspace_installs_the_app_and_leaves(slack: FakeSlack, settings: Settings) -> None:
    from pydantic import SecretStr

    from bot.slack.manifest import SCOPES
    from bot.slack.sealing import new_key

    slack.app.scopes = SCOPES
    slack.app.redirect_urls = ("http://desk",)
    many = with_slack(
        settings,
        bot_token=SecretStr(""),
        client_id=slack.app.client_id,
        client_secret=SecretStr(slack.app.client_secret),
        encryption_keys=SecretStr(new_key()),
    )
    many = many.model_copy(update={"server": many.server.model_copy(update={"public_url": "http://desk"})})
    other = slack.add_team("Other", installed=False)
    berta = slack.add_user("Berta", team=other)
    async with serving(slack, many) as service:
        transport = httpx.ASGITransport(create_app(service, "operator"))
        async with httpx.AsyncClient(transport=transport, base_url="http://desk") as http, httpx.AsyncClient() as web:

            async def install(team: str) -> httpx.Response:
                start = await http.get("/slack/install")
                assert start.status_code == 302
                page = await web.get(start.headers["location"] + f"&team={team}")
                return await http.get(page.headers["location"], headers={"Accept-Language": "de"})

            done = await install(other.id)
            assert done.status_code == 200
            assert "Der Assistent ist in Other installiert" in done.text
            again = await http.get(str(done.url), headers={"Accept-Language": "fr"})
            assert again.status_code == 400
            assert "Veuillez recommencer" in again.text
            slack.installer = None
            assert "nicht installiert" in (await install(other.id)).text
        question = slack.dm(berta, "How long does a refund take?")
        await slack.until(lambda: finished(slack, question.channel, question.ts))
        assert not any(asked.method == "auth.test" for asked in slack.api.asked[-3:])
        slack.uninstall(other)
        await slack.deliveries.settled()
        assert service.slack is not None
        for _ in range(100):
            if await service.slack._installations.find(other.id) is None:
                break
            await asyncio.sleep(0.05)
        else:
            raise AssertionError("the installation is still there")
    stored = (settings.data_dir / "polydesk.sqlite3").read_bytes()
    assert b"xoxb-" not in stored


def finished(slack: FakeSlack, channel: str, thread: str) -> bool:
    said = slack.answers(channel, thread)
    return bool(said) and not any(message.streaming for message in said) and bool(shown_text(said))


def test_a_desk_without_slack_imports_nothing_of_it() -> None:
    program = (
        "import sys, bot.web.serving, bot.cli.app, bot.doctor;"
        "print([name for name in ('slack_sdk', 'slack_bolt', 'aiohttp', 'bot.slack.channel') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
