"""The values of a chat: who it belongs to, what was said in it, and what may go wrong."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from retrieval.errors import PolydeskError

State = Literal["bot", "waiting", "person"]
Author = Literal["visitor", "bot", "person"]
Status = Literal["done", "streaming", "stopped", "failed"]
Feedback = Literal["up", "down"]


CHAT_ID = re.compile(r"w\.[A-Za-z0-9_-]{22}\Z")


class Gone(PolydeskError):
    """There is no such chat, or message, or it is somebody else's: nobody is told which."""


class Busy(PolydeskError):
    """More answers are being worked on than the desk takes."""


class NothingToRetry(PolydeskError):
    """The last question has its answer, or a person has the chat."""


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose a chat is; all three must be the same.

    Attributes:
        desk: by its name in the settings.
        origin: of the pages that show the widget.
    """

    visitor: str
    desk: str
    origin: str


@dataclass(frozen=True, slots=True)
class Sent:
    """A message as a visitor sends it.

    Attributes:
        chat: "new", or the id of the chat that it continues.
        client_id: the sender's own name for it, under which it is taken once.
        language: of the widget.
        issued: when the sender's token was, in seconds since 1970.
        name: of a user whose identity was proven.
    """

    chat: str
    client_id: str
    text: str
    language: str
    issued: float
    name: str = ""


@dataclass(frozen=True, slots=True)
class Receipt:
    """Where a visitor's message stands, and its answer; `reply` is None where a person has the chat."""

    chat: str
    message: int
    reply: int | None


@dataclass(frozen=True, slots=True)
class Message:
    """One message.

    Attributes:
        number: from 1, in its chat.
        name: of who wrote it, where that is known: one of the desk's own people, or a user whose identity was proven.
        language: of the text, of a visitor's message that of the widget.
        detail: a sentence for the visitor where the status is failed.
        answer: as `Answer.to_json` gives it.
        reason: what the visitor says about their feedback.
        client_id: of a visitor's message.
    """

    number: int
    author: Author
    at: datetime
    text: str = ""
    name: str = ""
    language: str = ""
    status: Status = "done"
    detail: str = ""
    answer: dict[str, Any] | None = None
    feedback: Feedback | None = None
    reason: str = ""
    client_id: str = ""

    def to_json(self) -> dict[str, Any]:
        """As visitors get it, in plain values."""
        return {
            "number": self.number,
            "author": self.author,
            "name": self.name,
            "text": self.text,
            "language": self.language,
            "status": self.status,
            "detail": self.detail,
            "answer": self.answer,
            "feedback": self.feedback,
            "client_id": self.client_id,
            "at": timestamp(self.at),
        }


@dataclass(frozen=True, slots=True)
class Chat:
    """A chat without its messages.

    Attributes:
        language: of the last answer; before one, of the widget.
        preview: the beginning of the first question.
        messages: how many there are.
    """

    id: str
    owner: Owner
    state: State
    language: str
    started_at: datetime
    updated_at: datetime
    preview: str = ""
    messages: int = 0

    def to_json(self) -> dict[str, Any]:
        """What its visitor may know of it, in plain values."""
        return {"id": self.id, "started_at": timestamp(self.started_at), "updated_at": timestamp(self.updated_at)}


def new_chat_id() -> str:
    """An id that nobody can guess; no id of `POST /api/ask` has a full stop, so it is none of its conversations."""
    return f"w.{secrets.token_urlsafe(16)}"


def timestamp(moment: datetime) -> str:
    """Such as 2026-11-25T08:00:00Z."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
