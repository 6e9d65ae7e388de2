"""Chats in SQL. Every call is one transaction and blocks, so it is made from a thread."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Connection, Engine, and_, delete, desc, func, insert, select, update

from bot.chats.rows import chat_of, chat_row, message_of, message_row
from bot.chats.values import Chat, Gone, Message, Owner, Receipt, Sent, State, new_chat_id
from bot.tables import chat_messages, chats, revocations
from retrieval.database import PRIVATE

Result = TypeVar("Result")
NEW = "new"
PREVIEW = 120  # characters

# What is written of an answer that was given; one that is given again is to be judged again.
_ANSWERED = frozenset({"text", "language", "status", "detail", "answer", "feedback", "reason"})
_OTHER = chat_messages.alias("other")


class ChatStore:
    """The truth about chats. Thread-safe; calls that change something are made by `write`.

    Args:
        now: the time, aware.
    """

    def __init__(self, engine: Engine, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._engine = engine
        self.now = now
        self._thread = ThreadPoolExecutor(1, "chats")

    async def write(self, change: Callable[..., Result], *arguments: Any) -> Result:
        """Makes a call that changes something, in a thread of its own.

        One change waits for another, or for an ingest, as the database takes one at a time; in the desk's threads they
        would keep questions and pages waiting with them.
        """
        return await asyncio.get_running_loop().run_in_executor(self._thread, change, *arguments)

    def close(self) -> None:
        """Makes no calls any more once those that were begun are done."""
        self._thread.shutdown(wait=False)

    def seconds(self) -> float:
        """The time in seconds since 1970."""
        return self.now().timestamp()

    def load(self, id: str, most: int) -> tuple[Chat, list[Message]]:
        """A chat with its last messages, at most so many, oldest first.

        Raises:
            Gone: there is none.
        """
        said = select(chat_messages).where(chat_messages.c.chat_id == id).order_by(desc(chat_messages.c.number))
        with self._read() as connection:
            chat = _found(connection, chats.c.id == id)
            return chat, [message_of(row) for row in connection.execute(said.limit(most)).all()[::-1]]

    def of_visitor(self, owner: Owner, most: int) -> list[Chat]:
        """A visitor's chats, the newest first."""
        return self._list(_owned(owner), most)

    def in_state(self, state: State | None, most: int) -> list[Chat]:
        """Everybody's chats, or those in a state, the newest first."""
        return self._list(chats.c.state == state if state else chats.c.id.is_not(None), most)

    def find(self, owner: Owner, client_id: str) -> Receipt | None:
        """What a visitor's message was answered with, None where it never came."""
        with self._read() as connection:
            return _receipt(connection, owner, client_id)

    def add_question(self, owner: Owner, sent: Sent) -> tuple[Receipt, tuple[Message, ...]]:
        """Takes a visitor's message, and makes room for its answer unless a person has the chat.

        Returns:
            The receipt, and the messages that are new; none where this one was taken before.

        Raises:
            Gone: the chat is not there or not theirs, or the sender was revoked since they were let in.
        """
        with self._write() as connection:
            _require_unrevoked(connection, owner.visitor, sent.issued)
            known = _receipt(connection, owner, sent.client_id)
            if known is not None:
                return known, ()
            now = self.now()
            if sent.chat == NEW:
                chat = Chat(new_chat_id(), owner, "bot", sent.language, now, now)
                connection.execute(insert(chats).values(chat_row(chat)))
            else:
                chat = _found(connection, chats.c.id == sent.chat, _owned(owner))
                _touch(connection, chat.id, now)
            number = _next(connection, chat.id)
            question = Message(number, "visitor", now, sent.text, sent.name, sent.language, client_id=sent.client_id)
            # An answer is in the widget's language until it is known which one it is given in.
            reply = Message(number + 1, "bot", now, language=sent.language, status="streaming")
            silent = chat.state == "person"
            messages = (question,) if silent else (question, reply)
            rows = [message_row(chat.id, message) for message in messages]
            rows[0]["visitor"] = owner.visitor
            connection.execute(insert(chat_messages), rows)
            return Receipt(chat.id, number, None if silent else reply.number), messages

    def add_person(self, id: str, name: str, text: str) -> Message:
        """Adds a person's message; the chat is theirs from now on, and answers that are not given yet are given up.

        Raises:
            Gone: there is no such chat.
        """
        with self._write() as connection:
            chat, now = _found(connection, chats.c.id == id), self.now()
            message = Message(_next(connection, id), "person", now, text, name, chat.language)
            pending = and_(chat_messages.c.chat_id == id, chat_messages.c.status == "streaming")
            connection.execute(update(chat_messages).where(pending).values(status="stopped"))
            connection.execute(insert(chat_messages).values(message_row(id, message)))
            _touch(connection, id, now, state="person")
            return message

    def write_answer(self, id: str, message: Message) -> None:
        """Writes what became of an answer of the bot's.

        Raises:
            Gone: it was erased.
        """
        here = and_(chat_messages.c.chat_id == id, chat_messages.c.number == message.number)
        with self._write() as connection:
            changed = {name: value for name, value in message_row(id, message).items() if name in _ANSWERED}
            if not connection.execute(update(chat_messages).where(here).values(changed)).rowcount:
                raise Gone("There is no such message.")
            spoken = {"language": message.language} if message.status == "done" else {}
            _touch(connection, id, self.now(), **spoken)

    def rate(self, id: str, message: Message) -> None:
        """Writes what the visitor says of an answer.

        Raises:
            Gone: it was erased.
        """
        here = and_(chat_messages.c.chat_id == id, chat_messages.c.number == message.number)
        said = {"feedback": message.feedback, "reason": message.reason}
        with self._write() as connection:
            if not connection.execute(update(chat_messages).where(here).values(said)).rowcount:
                raise Gone("There is no such message.")

    def set_state(self, id: str, state: State) -> None:
        """Notes who has the chat.

        Raises:
            Gone: there is no such chat.
        """
        with self._write() as connection:
            _found(connection, chats.c.id == id)
            _touch(connection, id, self.now(), state=state)

    def move(self, owner: Owner, visitor: str) -> list[str]:
        """Gives another visitor all chats of one; returns their ids."""
        with self._write() as connection:
            ids = list(connection.scalars(select(chats.c.id).where(_owned(owner))))
            if not ids:
                return []
            theirs = chat_messages.c.chat_id.in_(select(chats.c.id).where(_owned(owner)))
            taken = select(_OTHER.c.client_id).where(_OTHER.c.visitor == visitor)
            # A name that both gave to a message can stay with one only.
            both = update(chat_messages).where(theirs, chat_messages.c.client_id.in_(taken)).values(client_id=None)
            connection.execute(both)
            sent = update(chat_messages).where(theirs, chat_messages.c.visitor.is_not(None)).values(visitor=visitor)
            connection.execute(sent)
            connection.execute(update(chats).where(_owned(owner)).values(visitor=visitor))
            return ids

    def erase(self, id: str) -> None:
        """Erases a chat and all that was said in it."""
        with self._write() as connection:
            connection.execute(delete(chat_messages).where(chat_messages.c.chat_id == id))
            connection.execute(delete(chats).where(chats.c.id == id))

    def questions(self, id: str) -> list[str]:
        """What visitors said in a chat."""
        said = select(chat_messages.c.text).where(chat_messages.c.chat_id == id, chat_messages.c.author == "visitor")
        with self._read() as connection:
            return list(connection.scalars(said))

    def ids_of(self, visitor: str) -> list[str]:
        """All chats of a visitor, of whatever origin."""
        with self._read() as connection:
            return list(connection.scalars(select(chats.c.id).where(chats.c.visitor == visitor)))

    def ids_before(self, moment: datetime, most: int) -> list[str]:
        """Chats that were not continued since, at most so many."""
        with self._read() as connection:
            return list(connection.scalars(select(chats.c.id).where(chats.c.updated_at < moment).limit(most)))

    def _list(self, which: ColumnElement[bool], most: int) -> list[Chat]:
        count = select(func.count()).where(chat_messages.c.chat_id == chats.c.id).scalar_subquery()
        # A chat begins with its visitor's first message.
        first = and_(_OTHER.c.chat_id == chats.c.id, _OTHER.c.number == 1)
        said = (
            select(chats, func.substr(_OTHER.c.text, 1, PREVIEW).label("preview"), count.label("messages"))
            .select_from(chats.outerjoin(_OTHER, first))
            .where(which)
            .order_by(desc(chats.c.updated_at), chats.c.id)
            .limit(most)
        )
        with self._read() as connection:
            return [chat_of(row, row.preview or "", row.messages) for row in connection.execute(said)]

    @contextmanager
    def _read(self) -> Iterator[Connection]:
        with self._engine.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def _write(self) -> Iterator[Connection]:
        with self._engine.connect().execution_options(**PRIVATE) as connection, connection.begin():
            yield connection


