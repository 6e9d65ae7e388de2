"""chat.*: messages as a whole."""

from __future__ import annotations

from typing import Any

from tests.fakes.slack.calls import Call
from tests.fakes.slack.content import check_looks, check_message
from tests.fakes.slack.model import Channel, Message
from tests.fakes.slack.refusals import Refused
from tests.fakes.slack.shapes import message_json


def post_message(call: Call) -> dict[str, Any]:
    check_message(call)
    check_looks(call)
    channel = _where(call)
    if channel.archived:
        raise Refused("is_archived")
    root = call.root(channel)
    for name in ("unfurl_links", "unfurl_media"):
        if call.get(name) is not False:
            call.blame("unfurls", f"{name} must be false: previews fetch whatever a text links to")
    call.slack.limits.count_message(call.home.id, channel.id)
    message = call.slack.add_message(
        channel,
        call.home.bot,
        text=call.get("text", ""),
        blocks=_blocks(call),
        thread_ts=root,
        metadata=call.get("metadata"),
        app=True,
    )
    call.slack.said(message)
    return {"channel": channel.id, "ts": message.ts, "message": message_json(call.slack, message)}


def post_ephemeral(call: Call) -> dict[str, Any]:
    check_message(call)
    check_looks(call)
    channel = call.channel()
    if call.arguments["user"] not in channel.members:
        raise Refused("user_not_in_channel")
    slack = call.slack
    shown = Message(
        slack.new_ts(),
        channel.id,
        call.home.bot,
        call.home.id,
        call.get("text", ""),
        _blocks(call),
        call.root(channel),
        app=True,
        seen_only_by=call.arguments["user"],
    )
    channel.ephemerals.append(shown)
    slack.touch()
    return {"message_ts": shown.ts}


def update(call: Call) -> dict[str, Any]:
    check_message(call)
    message = call.own_message()
    if message.streaming:
        raise Refused("streaming_state_conflict")
    replace_content(call, message, call.get("text"), call.get("blocks"), call.get("markdown_text"))
    if "metadata" in call.arguments:
        message.metadata = call.get("metadata") or None
    call.slack.changed(message)
    return {
        "channel": message.channel,
        "ts": message.ts,
        "text": message.text,
        "message": message_json(call.slack, message),
    }


def delete(call: Call) -> dict[str, Any]:
    message = call.own_message()
    call.slack.removed(message)
    return {"channel": message.channel, "ts": message.ts}


def get_permalink(call: Call) -> dict[str, Any]:
    channel = call.channel(member=False)
    message = channel.messages.get(call.arguments["message_ts"])
    if message is None:
        raise Refused("message_not_found")
    link = f"https://{call.home.domain}.slack.com/archives/{channel.id}/p{message.ts.replace('.', '')}"
    if message.thread_ts not in ("", message.ts):
        link += f"?thread_ts={message.thread_ts}&cid={channel.id}"
    return {"channel": channel.id, "permalink": link}


def replace_content(call: Call, message: Message, text: Any, blocks: Any, markdown: Any) -> None:
    """What an update leaves: blocks stay only where neither blocks nor a text are given."""
    message.history.append(message.text if message.stream is None else message.stream.text)
    if markdown:
        message.stream, message.text, message.blocks = None, markdown, [{"type": "markdown", "text": markdown}]
    elif blocks is not None or text is not None:
        message.stream = None
        message.blocks = blocks or []
        message.text = message.text if text is None else text
    message.edited = message.edited or not blocks


def _blocks(call: Call) -> list[dict[str, Any]]:
    markdown = call.get("markdown_text")
    return [{"type": "markdown", "text": markdown}] if markdown else call.get("blocks", [])


def _where(call: Call) -> Channel:
    """A user's id stands for the conversation with them."""
    user = call.slack.users.get(call.arguments["channel"])
    if user is not None and user.kind != "bot":
        return call.slack.dm_channel(user, call.home)
    return call.channel()
