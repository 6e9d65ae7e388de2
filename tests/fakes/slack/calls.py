"""One call of the Web API, as its handler gets it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.fakes.slack.model import Channel, Message, Team
from tests.fakes.slack.refusals import Refused

if TYPE_CHECKING:
    from tests.fakes.slack.server import FakeSlack


@dataclass(slots=True)
class Call:
    """A call that has the right arguments.

    Attributes:
        slack: everything there is.
        method: such as `chat.postMessage`.
        arguments: typed.
        team: whose token it came with; of methods that take no bot's token none.
        token: as it came.
    """

    slack: FakeSlack
    method: str
    arguments: dict[str, Any]
    team: Team | None
    token: str

    @property
    def home(self) -> Team:
        assert self.team is not None
        return self.team

    def get(self, name: str, default: Any = None) -> Any:
        return self.arguments.get(name, default)

    def need(self, scope: str) -> None:
        """Refuses a token without this scope."""
        if scope not in self.home.scopes:
            raise Refused("missing_scope", needed=scope, provided=",".join(sorted(self.home.scopes)))

    def blame(self, rule: str, detail: str) -> None:
        """Notes what Slack lets pass but nobody should send."""
        self.slack.blame(self.method, rule, detail)

    def channel(self, name: str = "channel", *, member: bool = True) -> Channel:
        """The conversation that the call names, where the bot may do this there."""
        channel = self.slack.channels.get(self.arguments[name])
        bot = self.home.bot
        sees = channel is not None and (bot in channel.members or channel.kind == "public")
        if channel is None or not sees or self.home.id not in (channel.team, *channel.shared_with):
            raise Refused("channel_not_found")
        if member and bot not in channel.members:
            raise Refused("not_in_channel")
        return channel

    def own_message(self, name: str = "ts") -> Message:
        """The message that the call names, which must be the bot's."""
        message = self.channel().messages.get(self.arguments[name])
        if message is None:
            raise Refused("message_not_found")
        if not message.app or message.user != self.home.bot:
            raise Refused("cant_update_message" if self.method == "chat.update" else "message_not_owned_by_app")
        return message

    def root(self, channel: Channel, error: str = "thread_not_found") -> str:
        """The thread that the call names, by its root; empty for none."""
        thread = self.get("thread_ts", "")
        if not thread:
            return ""
        message = channel.messages.get(thread)
        if message is None:
            raise Refused(error, fault=False)
        if message.thread_ts not in ("", thread):
            self.blame("thread_ts", f"{thread} is a reply; name its root {message.thread_ts}")
            return message.thread_ts
        return str(thread)