def _owned(owner: Owner) -> ColumnElement[bool]:
    return and_(chats.c.visitor == owner.visitor, chats.c.desk == owner.desk, chats.c.origin == owner.origin)


def _found(connection: Connection, *which: ColumnElement[bool]) -> Chat:
    row = connection.execute(select(chats).where(*which)).one_or_none()
    if row is None:
        raise Gone("There is no such chat.")
    return chat_of(row)


def _require_unrevoked(connection: Connection, visitor: str, issued: float) -> None:
    """Whoever erases all of a visitor's chats revokes them first, so that none can be begun meanwhile."""
    since = select(revocations.c.visitor).where(revocations.c.visitor == visitor, revocations.c.at >= issued)
    if connection.execute(since).first() is not None:
        raise Gone("The visitor was revoked.")


def _receipt(connection: Connection, owner: Owner, client_id: str) -> Receipt | None:
    sent = select(chat_messages.c.chat_id, chat_messages.c.number).where(
        chat_messages.c.visitor == owner.visitor, chat_messages.c.client_id == client_id
    )
    row = connection.execute(sent).one_or_none()
    if row is None:
        return None
    _found(connection, chats.c.id == row.chat_id, _owned(owner))
    reply = select(chat_messages.c.number).where(
        chat_messages.c.chat_id == row.chat_id,
        chat_messages.c.number == row.number + 1,
        chat_messages.c.author == "bot",
    )
    return Receipt(row.chat_id, row.number, connection.execute(reply).scalar_one_or_none())


def _next(connection: Connection, id: str) -> int:
    last = select(func.coalesce(func.max(chat_messages.c.number), 0)).where(chat_messages.c.chat_id == id)
    return int(connection.execute(last).scalar_one()) + 1


def _touch(connection: Connection, id: str, now: datetime, **changed: str) -> None:
    connection.execute(update(chats).where(chats.c.id == id).values(updated_at=now, **changed))
