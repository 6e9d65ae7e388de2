"""One chat in memory: what was said, what is being said, and its events."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from bot.chats.live import EventLog
from bot.chats.values import Chat, Message, State

# The last messages, which whoever comes is told.
MOST_MESSAGES = 200


@dataclass(slots=True)
class Draft:
    """An answer as far as it is given; `units` is the length of its text as browsers count, in UTF-16."""

    number: int
    task: asyncio.Task[None] | None = None
    text: str = ""
    units: int = 0


class LiveChat:
    """Used from the event loop only. What changes it is written to the database first, by whoever holds `lock`.

    Attributes:
        draft: of the answer that is being worked on.
        users: who have it open; one that nobody uses may be put out of memory.
        gone: it was erased.
    """

    def __init__(self, chat: Chat, messages: Sequence[Message], clock: Callable[[], float]) -> None:
        self.chat = chat
        self.messages = {message.number: message for message in messages}
        self.log = EventLog(self.history, clock)
        self.lock = asyncio.Lock()
        self.draft: Draft | None = None
        self.users = 0
        self.gone = False

    @property
    def id(self) -> str:
        return self.chat.id

    def history(self) -> dict[str, Any]:
        """What a listener must know who knows nothing."""
        return {
            "conversation": self.id,
            "state": self.chat.state,
            "language": self.chat.language,
            "messages": [self.current(message).to_json() for message in self.messages.values()],
        }

    def current(self, message: Message) -> Message:
        """The message with its text so far."""
        draft = self.draft
        return replace(message, text=draft.text) if draft is not None and draft.number == message.number else message

    def pending(self) -> list[Message]:
        """The answers that are not given yet, in order."""
        return [message for message in self.messages.values() if message.status == "streaming"]

    def question_of(self, number: int) -> Message | None:
        """The visitor's message that the bot's message of this number answers."""
        question, reply = self.messages.get(number - 1), self.messages.get(number)
        answers = reply is not None and reply.author == "bot" and question is not None and question.author == "visitor"
        return question if answers else None

    def put(self, message: Message) -> None:
        """Takes a message that is new, or has changed, and tells it."""
        before = self.messages.get(message.number)
        self.messages[message.number] = message
        while len(self.messages) > MOST_MESSAGES:
            del self.messages[next(iter(self.messages))]
        if before is not None and before.status == "streaming" and message.status == "done":
            self.chat = replace(self.chat, language=message.language)
        self.log.emit("message", message.to_json())

    def set_state(self, state: State) -> None:
        """Notes who has the chat, and tells it where that is new."""
        if state != self.chat.state:
            self.chat = replace(self.chat, state=state)
            self.log.emit("state", {"state": state})

    def add_piece(self, draft: Draft, piece: str) -> None:
        """Tells the next piece of an answer."""
        self.log.emit("delta", {"number": draft.number, "at": draft.units, "text": piece})
        draft.text += piece
        draft.units += len(piece.encode("utf-16-le")) // 2
