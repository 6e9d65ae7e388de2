"""Who does something in Slack, and the windows that are opened for them."""

from __future__ import annotations

from collections.abc import Awaitable, Mapping
from dataclasses import dataclass
from typing import Any

import structlog
from slack_bolt.context.async_context import AsyncBoltContext
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.webhook.async_client import AsyncWebhookClient

from bot.question import QuestionRefused
from bot.service import NotReady
from bot.slack.answering import refusal
from bot.slack.audiences import Workspace
from bot.slack.blocks import Block
from bot.slack.calls import TROUBLES
from bot.slack.delivery import DeliveryRefused
from bot.slack.desk import SlackDesk
from bot.slack.escaping import mrkdwn
from bot.slack.incoming import body_key
from bot.slack.message import Message
from bot.slack.modals import notice_view
from bot.slack.silence import direct_message
from bot.slack.words import Words

# A window is opened within three seconds of the click, or not at all; and no more than three lie on each other.
_LATE = frozenset(
    {"expired_trigger_id", "trigger_expired", "trigger_exchanged", "exchanged_trigger_id", "push_limit_reached"}
)
_GONE = frozenset({"not_found", "view_not_found", "hash_conflict"})

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Caller:
    """Somebody who has written or clicked.

    Attributes:
        key: names what they did, for ever.
        team: their own workspace.
        channel, thread: where they did it; "" for none.
        body: as Slack sent it.
    """

    key: str
    home: Workspace
    user: str
    team: str
    channel: str
    thread: str
    say: Words
    client: AsyncWebClient
    body: Mapping[str, Any]


def workspace(context: AsyncBoltContext) -> Workspace:
    """The workspace whose installation takes part."""
    authorized = context.authorize_result
    team = (authorized.team_id if authorized else None) or context.team_id or ""
    enterprise = (authorized.enterprise_id if authorized else None) or context.enterprise_id or ""
    return Workspace(team, enterprise)


async def caller_of(
    desk: SlackDesk, body: Mapping[str, Any], context: AsyncBoltContext, client: AsyncWebClient
) -> Caller:
    """Who clicked, chose a shortcut, sent a form or a command."""
    home = workspace(context)
    user = body.get("user") or {}
    id = user.get("id") or body.get("user_id") or ""
    container, message = body.get("container") or {}, body.get("message") or {}
    channel = (body.get("channel") or {}).get("id") or container.get("channel_id") or body.get("channel_id") or ""
    thread = container.get("thread_ts") or message.get("thread_ts") or ""
    team = user.get("team_id") or body.get("team_id") or home.team
    say = await desk.words(client, home, id)
    return Caller(body_key(body), home, id, team, channel, thread, say, client, body)


async def open_view(desk: SlackDesk, caller: Caller, view: Block) -> str:
    """Opens a window, over the one that the click was in; gives its id, "" where it came too late."""
    clicked_in = (caller.body.get("view") or {}).get("type") == "modal"
    in_window = clicked_in and caller.body.get("type") != "view_submission"
    trigger = str(caller.body.get("trigger_id", ""))
    try:
        if in_window:
            response = await caller.client.views_push(trigger_id=trigger, view=view)
        else:
            response = await caller.client.views_open(trigger_id=trigger, view=view)
    except SlackApiError as error:
        if error.response.get("error") not in _LATE:
            raise
        await tell(desk, caller, caller.say("slack.expired"))
        return ""
    return str((response.get("view") or {}).get("id", ""))


async def fill_view(caller: Caller, view_id: str, made: Awaitable[Block]) -> None:
    """Shows in a window what is made for it, or why there is nothing.

    Nothing is tried again: a window cannot be opened a second time, and this one would wait for ever.
    """
    try:
        view = await made
    except (QuestionRefused, NotReady, TimeoutError) as error:
        view = notice_view(caller.say, refusal(error, caller.say))
    except Exception as error:  # A fault of the desk, which whoever waits must hear of.
        log.error("slack_window_not_filled", key=caller.key, exc_info=error)
        view = notice_view(caller.say, caller.say("error.internal", id=caller.key))
    await replace_view(caller, view_id, view)


async def replace_view(caller: Caller, view_id: str, view: Block) -> None:
    """Shows something else in a window; nothing where it was closed meanwhile."""
    try:
        await caller.client.views_update(view_id=view_id, view=view)
    except SlackApiError as error:
        if error.response.get("error") not in _GONE:
            raise
        log.info("slack_view_closed")


async def tell(desk: SlackDesk, caller: Caller, text: str, *, blocks: tuple[Block, ...] = ()) -> None:
    """Says something to the caller alone: where they clicked, else in a direct message."""
    message = Message(mrkdwn(text), blocks)
    if await respond(caller, message):
        return
    direct = await direct_message(caller.client, caller.home, caller.user)
    if direct is None:
        return
    try:
        await desk.delivery.post(f"{caller.key}/told", direct, message)
    except DeliveryRefused as refused:
        log.warning("slack_refused", method=refused.method, error=refused.error, channel=direct.channel)


async def respond(caller: Caller, message: Message, *, replace: bool = False, delete: bool = False) -> bool:
    """Answers by the address that came with a click or command, which works in every conversation; whether it did.

    Args:
        replace: what was clicked in is replaced; `delete`: it is taken away.
    """
    url = caller.body.get("response_url") or ""
    if not isinstance(url, str) or not url:
        return False
    said: dict[str, Any] = {"delete_original": True} if delete else {"text": message.text}
    if message.blocks and not delete:
        said["blocks"] = list(message.blocks)
    if not delete:
        said |= {"response_type": "ephemeral", "replace_original": replace}
        if caller.thread:
            said["thread_ts"] = caller.thread
    # Of the client itself, so that proxies and certificates are the same.
    hook = AsyncWebhookClient(url, session=caller.client.session, ssl=caller.client.ssl, proxy=caller.client.proxy)
    try:
        response = await hook.send_dict(said)
    except TROUBLES as error:
        log.warning("slack_response_failed", reason=type(error).__name__)
        return False
    if response.status_code != 200:
        log.warning("slack_response_failed", status=response.status_code)
    return response.status_code == 200
