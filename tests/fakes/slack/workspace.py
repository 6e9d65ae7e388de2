"""All teams, people, channels and what was said, with the ways to find it. No rules here but who sees what."""

from __future__ import annotations

import asyncio
import itertools
import re
import time
from collections.abc import Callable, Sequence
from typing import Any

from tests.fakes.slack.app import App
from tests.fakes.slack.clock import Clock
from tests.fakes.slack.model import Channel, ChannelKind, Message, Session, Team, ThreadStatus, User, UserKind, View

_MENTION = re.compile(r"<@([UW][A-Z0-9]+)(?:\|[^>]*)?>")


class Workspace:
    """The state of everything.

    Attributes:
        clock: moves all limits in time.
        app: the one app there is.
        revision: goes up with every change; `changes` is notified.
        statuses: of threads, by (channel, thread).
        prompts: suggested ones, by channel: (title, prompts).
        titles: of assistant threads, by (channel, thread).
        opened: modals on the screen, by user, the topmost last.
        homes: by user.
    """

    def __init__(self) -> None:
        self.clock = Clock()
        self.app = App()
        self.teams: dict[str, Team] = {}
        self.users: dict[str, User] = {}
        self.channels: dict[str, Channel] = {}
        self.sessions: dict[tuple[str, str], Session] = {}
        self.statuses: dict[tuple[str, str], ThreadStatus] = {}
        self.prompts: dict[str, tuple[str, list[dict[str, str]]]] = {}
        self.titles: dict[tuple[str, str], str] = {}
        self.views: dict[str, View] = {}
        self.opened: dict[str, list[View]] = {}
        self.homes: dict[str, View] = {}
        self.tokens: dict[str, str] = {}
        self.revoked: dict[str, str] = {}
        self.revision = 0
        self._watchers: set[asyncio.Event] = set()
        self._numbers = itertools.count(1)
        self._last_ts = 0

    # Making things

    def identifier(self, prefix: str) -> str:
        """A new id, such as C0000000A for the prefix C."""
        return f"{prefix}0{next(self._numbers):07X}"

    def new_ts(self) -> str:
        """The time as Slack writes it: unique, and later than any before."""
        self._last_ts = max(self._last_ts + 1, int(self.clock.now() * 1_000_000))
        return f"{self._last_ts // 1_000_000}.{self._last_ts % 1_000_000:06d}"

    def add_team(self, name: str = "Lark Bikes", *, installed: bool = True) -> Team:
        """A workspace, with the app in it or not."""
        team = Team(self.identifier("T"), name, name.lower().replace(" ", "-"))
        self.teams[team.id] = team
        if installed:
            self.install(team)
        return team

    def install(self, team: Team, scopes: Sequence[str] | None = None) -> str:
        """Installs the app, or installs it again; the bot's token, which replaces any before."""
        if not team.bot:
            bot = User(self.identifier("U"), self.app.name.lower(), team.id, "bot", self.app.name)
            self.users[bot.id] = bot
            team.bot, team.bot_id = bot.id, self.identifier("B")
        self.users[team.bot].deleted = False
        team.scopes = frozenset(self.app.scopes if scopes is None else scopes)
        if team.token not in self.tokens:
            team.token = f"xoxb-{team.id}-{next(self._numbers)}-secret"
            self.tokens[team.token] = team.id
        self.touch()
        return team.token

    def add_user(self, name: str, kind: UserKind = "full", team: Team | None = None, locale: str = "en-US") -> User:
        """Somebody, in the first workspace unless another is named."""
        home = team or next(iter(self.teams.values()))
        user = User(self.identifier("U"), name.lower(), home.id, kind, name, locale)
        self.users[user.id] = user
        return user

    def add_channel(
        self,
        name: str,
        members: Sequence[User] = (),
        kind: ChannelKind = "public",
        team: Team | None = None,
        *,
        with_bot: bool = True,
        shared_with: Sequence[Team] = (),
    ) -> Channel:
        """A channel that the bot is in, unless told otherwise."""
        home = team or next(iter(self.teams.values()))
        people = [member.id for member in members] + ([home.bot] if with_bot and home.bot else [])
        shared = frozenset(other.id for other in shared_with)
        channel = Channel(self.identifier("C"), name, kind, home.id, people, shared)
        self.channels[channel.id] = channel
        self.touch()
        return channel

    def dm_channel(self, user: User | str, team: Team | None = None) -> Channel:
        """The conversation of a person with the bot."""
        person = self.users[user if isinstance(user, str) else user.id]
        home = team or self.teams[person.team]
        for channel in self.channels.values():
            if channel.kind == "im" and channel.members == [person.id, home.bot]:
                return channel
        channel = Channel(self.identifier("D"), person.name, "im", home.id, [person.id, home.bot])
        self.channels[channel.id] = channel
        return channel

    def add_message(self, channel: Channel, user: str, **more: Any) -> Message:
        """A message at the end of a channel."""
        message = Message(self.new_ts(), channel.id, user, self.users[user].team, **more)
        channel.messages[message.ts] = message
        self.touch()
        return message

    # Finding things

    def team_of(self, token: str) -> Team | None:
        """Whose token this is."""
        return self.teams.get(self.tokens.get(token, ""))

    def replies(self, channel: Channel, root: str) -> list[Message]:
        """The messages below a root."""
        return [message for message in channel.messages.values() if message.thread_ts == root and message.ts != root]

    def visible(
        self, channel: Channel | str, thread: str | None = None, user: User | str | None = None
    ) -> list[Message]:
        """What a person sees in a channel or, with a root's time stamp, in a thread, the root first.

        Without a user what all see; with one their ephemeral messages as well.
        """
        place = self.channels[channel] if isinstance(channel, str) else channel
        who = user.id if isinstance(user, User) else user
        found = [*place.messages.values(), *(m for m in place.ephemerals if who is not None and m.seen_only_by == who)]
        if thread is None:
            found = [message for message in found if message.thread_ts in ("", message.ts)]
        else:
            found = [message for message in found if thread in (message.ts, message.thread_ts)]
        return sorted(found, key=lambda message: message.ts)

    def answers(self, channel: Channel | str, thread: str | None = None) -> list[Message]:
        """Of those the app's own."""
        return [message for message in self.visible(channel, thread) if message.app]

    def mentioned(self, text: str) -> list[str]:
        """The people whom a text names."""
        return _MENTION.findall(text)

    # Telling of changes

    def touch(self) -> None:
        """Something changed."""
        self.revision += 1
        for event in self._watchers:
            event.set()

    async def changed_since(self, revision: int, seconds: float) -> int:
        """Waits for another revision, at most so long; the one that there is then."""
        event = asyncio.Event()
        self._watchers.add(event)
        try:
            async with asyncio.timeout(seconds):
                while self.revision == revision:
                    await event.wait()
                    event.clear()
        except TimeoutError:
            pass
        finally:
            self._watchers.discard(event)
        return self.revision

    async def until(self, found: Callable[[], Any], seconds: float = 10.0) -> Any:
        """Waits for a condition, which is looked at after each change; its value.

        Raises:
            AssertionError: it did not come true in time.
        """
        deadline = time.monotonic() + seconds
        while not (value := found()):
            left = deadline - time.monotonic()
            assert left > 0, f"it did not happen within {seconds} s"
            # Some conditions come true by time alone, such as the end of a stream.
            await self.changed_since(self.revision, min(left, 0.25))
        return value
