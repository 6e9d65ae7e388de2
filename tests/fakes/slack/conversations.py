"""conversations.*, users.*, reactions.*: looking around."""

from __future__ import annotations

from typing import Any

from tests.fakes.slack.calls import Call
from tests.fakes.slack.model import Channel, Message
from tests.fakes.slack.refusals import Refused
from tests.fakes.slack.shapes import channel_json, message_json, user_json
from tests.fakes.slack.streams import expire

_SCOPE = {"public": "channels", "private": "groups", "im": "im"}


def info(call: Call) -> dict[str, Any]:
    channel = call.channel(member=False)
    _need(call, channel, "read")
    found = channel_json(channel, call.home.bot)
    if call.get("include_num_members"):
        found["num_members"] = len(channel.members)
    return {"channel": found}


def members(call: Call) -> dict[str, Any]:
    channel = call.channel(member=False)
    _need(call, channel, "read")
    found, cursor = _page(call, channel.members, 100)
    return {"members": found, "response_metadata": {"next_cursor": cursor}}


def replies(call: Call) -> dict[str, Any]:
    channel = call.channel()
    _need(call, channel, "history")
    asked = channel.messages.get(call.arguments["ts"])
    if asked is None:
        raise Refused("thread_not_found")
    if asked.thread_ts not in ("", asked.ts):
        found = [asked]
    else:
        found = [asked, *_within(call, call.slack.replies(channel, asked.ts))]
    return _messages(call, found)


def history(call: Call) -> dict[str, Any]:
    channel = call.channel()
    _need(call, channel, "history")
    roots = [message for message in channel.messages.values() if message.thread_ts in ("", message.ts)]
    return _messages(call, _within(call, roots)[::-1])


def open_conversation(call: Call) -> dict[str, Any]:
    if ("users" in call.arguments) == ("channel" in call.arguments):
        raise Refused("invalid_arguments", ["needs one of users and channel"])
    if "channel" in call.arguments:
        return {"channel": {"id": call.channel().id}}
    user = call.slack.users.get(call.arguments["users"])
    if user is None:
        raise Refused("user_not_found")
    return {"channel": {"id": call.slack.dm_channel(user, call.home).id}}


def user_info(call: Call) -> dict[str, Any]:
    user = call.slack.users.get(call.arguments["user"])
    team = call.home.id
    shared = any(
        user is not None and user.id in channel.members and team in (channel.team, *channel.shared_with)
        for channel in call.slack.channels.values()
    )
    if user is None or (user.team != team and not shared):
        raise Refused("user_not_found")
    found = user_json(user, team)
    if not call.get("include_locale"):
        found.pop("locale")
    return {"user": found}


def users_list(call: Call) -> dict[str, Any]:
    team = call.home.id
    people = [user_json(user, team) for user in call.slack.users.values() if user.team == team]
    if not call.get("include_locale"):
        for person in people:
            person.pop("locale")
    found, cursor = _page(call, people, 1000)
    return {"members": found, "response_metadata": {"next_cursor": cursor}}


def add_reaction(call: Call) -> dict[str, Any]:
    message = _reacted(call)
    users = message.reactions.setdefault(call.arguments["name"], [])
    if call.home.bot in users:
        raise Refused("already_reacted")
    users.append(call.home.bot)
    call.slack.touch()
    return {}


def remove_reaction(call: Call) -> dict[str, Any]:
    users = _reacted(call).reactions.get(call.arguments["name"], [])
    if call.home.bot not in users:
        raise Refused("no_reaction", fault=False)
    users.remove(call.home.bot)
    call.slack.touch()
    return {}


def _reacted(call: Call) -> Message:
    name = call.arguments["name"]
    if not name or set(name) - set("abcdefghijklmnopqrstuvwxyz0123456789_+-'"):
        raise Refused("invalid_name", [name])
    message = call.channel().messages.get(call.get("timestamp", ""))
    if message is None:
        raise Refused("message_not_found")
    return message


def _need(call: Call, channel: Channel, what: str) -> None:
    call.need(f"{_SCOPE[channel.kind]}:{what}")


def _within(call: Call, messages: list[Message]) -> list[Message]:
    oldest, latest = float(call.get("oldest", 0)), float(call.get("latest", "inf"))
    if call.get("inclusive"):
        return [message for message in messages if oldest <= float(message.ts) <= latest]
    return [message for message in messages if oldest < float(message.ts) < latest]


def _messages(call: Call, messages: list[Message]) -> dict[str, Any]:
    for message in messages:
        if message.stream:
            expire(message.stream, call.slack.clock.now())
    found, cursor = _page(call, messages, 1000)
    metadata = bool(call.get("include_all_metadata"))
    return {
        "messages": [message_json(call.slack, message, metadata=metadata) for message in found],
        "has_more": bool(cursor),
        "response_metadata": {"next_cursor": cursor},
    }


def _page(call: Call, items: list[Any], usual: int) -> tuple[list[Any], str]:
    limit = call.get("limit", usual)
    if not 1 <= limit <= 1000:
        raise Refused("invalid_limit")
    cursor = call.get("cursor", "")
    if cursor and not cursor.startswith("next:"):
        raise Refused("invalid_cursor")
    start = int(cursor.removeprefix("next:")) if cursor else 0
    return items[start : start + limit], f"next:{start + limit}" if start + limit < len(items) else ""
