"""Slack's JSON for what there is: users, channels, messages, views."""

from __future__ import annotations

from typing import Any

from tests.fakes.slack.model import Channel, Message, Stream, User, View
from tests.fakes.slack.workspace import Workspace


def user_json(user: User, seen_from: str) -> dict[str, Any]:
    """As users.info gives it to a bot of this team."""
    return {
        "id": user.id,
        "team_id": user.team,
        "name": user.name,
        "deleted": user.deleted,
        "real_name": user.real_name,
        "tz": "Europe/Berlin",
        "profile": {"real_name": user.real_name, "display_name": user.name, "team": user.team},
        "is_admin": user.kind == "admin",
        "is_owner": False,
        "is_primary_owner": False,
        "is_restricted": user.kind in ("guest", "single_guest"),
        "is_ultra_restricted": user.kind == "single_guest",
        "is_bot": user.kind == "bot",
        "is_app_user": False,
        "updated": 0,
        **({"is_stranger": True} if user.team != seen_from else {}),
        "locale": user.locale,
    }


def channel_json(channel: Channel, bot: str) -> dict[str, Any]:
    """As conversations.info gives it."""
    if channel.kind == "im":
        return {
            "id": channel.id,
            "is_im": True,
            "user": channel.members[0],
            "is_archived": False,
            "is_org_shared": False,
            "context_team_id": channel.team,
        }
    shared = bool(channel.shared_with)
    return {
        "id": channel.id,
        "name": channel.name,
        "is_channel": channel.kind == "public",
        "is_group": channel.kind == "private",
        "is_im": False,
        "is_mpim": False,
        "is_private": channel.kind == "private",
        "is_archived": channel.archived,
        "is_general": False,
        "is_member": bot in channel.members,
        "is_shared": shared,
        "is_ext_shared": shared,
        "is_org_shared": False,
        "shared_team_ids": [channel.team, *sorted(channel.shared_with)],
        "context_team_id": channel.team,
        "topic": {"value": "", "creator": "", "last_set": 0},
        "purpose": {"value": "", "creator": "", "last_set": 0},
    }


def message_json(space: Workspace, message: Message, *, metadata: bool = True) -> dict[str, Any]:
    """As conversations.replies and message events give it."""
    team = space.teams[message.team]
    found: dict[str, Any] = {
        "type": "message",
        "user": message.user,
        "ts": message.ts,
        "team": message.team,
        "text": message.text if message.stream is None else message.stream.text,
    }
    blocks = shown_blocks(message)
    if blocks:
        found["blocks"] = blocks
    if message.app:
        found |= {"bot_id": team.bot_id, "app_id": space.app.id, "bot_profile": {"name": space.app.name}}
    if message.thread_ts:
        found["thread_ts"] = message.thread_ts
        if message.thread_ts != message.ts:
            root = space.channels[message.channel].messages.get(message.thread_ts)
            found |= {"parent_user_id": root.user} if root else {}
    if message.edited:
        found["edited"] = {"user": message.user, "ts": message.ts}
    if message.metadata and metadata:
        found["metadata"] = message.metadata
    if message.streaming:
        found["streaming_state"] = "in_progress"
    if message.reactions:
        found["reactions"] = [
            {"name": name, "users": users, "count": len(users)} for name, users in message.reactions.items()
        ]
    replies = space.replies(space.channels[message.channel], message.ts)
    if replies:
        found |= {
            "thread_ts": message.ts,
            "reply_count": len(replies),
            "reply_users": sorted({reply.user for reply in replies}),
            "latest_reply": replies[-1].ts,
        }
    return found


def shown_blocks(message: Message) -> list[dict[str, Any]]:
    """The blocks of a message; of a streamed one with its text and tasks first."""
    return [*(stream_blocks(message.stream) if message.stream else []), *message.blocks]


def stream_blocks(stream: Stream) -> list[dict[str, Any]]:
    """What a stream shows, as blocks. With `plan` all tasks stand together where the first one came."""
    blocks: list[dict[str, Any]] = []
    planned = False
    for kind, value in stream.segments:
        if kind == "text":
            blocks.append({"type": "markdown", "text": value})
        elif kind == "blocks":
            blocks += value
        elif stream.display != "plan":
            blocks.append(_task(stream.tasks[value]))
        elif not planned:
            planned = True
            tasks = [_task(task) for task in stream.tasks.values()]
            blocks.append({"type": "plan", "title": stream.plan_title, "tasks": tasks})
    return blocks


def view_json(space: Workspace, view: View) -> dict[str, Any]:
    """As interactions and views.* give it."""
    return {
        "id": view.id,
        "team_id": view.team,
        "app_id": space.app.id,
        "bot_id": space.teams[view.team].bot_id,
        "callback_id": "",
        "private_metadata": "",
        "clear_on_close": False,
        "notify_on_close": False,
        "external_id": "",
        "close": None,
        "submit": None,
        **view.body,
        "state": {"values": view.values},
        "hash": view.hash,
        "root_view_id": view.root or view.id,
        "previous_view_id": view.previous or None,
    }


def _task(task: dict[str, Any]) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "type": "task_card",
        "task_id": task["id"],
        "title": task["title"],
        "status": task["status"],
    }
    for name in ("details", "output"):
        if task.get(name):
            text = {"type": "text", "text": task[name]}
            shown[name] = {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": [text]}]}
    if task.get("sources"):
        shown["sources"] = task["sources"]
    return shown
