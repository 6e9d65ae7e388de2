"""What people do, and what the app hears of it. Their messages are given as they type them."""

from __future__ import annotations

import html
import re
import uuid
from typing import TYPE_CHECKING, Any

from tests.fakes.slack.blocks import elements_of
from tests.fakes.slack.delivery import Deliveries, Delivery
from tests.fakes.slack.events import Events
from tests.fakes.slack.inputs import action_value, filled_in
from tests.fakes.slack.model import Channel, Message, Team, User, View
from tests.fakes.slack.shapes import message_json, shown_blocks, view_json

if TYPE_CHECKING:
    from tests.fakes.slack.responses import Responses

_KEPT = re.compile(r"&lt;([@#!][^&<>]*)&gt;")
_LINK = re.compile(r"https?://[^\s<>]+[^\s<>.,;:!?)]")


class People(Events):
    """The workspace with people in it, who act."""

    deliveries: Deliveries
    responses: Responses

    def typed(self, text: str) -> str:
        """How Slack hands on what somebody typed: escaped, links in angle brackets, mentions as they are."""
        escaped = _KEPT.sub(r"<\1>", html.escape(text, quote=False))
        return _LINK.sub(lambda found: f"<{found.group()}>", escaped)

    def say(self, user: User, channel: Channel | str, text: str, thread: str = "") -> Message:
        """A message in a channel or a thread; the app hears of it in the background."""
        place = self.channels[channel] if isinstance(channel, str) else channel
        assert user.id in place.members, f"{user.name} is not in {place.name}"
        message = self.add_message(place, user.id, text=self.typed(text), thread_ts=thread)
        self.said(message)
        return message

    def mention(self, user: User, channel: Channel | str, text: str, thread: str = "") -> Message:
        """A message that addresses the bot."""
        place = self.channels[channel] if isinstance(channel, str) else channel
        team = self._team_here(place) or next(iter(self.teams.values()))
        return self.say(user, place, f"<@{team.bot}> {text}", thread)

    def dm(self, user: User, text: str, thread: str = "", team: Team | None = None) -> Message:
        """A message to the bot alone."""
        return self.say(user, self.dm_channel(user, team), text, thread)

    def edit(self, message: Message, text: str) -> None:
        """A person changes their message."""
        message.history.append(message.text)
        message.text, message.edited = self.typed(text), True
        self.changed(message)

    def react(self, user: User, message: Message, name: str) -> None:
        """A reaction by a person."""
        message.reactions.setdefault(name, []).append(user.id)
        self.touch()
        channel = self.channels[message.channel]
        if team := self._team_here(channel):
            item = {"type": "message", "channel": channel.id, "ts": message.ts}
            event = {
                "type": "reaction_added",
                "user": user.id,
                "reaction": name,
                "item": item,
                "item_user": message.user,
            }
            self.emit(team, event, channel=channel)

    def join(self, user: User, channel: Channel) -> None:
        """Somebody comes into a channel; the bot too."""
        channel.members.append(user.id)
        self.touch()
        if team := self._team_here(channel):
            kind = "G" if channel.kind == "private" else "C"
            event = {"type": "member_joined_channel", "user": user.id, "channel": channel.id, "channel_type": kind}
            self.emit(team, event | {"team": user.team}, channel=channel)

    def leave(self, user: User, channel: Channel) -> None:
        """Somebody goes out of a channel."""
        team = self._team_here(channel)
        channel.members.remove(user.id)
        self.touch()
        if team:
            kind = "G" if channel.kind == "private" else "C"
            event = {"type": "member_left_channel", "user": user.id, "channel": channel.id, "channel_type": kind}
            self.emit(team, event | {"team": user.team}, channel=channel)

    def share(self, channel: Channel, other: Team) -> None:
        """A channel is shared with another workspace (Slack Connect)."""
        channel.shared_with |= {other.id}
        self.touch()
        if team := self._team_here(channel):
            self.emit(team, {"type": "channel_shared", "channel": channel.id, "connected_team_id": other.id})

    def unshare(self, channel: Channel, other: Team) -> None:
        """It is no longer."""
        channel.shared_with -= {other.id}
        self.touch()
        if team := self._team_here(channel):
            event = {"type": "channel_unshared", "channel": channel.id, "previously_connected_team_id": other.id}
            self.emit(team, event | {"is_ext_shared": bool(channel.shared_with)})

    def fill_in(self, view: View, values: dict[str, Any]) -> None:
        """Types into a modal without submitting it; a button in it then carries what was typed."""
        view.values = filled_in(view.body["blocks"], values, whole=False)

    def open_home(self, user: User, tab: str = "home", team: Team | None = None) -> None:
        """Looks at the app's Home or at its messages."""
        home = team or self.teams[user.team]
        channel = self.dm_channel(user, home)
        event: dict[str, Any] = {"type": "app_home_opened", "user": user.id, "channel": channel.id, "tab": tab}
        if tab == "home" and user.id in self.homes:
            event["view"] = view_json(self, self.homes[user.id])
        self.emit(home, event | {"event_ts": self.new_ts()})

    def open_messages(self, user: User) -> None:
        """Looks at the app's messages."""
        self.open_home(user, "messages")

    def look_at(self, user: User, entities: list[dict[str, Any]]) -> None:
        """Looks at a channel, canvas, list or message beside the agent."""
        team = self.teams[user.team]
        channel = self.dm_channel(user)
        event = {
            "type": "app_context_changed",
            "user": user.id,
            "channel": channel.id,
            "context": {"entities": entities},
        }
        self.emit(team, event | {"event_ts": self.new_ts()})

    def press_stop(self, user: User, channel: Channel | str, thread: str) -> None:
        """The Stop button of a session that is processing: Slack ends its streams, the app ends the rest."""
        place = self.channels[channel] if isinstance(channel, str) else channel
        session = self.sessions.get((place.id, thread))
        assert session is not None, "there is no session"
        assert session.status == "processing", f"no Stop button while {session.status}"
        assert "agent_session_stopped" in self.app.events, "no Stop button without the subscription"
        stopped = [message for message in self.replies(place, thread) if message.streaming]
        for message in stopped:
            assert message.stream
            message.stream.stopped_by = "person"
            self.changed(message)
        event: dict[str, Any] = {
            "type": "agent_session_stopped",
            "user": user.id,
            "channel": place.id,
            "thread_ts": thread,
        }
        event |= {"streaming_message_ts": [message.ts for message in stopped], "event_ts": self.new_ts()}
        if team := self._team_here(place):
            self.emit(team, event, channel=place)

    def revoke(self, team: Team) -> None:
        """Somebody revokes the bot's token."""
        self.forget_token(team, "token_revoked")

    async def click(self, user: User, where: Message | View, action_id: str, choice: str | list[str] = "") -> Delivery:
        """Presses a button, or chooses from a menu.

        Args:
            choice: an option's value, a user's or channel's id, text; of feedback buttons the value.
        """
        blocks = where.body["blocks"] if isinstance(where, View) else shown_blocks(where)
        found = [(block, element) for block, element in elements_of(blocks) if element["action_id"] == action_id]
        assert found, f"no element {action_id} is shown"
        block, element = found[0]
        number = next((f"b{n}" for n, candidate in enumerate(blocks) if candidate is block), "b")
        action = {
            "action_id": action_id,
            "block_id": block.get("block_id", number),
            "type": element["type"],
            "action_ts": self.new_ts(),
            **action_value(element, choice),
        }
        payload: dict[str, Any] = {"type": "block_actions", **self._who(user), "actions": [action]}
        if isinstance(where, View):
            team = where.team
            payload |= {"view": view_json(self, where), "container": {"type": "view", "view_id": where.id}}
        else:
            assert where.seen_only_by in ("", user.id), f"{user.name} does not see it"
            team = self._bot_team(where)
            payload |= self._message_fields(where, user, team)
        payload |= {"trigger_id": self.new_trigger(user, team), "team": self._team_json(team, user)}
        return await self.deliveries.send("interaction", payload)

    async def submit_view(self, user: User, values: dict[str, Any] | None = None) -> Delivery:
        """Fills in the topmost modal and submits it.

        Args:
            values: block id or action id → what is typed or chosen. What is not named keeps its initial value.
        """
        view = self.opened[user.id][-1]
        view.values = filled_in(view.body["blocks"], values or {})
        payload = {
            "type": "view_submission",
            **self._who(user),
            "team": self._team_json(view.team, user),
            "view": view_json(self, view),
            "trigger_id": self.new_trigger(user, view.team),
            "response_urls": [],
        }
        delivery = await self.deliveries.send("interaction", payload)
        if delivery.acknowledged:
            self.after_submission(view, delivery.answer)
        return delivery

    async def close_view(self, user: User) -> None:
        """Closes the topmost modal; the app hears of it if it asked."""
        view = self.opened[user.id].pop()
        self.touch()
        if view.body.get("notify_on_close"):
            team = self._team_json(view.team, user)
            payload = {"type": "view_closed", **self._who(user), "team": team, "view": view_json(self, view)}
            await self.deliveries.send("interaction", payload | {"is_cleared": False})

    async def slash(self, user: User, channel: Channel | str, command: str, text: str = "") -> Delivery:
        """A slash command; what it is acknowledged with is shown."""
        place = self.channels[channel] if isinstance(channel, str) else channel
        assert command in self.app.commands, f"{command} is not in the manifest"
        team = self.teams[place.team]
        response = self.responses.new(team.id, place.id, user.id)
        fields = {
            "token": "verification-token",
            "team_id": team.id,
            "team_domain": team.domain,
            "channel_id": place.id,
            "channel_name": {"im": "directmessage", "private": "privategroup"}.get(place.kind, place.name),
            "user_id": user.id,
            "user_name": user.name,
            "command": command,
            "text": text,
            "api_app_id": self.app.id,
            "is_enterprise_install": "false",
            "response_url": response,
            "trigger_id": self.new_trigger(user, team.id),
        }
        delivery = await self.deliveries.send("command", fields)
        if delivery.answer:
            self.responses.answer_now(response, delivery.answer)
        return delivery

    async def shortcut(self, user: User, callback_id: str, message: Message | None = None) -> Delivery:
        """A global shortcut, or one from a message's menu."""
        kind = "message" if message else "global"
        assert any(known[:2] == (callback_id, kind) for known in self.app.shortcuts), (
            f"{callback_id} is not in the manifest"
        )
        team = self._bot_team(message) if message else user.team
        payload: dict[str, Any] = {
            "type": "message_action" if message else "shortcut",
            **self._who(user),
            "team": self._team_json(team, user),
            "callback_id": callback_id,
            "action_ts": self.new_ts(),
            "trigger_id": self.new_trigger(user, team),
        }
        if message:
            payload |= self._message_fields(message, user, team)
            payload |= {"message_ts": message.ts}
            payload.pop("container")
        return await self.deliveries.send("interaction", payload)

    def new_trigger(self, user: User, team: str) -> str:
        raise NotImplementedError

    def after_submission(self, view: View, answer: Any) -> None:
        raise NotImplementedError

    def _who(self, user: User) -> dict[str, Any]:
        return {
            "user": {"id": user.id, "username": user.name, "name": user.name, "team_id": user.team},
            "api_app_id": self.app.id,
            "token": "verification-token",
            "enterprise": None,
            "is_enterprise_install": False,
        }

    def _team_json(self, team: str, user: User) -> dict[str, Any]:
        return {"id": team, "domain": self.teams[team].domain}

    def _bot_team(self, message: Message) -> str:
        team = self._team_here(self.channels[message.channel])
        return team.id if team else message.team

    def _message_fields(self, message: Message, user: User, team: str) -> dict[str, Any]:
        channel = self.channels[message.channel]
        container = {
            "type": "message",
            "message_ts": message.ts,
            "channel_id": channel.id,
            "is_ephemeral": bool(message.seen_only_by),
            **({"thread_ts": message.thread_ts} if message.thread_ts else {}),
        }
        name = {"im": "directmessage", "private": "privategroup"}.get(channel.kind, channel.name)
        fields = {
            "container": container,
            "channel": {"id": channel.id, "name": name},
            "response_url": self.responses.new(team, channel.id, user.id, message),
        }
        # Of an ephemeral message Slack sends no content.
        return fields if message.seen_only_by else fields | {"message": message_json(self, message)}


def new_secret() -> str:
    """Something nobody guesses."""
    return uuid.uuid4().hex
