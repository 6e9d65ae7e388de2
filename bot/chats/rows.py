"""Chats and messages as rows of the tables, and back."""

from __future__ import annotations

from typing import Any

import orjson
from sqlalchemy import Row

from bot.chats.values import Chat, Message, Owner


def chat_row(chat: Chat) -> dict[str, Any]:
    """What `chats` holds of a chat."""
    owner = chat.owner
    return {
        "id": chat.id,
        "desk": owner.desk,
        "origin": owner.origin,
        "visitor": owner.visitor,
        "language": chat.language,
        "state": chat.state,
        "started_at": chat.started_at,
        "updated_at": chat.updated_at,
    }


def chat_of(row: Row[Any], preview: str = "", messages: int = 0) -> Chat:
    """The chat of a row."""
    owner = Owner(row.visitor, row.desk, row.origin)
    return Chat(row.id, owner, row.state, row.language, row.started_at, row.updated_at, preview, messages)


def message_row(id: str, message: Message) -> dict[str, Any]:
    """What `chat_messages` holds of a message in a chat of that id."""
    return {
        "chat_id": id,
        "number": message.number,
        "author": message.author,
        "name": message.name,
        "text": message.text,
        "language": message.language,
        "status": message.status,
        "detail": message.detail,
        "answer": None if message.answer is None else orjson.dumps(message.answer).decode(),
        "feedback": message.feedback,
        "reason": message.reason,
        "at": message.at,
        "visitor": None,
        "client_id": message.client_id or None,
    }


def message_of(row: Row[Any]) -> Message:
    """The message of a row."""
    return Message(
        row.number,
        row.author,
        row.at,
        row.text,
        row.name,
        row.language,
        row.status,
        row.detail,
        None if row.answer is None else orjson.loads(row.answer),
        row.feedback,
        row.reason,
        row.client_id or "",
    )
