"""The page that shows the stand-in's workspace, in a real browser."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from slack_sdk.web.async_client import AsyncWebClient

from tests.fakes.slack import User
from tests.fakes.slack.demo import Shop, people_the_shop
from tests.fakes.slack.page import SlackWithPage
from tests.fakes.test_slack_api import GOOD
from tests.fakes.test_slack_bolt import QUIET, Desk, over_http

api = pytest.importorskip("playwright.async_api", reason="the extra `screenshots` is not installed")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium on PATH")
HOSTILE = "<img src=x onerror=alert(1)> <script>alert(2)</script>"


@pytest_asyncio.fixture
async def slack() -> AsyncIterator[SlackWithPage]:
    async with SlackWithPage() as slack:
        yield slack


@pytest.fixture
def shop(slack: SlackWithPage) -> Shop:
    return people_the_shop(slack)


@pytest.fixture
def client(slack: SlackWithPage) -> AsyncWebClient:
    return AsyncWebClient(slack.bot_token, base_url=slack.base_url)


@pytest_asyncio.fixture
async def browser() -> AsyncIterator[Any]:
    from scripts.screenshots import ARGUMENTS

    async with api.async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        await browser.close()


async def opened(browser: Any, slack: SlackWithPage, user: User, width: int = 1200, **at: str) -> Any:
    page = await browser.new_page(viewport={"width": width, "height": 800})
    page.set_default_timeout(10_000)
    page.troubles = []
    page.on("pageerror", lambda error: page.troubles.append(str(error)))
    page.on("dialog", lambda dialog: page.troubles.append(dialog.message))
    where = "&".join(f"{name}={value}" for name, value in {"user": user.id, **at}.items())
    await page.goto(f"{slack.origin}/#{where}")
    return page


async def test_it_shows_what_is_said_and_runs_none_of_it(
    slack: SlackWithPage, shop: Shop, client: AsyncWebClient, browser: Any
) -> None:
    page = await opened(browser, slack, shop.anna, channel=shop.support.id)
    escaped = HOSTILE.replace("<", "&lt;").replace(">", "&gt;")
    link = "<https://lark.example/a|our *page*>"
    shown = {"type": "section", "text": {"type": "mrkdwn", "text": f"*bold* _italic_ `code` {link} {escaped}"}}
    written = {
        "type": "markdown",
        "text": f"# Head\n\n- **b** [x](javascript:alert(3))\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n{HOSTILE}",
    }
    posted = await client.chat_postMessage(channel=shop.support.id, text="x", blocks=[shown, written], **QUIET)
    message = page.locator(f'[data-ts="{posted["ts"]}"]')
    await message.locator("table td").first.wait_for()
    assert await message.locator("b").all_inner_texts() == ["Polydesk", "bold", "Head", "b"]
    assert [await one.get_attribute("href") for one in await message.locator("a").all()] == ["https://lark.example/a"]
    assert HOSTILE in await message.inner_text()
    assert await page.locator(".message img, .message script").count() == 0
    await client.chat_postMessage(channel=shop.support.id, text="x", blocks=GOOD, **QUIET)
    await page.locator(".message .card").wait_for()
    assert await page.locator(".unknown").count() == 0
    assert page.troubles == []


async def test_a_stream_is_seen_growing(slack: SlackWithPage, shop: Shop, client: AsyncWebClient, browser: Any) -> None:
    question = slack.mention(shop.anna, shop.support, "How long?")
    page = await opened(browser, slack, shop.anna, channel=shop.support.id, thread=question.ts)
    thread = {"channel_id": shop.support.id, "thread_ts": question.ts}
    await client.agents_sessions_setStatus(**thread, status="processing")
    await client.assistant_threads_setStatus(**thread, status="is thinking…", loading_messages=["reads"])
    await page.locator("#status", has_text="Polydesk reads").wait_for()
    to = {"channel": shop.support.id, "thread_ts": question.ts}
    task = {"type": "task_update", "id": "1", "title": "Searching", "status": "in_progress"}
    recipient = {"recipient_team_id": slack.team.id, "recipient_user_id": shop.anna.id}
    started = await client.chat_startStream(**to, **recipient, chunks=[task])
    await page.locator(".task.in_progress", has_text="Searching").wait_for()
    chunks = [task | {"status": "complete"}, {"type": "markdown_text", "text": "**Five** days"}]
    await client.chat_appendStream(channel=shop.support.id, ts=started["ts"], chunks=chunks)
    await page.locator("#replies [aria-busy] b", has_text="Five").wait_for()
    await page.locator("#stop").click()
    await page.locator("#replies [aria-busy]").wait_for(state="detached")
    await slack.until(lambda: slack.deliveries.of("agent_session_stopped"))
    assert page.troubles == []


async def test_everything_can_be_pressed(slack: SlackWithPage, shop: Shop, browser: Any) -> None:
    slack.app.shortcuts = (("answer", "message", "Answer this"),)
    desk = Desk(slack)
    async with over_http(desk, slack):
        page = await opened(browser, slack, shop.anna, channel=shop.support.id)
        field = page.locator("#main .composer textarea")
        await field.fill("@Polydesk How long?")
        await field.press("Enter")
        await page.locator("#replies [data-action=go]").click()
        await page.locator("#messages .only-you", has_text="Clicked").wait_for()
        await field.fill("/ask something")
        await field.press("Enter")
        await page.locator("#messages .only-you", has_text="You asked: something").wait_for()
        message = page.locator("#messages .message").first
        await message.hover()
        await message.locator("[aria-label='More actions']").click()
        await page.locator("#menu button", has_text="Answer this").click()
        modal = page.locator("#modal")
        await modal.locator("input").fill("?")
        await modal.locator(".primary").click()
        await modal.locator(".error", has_text="More words").wait_for()
        await modal.locator("input").fill("How long?")
        await modal.locator(".primary").click()
        await modal.wait_for(state="hidden")
        assert desk.heard[-1] == "How long?"
        await page.locator("nav .channel", has_text="Polydesk").click()
        await page.locator("#tabs [data-tab=home]").click()
        await page.locator("#home [data-action=ask]").click()
        await modal.locator("header [aria-label=Close]").click()
        await modal.wait_for(state="hidden")
        await slack.deliveries.settled()
        assert page.troubles == []
    assert not slack.violations


async def test_everybody_sees_only_what_is_theirs(slack: SlackWithPage, shop: Shop, browser: Any) -> None:
    page = await opened(browser, slack, shop.gina, channel=shop.agents.id)
    await page.locator("nav .channel", has_text="partners").wait_for()
    assert await page.locator("nav .channel").all_inner_texts() == ["# partners ⧉", "Polydesk"]
    assert await page.locator("#name").inner_text() == "# partners"


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_it_fits_a_phone(
    slack: SlackWithPage, shop: Shop, client: AsyncWebClient, browser: Any, scheme: str
) -> None:
    question = slack.mention(shop.anna, shop.support, "How long? " + "x" * 200)
    await client.chat_postMessage(channel=shop.support.id, thread_ts=question.ts, text="x", blocks=[*GOOD], **QUIET)
    page = await opened(browser, slack, shop.anna, 360)
    await page.emulate_media(color_scheme=scheme)
    await page.locator("nav .channel", has_text="support").click()
    await page.locator("button.replies").click()
    await page.locator("#replies .card").wait_for()
    assert await page.evaluate("document.documentElement.scrollWidth") == 360
    await page.locator("#close").click()
    await page.locator("#back").click()
    await page.locator("nav .channel").first.wait_for()
