"""Events as the Events API wraps them, and who gets to hear of what."""

from __future__ import annotations

import uuid
from typing import Any

from tests.fakes.slack.delivery import Delivery
from tests.fakes.slack.model import Channel, Message, Session, Team
from tests.fakes.slack.refusals import Violation
from tests.fakes.slack.shapes import message_json
from tests.fakes.slack.workspace import Workspace

_KINDS = {
    "public": ("channel", "message.channels", "channels:history"),
    "private": ("group", "message.groups", "groups:history"),
    "im": ("im", "message.im", "im:history"),
}
_SCOPES = {
    "app_mention": "app_mentions:read",
    "reaction_added": "reactions:read",
    "app_context_changed": "assistant:write",
}


class Events(Workspace):
    """A workspace whose app hears of what happens.

    Attributes:
        violations: what the app sent and should not have.
        allowed_pings: control sequences that a test lets pass.
    """

    def __init__(self) -> None:
        super().__init__()
        self.violations: list[Violation] = []
        self.allowed_pings: set[str] = set()

    def blame(self, method: str, rule: str, detail: str) -> None:
        """Notes a violation."""
        self.violations.append(Violation(method, rule, detail))

    def deliver(self, body: dict[str, Any]) -> Delivery:
        raise NotImplementedError

    def emit(
        self, team: Team, event: dict[str, Any], subscription: str = "", channel: Channel | None = None
    ) -> Delivery | None:
        """Sends an event to the app if it subscribes to it and has the scope."""
        name = subscription or event["type"]
        scope = _SCOPES.get(name, "")
        if name not in self.app.events or (scope and scope not in team.scopes) or not team.bot:
            return None
        shared = channel is not None and bool(channel.shared_with)
        # Never again, even by another stand-in that an app with a memory meets.
        number = f"Ev{uuid.uuid4().hex[:11].upper()}"
        return self.deliver(
            {
                "token": "verification-token",
                "team_id": team.id,
                "context_team_id": team.id,
                "context_enterprise_id": None,
                "api_app_id": self.app.id,
                "event": event | {"event_ts": event.get("event_ts", event.get("ts", self.new_ts()))},
                "type": "event_callback",
                "event_id": number,
                "event_time": int(self.clock.now()),
                "authorizations": [
                    {
                        "enterprise_id": None,
                        "team_id": team.id,
                        "user_id": team.bot,
                        "is_bot": True,
                        "is_enterprise_install": False,
                    }
                ],
                "is_ext_shared_channel": shared,
                "event_context": f"4-{number}",
            }
        )

    def said(self, message: Message) -> None:
        """A new message: the app hears of it where its bot is, twice where it is mentioned."""
        if message.app:
            self.statuses.pop((message.channel, message.thread_ts), None)
        channel = self.channels[message.channel]
        event = {**message_json(self, message), "channel": channel.id}
        event.pop("metadata", None) if not message.app else None
        self._tell(channel, event, message.app)
        if message.app or channel.kind == "im":
            return
        for name in self.mentioned(message.text):
            team = self._team_here(channel)
            if team is not None and name == team.bot:
                mention = {key: value for key, value in event.items() if key != "channel_type"}
                self.emit(team, mention | {"type": "app_mention", **self._foreign(team, message)}, channel=channel)
                break

    def changed(self, message: Message) -> None:
        """An edited message, or a stream that ended."""
        self.touch()
        channel = self.channels[message.channel]
        event = {
            "type": "message",
            "subtype": "message_changed",
            "hidden": True,
            "channel": channel.id,
            "ts": self.new_ts(),
            "message": message_json(self, message),
            "previous_message": {
                "type": "message",
                "user": message.user,
                "ts": message.ts,
                "text": "".join(message.history[-1:]),
            },
        }
        self._tell(channel, event, message.app)

    def removed(self, message: Message) -> None:
        """A deleted message. A root that has replies stays as a tombstone, which nobody can read."""
        channel = self.channels[message.channel]
        event = {
            "type": "message",
            "subtype": "message_deleted",
            "hidden": True,
            "channel": channel.id,
            "ts": self.new_ts(),
            "deleted_ts": message.ts,
            "previous_message": message_json(self, message),
        }
        del channel.messages[message.ts]
        self.touch()
        self._tell(channel, event, message.app)

    def set_session(self, channel: str, root: str, status: str, title: str = "", initiator: str = "") -> Session:
        """The session of a thread; only a new one takes the title."""
        session = self.sessions.setdefault((channel, root), Session(status, title, initiator))
        session.status = status
        self.touch()
        return session

    def forget_token(self, team: Team, error: str) -> None:
        """The bot's token is no longer good, and answers with this error."""
        if team.token:
            self.tokens.pop(team.token, None)
            self.revoked[team.token] = error
        event = {"type": "tokens_revoked", "tokens": {"oauth": [], "bot": [team.bot]}}
        self.emit(team, event)
        self.touch()

    def uninstall(self, team: Team) -> None:
        """The app leaves a workspace: tokens_revoked and app_uninstalled, in either order."""
        self.forget_token(team, "account_inactive")
        self.emit(team, {"type": "app_uninstalled"})

    def _tell(self, channel: Channel, event: dict[str, Any], own: bool) -> None:
        team = self._team_here(channel)
        if team is None or (own and not self.app.own_messages):
            return
        kind, subscription, scope = _KINDS[channel.kind]
        if scope not in team.scopes:
            return
        message = channel.messages.get(event["ts"])
        foreign = self._foreign(team, message) if message else {}
        self.emit(team, {**event, "channel_type": kind, **foreign}, subscription, channel)

    def _team_here(self, channel: Channel) -> Team | None:
        """The workspace whose bot is in a channel."""
        for team in self.teams.values():
            if team.bot and team.bot in channel.members and team.token in self.tokens:
                return team
        return None

    def _foreign(self, team: Team, message: Message) -> dict[str, Any]:
        """What marks a message from another workspace (Slack Connect)."""
        if message.team == team.id:
            return {}
        return {"user_team": message.team, "source_team": message.team, "team": message.team}
