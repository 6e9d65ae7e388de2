"""Messages: direct ones, mentions, what follows in a thread; the Stop button; who comes into a channel."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from slack_bolt.async_app import AsyncApp
from slack_bolt.context.async_context import AsyncBoltContext
from slack_sdk.web.async_client import AsyncWebClient

from bot.slack.answering import Asked, answer_in_thread, set_session
from bot.slack.app import ATTEMPT, LAST_ATTEMPT
from bot.slack.delivery import DeliveryRefused
from bot.slack.desk import SlackDesk
from bot.slack.escaping import mrkdwn
from bot.slack.incoming import body_key, mentioned, record_id, spoken
from bot.slack.listeners.caller import workspace
from bot.slack.message import Message, Place
from bot.slack.silence import refused_by_slack, say_why_silent, silence

Body = Mapping[str, Any]

# What people write; all other kinds are edits, joins and the like.
_WRITTEN = (None, "file_share", "thread_broadcast")


def register(app: AsyncApp, desk: SlackDesk) -> None:
    """Registers the listeners for messages."""

    @app.event("app_mention")
    async def mention(body: Body, event: Body, client: AsyncWebClient, context: AsyncBoltContext) -> None:
        direct = event.get("channel_type") == "im"
        if _by_person(event, context) and not direct and not await _answered_before(desk, event, context):
            await _answer(desk, body, event, client, context)

    @app.event("message")
    async def message(body: Body, event: Body, client: AsyncWebClient, context: AsyncBoltContext) -> None:
        if not _by_person(event, context):
            return
        if event.get("channel_type") == "im":
            await _answer(desk, body, event, client, context)
        elif event.get("thread_ts") and context.bot_user_id not in mentioned(event.get("text", "")):
            # With a mention it comes as `app_mention` as well.
            await _follow_up(desk, body, event, client, context)

    @app.event("agent_session_stopped")
    async def stopped(body: Body, event: Body, client: AsyncWebClient, context: AsyncBoltContext) -> None:
        await _stop(desk, body, event, client, context)

    async def changed(event: Body, context: AsyncBoltContext) -> None:
        desk.directory.forget(workspace(context), str(event.get("channel", "")), str(event.get("user", "")))

    for kind in ("member_joined_channel", "channel_shared", "channel_unshared"):
        app.event(kind)(changed)


def _by_person(event: Body, context: AsyncBoltContext) -> bool:
    """Whether a person wrote it. Other apps get no answer, or two of them would talk for ever."""
    user = event.get("user")
    return bool(user) and user != context.bot_user_id and not event.get("bot_id") and event.get("subtype") in _WRITTEN


async def _answered_before(desk: SlackDesk, event: Body, context: AsyncBoltContext) -> bool:
    """Whether a mention comes again because somebody edited a message that has its answer.

    An edit that adds the mention comes in the same way, and is answered. A later attempt goes on with what the first
    began.
    """
    if not event.get("edited") or context.get(ATTEMPT, 1) > 1:
        return False
    return await asyncio.to_thread(desk.records.given, _answer_id(event, context)) is not None


def _answer_id(event: Body, context: AsyncBoltContext) -> str:
    return record_id(workspace(context).team, str(event["channel"]), str(event["ts"]))


async def _answer(desk: SlackDesk, body: Body, event: Body, client: AsyncWebClient, context: AsyncBoltContext) -> None:
    home, user, channel = workspace(context), str(event["user"]), str(event["channel"])
    place = Place(home.team, channel, str(event.get("thread_ts") or event["ts"]))
    text = spoken(event.get("text") or "", context.bot_user_id or "")
    person, own, say = await asyncio.gather(
        desk.directory.person(client, home, user),
        desk.directory.own(client, home, user),
        desk.words(client, home, user),
    )
    if person is not None and person.bot:
        # An app that speaks as a person does.
        return
    direct = event.get("channel_type") == "im"
    right = own if direct else await desk.directory.readers(client, home, channel)
    if not direct:
        await asyncio.to_thread(desk.records.engage, home.team, channel, place.thread_ts)
    asked = Asked(
        key=body_key(body),
        id=_answer_id(event, context),
        home=home,
        place=place,
        user=user,
        user_team=str(event.get("user_team") or event.get("team") or home.team),
        text=text,
        right=right,
        own=own,
        locale=person.locale if person else "",
        say=say,
        again=context.get(ATTEMPT, 1) > 1,
    )
    try:
        await answer_in_thread(desk, client, asked)
    except Exception:
        if context.get(LAST_ATTEMPT):
            # It is not tried again, so that nothing more would be said.
            failed = say("error.internal", id=asked.key)
            await desk.delivery.post(f"{asked.key}/failed", place, Message(mrkdwn(failed)))
            await set_session(client, place, "active")
        raise
    await _say_what_is_left_out(desk, client, asked)


async def _say_what_is_left_out(desk: SlackDesk, client: AsyncWebClient, asked: Asked) -> None:
    """Says once why inner knowledge is not used where it is set up."""
    direct = asked.place.channel.startswith("D")
    reason = asked.right.reason
    if reason in ("", "unmapped"):
        return
    # All direct messages with somebody are one place: they hear it once.
    place = Place(asked.place.team, asked.place.channel) if direct else asked.place
    if await asyncio.to_thread(desk.records.newly_silent, place.team, place.channel, place.thread_ts, reason):
        message = Message(mrkdwn(asked.say(f"slack.public_only.{reason}")))
        try:
            await desk.delivery.ephemeral(f"{asked.key}/{reason}", asked.place, asked.user, message)
        except DeliveryRefused as refused:
            await refused_by_slack(desk, client, asked.key, asked.home, asked.place, asked.user, asked.say, refused)


async def _follow_up(
    desk: SlackDesk, body: Body, event: Body, client: AsyncWebClient, context: AsyncBoltContext
) -> None:
    home, user = workspace(context), str(event["user"])
    place = Place(home.team, str(event["channel"]), str(event["thread_ts"]))
    engaged = await asyncio.to_thread(desk.records.engaged, home.team, place.channel, place.thread_ts)
    if engaged and not mentioned(event.get("text") or ""):
        await _answer(desk, body, event, client, context)
        return
    if engaged is None and event.get("parent_user_id") != context.bot_user_id:
        # Not a thread of the app: nobody expects it to speak.
        return
    reason = "not_addressed" if engaged else "not_engaged"
    say = await desk.words(client, home, user)
    await say_why_silent(desk, body_key(body), place, user, reason, silence(say, reason))


async def _stop(desk: SlackDesk, body: Body, event: Body, client: AsyncWebClient, context: AsyncBoltContext) -> None:
    home = workspace(context)
    place = Place(home.team, str(event["channel"]), str(event.get("thread_ts") or ""))
    if desk.running.stop(place):
        # What is stopped says so itself; what is complete already is shown whole.
        return
    await set_session(client, place, "active")
    user = str(event.get("user") or "")
    if user:
        say = await desk.words(client, home, user)
        await desk.delivery.ephemeral(f"{body_key(body)}/stopped", place, user, Message(mrkdwn(say("slack.stopped"))))
