"""The tabs of the app: the greeting and prompts in Messages, the lists in Home."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Any

import structlog
from slack_bolt.async_app import AsyncApp
from slack_bolt.context.async_context import AsyncBoltContext
from slack_sdk.web.async_client import AsyncWebClient

from bot.question import PUBLIC
from bot.slack.answer_blocks import Card
from bot.slack.audiences import Workspace
from bot.slack.calls import TROUBLES
from bot.slack.delivery import DeliveryRefused
from bot.slack.desk import SlackDesk
from bot.slack.escaping import cut, mrkdwn
from bot.slack.home import AUTOMATIC, MOST, Home, Waiting, home_view
from bot.slack.incoming import clicked, value_of
from bot.slack.listeners.buttons import tell_in_view
from bot.slack.listeners.caller import Caller, caller_of, open_view, respond, workspace
from bot.slack.message import Message, Place
from bot.slack.modals import answer_view, correction_view
from bot.slack.records import Given
from bot.slack.words import Words

Body = Mapping[str, Any]
Ack = Callable[[], Awaitable[object]]

# Slack takes so many.
MOST_PROMPTS = 4

log = structlog.get_logger()


def register(app: AsyncApp, desk: SlackDesk) -> None:
    """Registers the listeners for the app's own tabs."""

    @app.event("app_home_opened")
    async def opened(event: Body, client: AsyncWebClient, context: AsyncBoltContext) -> None:
        home, user = workspace(context), str(event.get("user") or "")
        say = await desk.words(client, home, user)
        if event.get("tab") == "messages":
            await _greet(desk, client, Place(home.team, str(event["channel"])), user, say)
        else:
            await _publish(desk, client, home, user, say)

    @app.action("language")
    async def language(ack: Ack, body: Body, client: AsyncWebClient, context: AsyncBoltContext) -> None:
        await ack()
        caller = await caller_of(desk, body, context, client)
        chosen = str((clicked(body).get("selected_option") or {}).get("value") or AUTOMATIC)
        if chosen in (AUTOMATIC, *desk.service.phrases.languages):
            stored = "" if chosen == AUTOMATIC else chosen
            await asyncio.to_thread(desk.records.set_language, caller.home.team, caller.user, stored)
        await _publish_anew(desk, caller)

    @app.action(re.compile(r"open:\d"))
    async def open_answer(ack: Ack, body: Body, client: AsyncWebClient, context: AsyncBoltContext) -> None:
        await ack()
        caller = await caller_of(desk, body, context, client)
        given = await _own(desk, caller)
        if given is None:
            return
        if await desk.may_see(client, caller.home, caller.user, "", given) is None:
            await tell_in_view(desk, caller, caller.say("slack.no_right"))
            return
        card = Card(given.id, given.answer, desk.public_url)
        await open_view(desk, caller, answer_view(card, caller.say, given.question, shareable=False))

    @app.action(re.compile(r"answer_it:\d"))
    async def answer_it(ack: Ack, body: Body, client: AsyncWebClient, context: AsyncBoltContext) -> None:
        await ack()
        caller = await caller_of(desk, body, context, client)
        given = await _own(desk, caller)
        if given is not None:
            await open_view(desk, caller, correction_view(caller.say, given.id, given.question))

    @app.action(re.compile(r"correction_done(:\d)?"))
    async def done(ack: Ack, body: Body, client: AsyncWebClient, context: AsyncBoltContext) -> None:
        await ack()
        caller = await caller_of(desk, body, context, client)
        if not _admin(desk, caller.user):
            return
        value = value_of(body)
        if value.isdecimal() and len(value) < 19:
            await asyncio.to_thread(desk.records.finish_correction, caller.home.team, int(value))
        if (body.get("view") or {}).get("type") == "home":
            await _publish_anew(desk, caller)
        else:
            await respond(caller, Message(mrkdwn(caller.say("slack.correction.marked"))))


async def _greet(desk: SlackDesk, client: AsyncWebClient, place: Place, user: str, say: Words) -> None:
    """Greets once, and offers questions each time."""
    found = await asyncio.to_thread(_prompts, desk, say.language)
    greeting = f"{say('slack.greeting')}\n{say('ai.notice')}"
    try:
        await desk.delivery.post(f"greeting/{place.team}/{user}", place, Message(mrkdwn(greeting)))
    except DeliveryRefused as refused:
        log.warning("slack_refused", method=refused.method, error=refused.error, channel=place.channel)
    if not found:
        return
    prompts = [{"title": cut(text, 75), "message": cut(text, 500)} for text in found]
    try:
        await client.assistant_threads_setSuggestedPrompts(
            channel_id=place.channel, prompts=prompts, title=say("widget.suggestions")
        )
    except TROUBLES as error:
        log.info("slack_prompts_not_set", reason=type(error).__name__)


def _prompts(desk: SlackDesk, language: str) -> tuple[str, ...]:
    """Questions to begin with, in the language or else the desk's own."""
    of, default = desk.service.suggestions.of, desk.service.settings.languages.default
    return of(language, MOST_PROMPTS) or of(default, MOST_PROMPTS)


async def _publish_anew(desk: SlackDesk, caller: Caller) -> None:
    say = await desk.words(caller.client, caller.home, caller.user)
    await _publish(desk, caller.client, caller.home, caller.user, say)


async def _publish(desk: SlackDesk, client: AsyncWebClient, home: Workspace, user: str, say: Words) -> None:
    admin = _admin(desk, user)
    records = desk.records
    inner = set((await desk.directory.own(client, home, user)).audiences) - set(PUBLIC)
    waiting = await _waiting(desk) if admin or inner else None

    def read() -> Home:
        return Home(
            waiting=waiting,
            unanswered=records.unanswered(home.team, "" if admin else user, MOST),
            recent=records.recent(home.team, user, MOST),
            language=records.language(home.team, user),
            corrections=records.open_corrections(home.team, MOST) if admin else None,
        )

    found = await asyncio.to_thread(read)
    if admin:
        writers = {one.user for one in found.corrections or ()}
        people = [await desk.directory.person(client, home, writer) for writer in writers]
        names = {person.id: person.name for person in people if person}
        found = replace(found, health=await desk.service.dependencies(), names=names)
    await client.views_publish(user_id=user, view=home_view(found, say, desk.service.phrases))


async def _waiting(desk: SlackDesk) -> tuple[Waiting, ...]:
    """Customers of the widget who asked for a person; those who wait longest come first."""
    chats = await desk.service.chats.in_state("waiting", MOST)
    return tuple(Waiting(chat.preview, chat.updated_at) for chat in reversed(chats))


async def _own(desk: SlackDesk, caller: Caller) -> Given | None:
    """The answer behind a click in somebody's Home: theirs, or anybody's for an admin."""
    given = await asyncio.to_thread(desk.records.given, value_of(caller.body))
    whose = (caller.user, given.user) if given is not None and _admin(desk, caller.user) else (caller.user,)
    if given is None or given.team != caller.home.team or given.user not in whose:
        await tell_in_view(desk, caller, caller.say("slack.gone"))
        return None
    return given


def _admin(desk: SlackDesk, user: str) -> bool:
    return user in desk.service.settings.slack.admins
