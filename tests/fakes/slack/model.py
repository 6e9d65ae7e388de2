"""What there is in a workspace. Everything here is state, changed only by the stand-in."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

Block = dict[str, Any]
UserKind = Literal["full", "admin", "guest", "single_guest", "bot"]
ChannelKind = Literal["public", "private", "im"]
Segment = tuple[Literal["text", "task", "blocks"], Any]

STREAM_SECONDS = 300.0
STREAM_CHARACTERS = 12_000


@dataclass(slots=True)
class Team:
    """A workspace.

    Attributes:
        bot: the user id of the app's bot; empty where the app is not installed.
        token: of the bot; one for each team.
    """

    id: str
    name: str
    domain: str
    bot: str = ""
    bot_id: str = ""
    token: str = ""
    scopes: frozenset[str] = frozenset()


@dataclass(slots=True)
class User:
    id: str
    name: str
    team: str
    kind: UserKind = "full"
    real_name: str = ""
    locale: str = "en-US"
    deleted: bool = False


@dataclass(slots=True)
class Channel:
    """A conversation.

    Attributes:
        team: the workspace it belongs to.
        shared_with: further workspaces that see it (Slack Connect).
        messages: by time stamp, in order.
    """

    id: str
    name: str
    kind: ChannelKind
    team: str
    members: list[str] = field(default_factory=list)
    shared_with: frozenset[str] = frozenset()
    archived: bool = False
    messages: dict[str, Message] = field(default_factory=dict)
    # Of those ephemeral messages that people still see.
    ephemerals: list[Message] = field(default_factory=list)


@dataclass(slots=True)
class Stream:
    """What a streaming message has got so far.

    Attributes:
        mode: "text" or "chunks", by what came first; Slack wants the same until the end.
        segments: what is shown, in order; a task stands where it came first.
        tasks: by id, the latest of each.
        stopped_by: "" while it runs; else "app", "person" or "time".
    """

    started: float
    recipient: str = ""
    display: str = "timeline"
    mode: str = ""
    plan_title: str = ""
    segments: list[Segment] = field(default_factory=list)
    tasks: dict[str, dict[str, Any]] = field(default_factory=dict)
    stopped_by: str = ""

    @property
    def text(self) -> str:
        """The Markdown of all segments."""
        return "".join(value for kind, value in self.segments if kind == "text")

    @property
    def block_count(self) -> int:
        return sum(len(value) for kind, value in self.segments if kind == "blocks")


@dataclass(slots=True)
class Message:
    """A message as it stands now.

    Attributes:
        text: mrkdwn; of a streamed message all its Markdown.
        seen_only_by: a user id, of an ephemeral message.
        stream: of a message that is or was streamed and not edited since.
        history: texts that it had before.
    """

    ts: str
    channel: str
    user: str
    team: str
    text: str = ""
    blocks: list[Block] = field(default_factory=list)
    thread_ts: str = ""
    metadata: dict[str, Any] | None = None
    app: bool = False
    edited: bool = False
    seen_only_by: str = ""
    stream: Stream | None = None
    reactions: dict[str, list[str]] = field(default_factory=dict)
    history: list[str] = field(default_factory=list)

    @property
    def streaming(self) -> bool:
        return self.stream is not None and not self.stream.stopped_by


@dataclass(slots=True)
class View:
    """A modal or a home.

    Attributes:
        body: as the app gave it.
        previous: the id of the view below it in the stack of modals.
        values: what the person filled in, as in `state.values`.
    """

    id: str
    team: str
    user: str
    body: dict[str, Any]
    hash: str
    root: str = ""
    previous: str = ""
    values: dict[str, dict[str, Any]] = field(default_factory=dict)


@dataclass(slots=True)
class Session:
    """An agent session: of one thread."""

    status: str
    title: str = ""
    initiator: str = ""


@dataclass(slots=True)
class ThreadStatus:
    """What assistant.threads.setStatus shows under a thread, for two minutes at most."""

    text: str
    phrases: tuple[str, ...]
    since: float
