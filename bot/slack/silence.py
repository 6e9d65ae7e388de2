"""Says why the app is silent: to the one person whom it concerns, and not the same twice in a row."""

from __future__ import annotations

import asyncio

import structlog
from slack_sdk.web.async_client import AsyncWebClient

from bot.slack.audiences import Workspace
from bot.slack.calls import TROUBLES
from bot.slack.delivery import DeliveryRefused
from bot.slack.desk import SlackDesk
from bot.slack.escaping import mrkdwn
from bot.slack.message import Message, Place
from bot.slack.words import Words

_NOT_IN_CHANNEL = frozenset({"not_in_channel", "channel_not_found", "user_not_in_channel"})

log = structlog.get_logger()


async def say_why_silent(desk: SlackDesk, key: str, place: Place, user: str, reason: str, text: str) -> None:
    """Shows the text to one person of a thread, unless it was the last that was said there of this kind.

    Args:
        reason: names the kind.
    """
    if await asyncio.to_thread(desk.records.newly_silent, place.team, place.channel, place.thread_ts, reason):
        await desk.delivery.ephemeral(f"{key}/{reason}", place, user, Message(mrkdwn(text)))


async def refused_by_slack(
    desk: SlackDesk,
    client: AsyncWebClient,
    key: str,
    home: Workspace,
    place: Place,
    user: str,
    say: Words,
    refused: DeliveryRefused,
) -> None:
    """Tells somebody in a direct message that Slack does not take what was meant for a place."""
    reason = reason_of(refused)
    log.warning("slack_refused", method=refused.method, error=refused.error, channel=place.channel)
    new = await asyncio.to_thread(desk.records.newly_silent, place.team, place.channel, place.thread_ts, reason)
    if not new:
        return
    direct = await direct_message(client, home, user)
    if direct is None or direct.channel == place.channel:
        return
    try:
        await desk.delivery.post(f"{key}/{reason}", direct, Message(mrkdwn(silence(say, reason))))
    except DeliveryRefused as again:
        log.warning("slack_refused", method=again.method, error=again.error, channel=direct.channel)


def reason_of(refused: DeliveryRefused) -> str:
    """The kind of a refusal."""
    return "not_in_channel" if refused.error in _NOT_IN_CHANNEL else "no_permission"


def silence(say: Words, reason: str) -> str:
    """Why the app is silent, as a sentence."""
    values = {"invite": "/invite"} if reason == "not_in_channel" else {}
    return say(f"slack.silent.{reason}", **values)


async def direct_message(client: AsyncWebClient, home: Workspace, user: str) -> Place | None:
    """The direct messages with somebody, None where Slack gives none."""
    try:
        response = await client.conversations_open(users=user)
    except TROUBLES as error:
        log.warning("slack_no_direct_message", user=user, reason=type(error).__name__)
        return None
    match response.data:
        case {"channel": {"id": str(channel)}}:
            return Place(home.team, channel)
    return None
