"""What each conversation is held in and about: its language, and the last questions with what answered them."""

from __future__ import annotations

import json
import re
import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from cachetools import LRUCache
from sqlalchemy import Connection, Engine, delete, insert, select, update

from bot.question import QuestionRefused
from bot.tables import conversations, turns
from retrieval.database import WRITE

NEW = "new"
KNOWN_ID = re.compile(r"[A-Za-z0-9_-]{16,64}\Z")
# Of one turn; what a follow-up question refers to is short.
_LONGEST_TEXT = 1_000  # characters
_MOST_HEADINGS = 5
_LONGEST_HEADING = 200  # characters


def conversation_id(wanted: str) -> str:
    """The id to go on with: the one given, or a new one for "new".

    Raises:
        QuestionRefused: for what was never an id.
    """
    if not wanted or KNOWN_ID.match(wanted):
        return wanted
    if wanted == NEW:
        return secrets.token_urlsafe(16)
    raise QuestionRefused("error.request_invalid")


@dataclass(frozen=True, slots=True)
class Turn:
    """One question of a conversation.

    Attributes:
        question: as it was asked.
        topic: a question that stands alone and says what the conversation was about then; "" before the first answer.
        headings: of the passages that the answer cited.
    """

    question: str
    topic: str
    headings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Conversation:
    """What is known of one; empty for one that has just begun.

    Attributes:
        turns: the last ones, oldest first.
    """

    language: str = ""
    turns: tuple[Turn, ...] = ()


class Conversations:
    """Reads through a small memory and writes in batches, so that no question waits for the database to be written.

    `known`, `remember` and `add` are called from the event loop; `load`, `flush`, `forget` and `forget_old` block, so
    from a thread.

    Args:
        keep_days: after which a conversation that was not continued is forgotten.
        keep_turns: of each conversation; with 0 nothing that was said is kept.
    """

    def __init__(
        self,
        engine: Engine,
        keep_days: int,
        keep_turns: int = 4,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._engine = engine
        self._keep = timedelta(days=keep_days)
        self._keep_turns = keep_turns
        self._now = now
        self._known: LRUCache[str, Conversation] = LRUCache(10_000)
        self._unwritten: dict[str, tuple[Conversation, datetime]] = {}
        # Of the two dicts, as they are read and changed together; and of the order of writing.
        self._memory, self._writing = threading.Lock(), threading.Lock()

    def known(self, id: str) -> Conversation | None:
        """The conversation from memory, None where the database must be asked (`load`)."""
        with self._memory:
            found = self._known.get(id)
            return found if found is not None or id not in self._unwritten else self._unwritten[id][0]

    def load(self, id: str) -> Conversation:
        """The conversation from the database; an empty one where there is none."""
        oldest = self._now() - self._keep
        language = select(conversations.c.language).where(conversations.c.id == id, conversations.c.seen_at >= oldest)
        said = select(turns).where(turns.c.conversation_id == id).order_by(turns.c.number)
        with self._engine.connect() as connection, connection.begin():
            found = connection.execute(language).scalar_one_or_none()
            if found is None:
                return Conversation()
            rows = connection.execute(said).all()
        kept = rows[-self._keep_turns :] if self._keep_turns else ()
        return Conversation(
            found, tuple(Turn(row.question, row.topic, tuple(json.loads(row.headings))) for row in kept)
        )

    def remember(self, id: str, conversation: Conversation) -> None:
        """Holds the conversation as it is now."""
        with self._memory:
            self._known[id] = conversation
            self._unwritten[id] = (conversation, self._now())

    def add(self, id: str, conversation: Conversation, turn: Turn) -> Conversation:
        """The conversation with one turn more, which is remembered; as many of the oldest go."""
        said = (*conversation.turns, _bounded(turn))[-self._keep_turns :] if self._keep_turns else ()
        longer = replace(conversation, turns=said)
        self.remember(id, longer)
        return longer

    def flush(self) -> None:
        """Writes what was remembered since the last time."""
        with self._writing:
            with self._memory:
                unwritten, self._unwritten = self._unwritten, {}
            if not unwritten:
                return
            with self._engine.connect().execution_options(**WRITE) as connection, connection.begin():
                for id, (conversation, seen_at) in unwritten.items():
                    _write(connection, id, conversation, seen_at)

    def forget(self, id: str) -> None:
        """Erases all of one conversation, in memory and in the database."""
        with self._writing:
            with self._memory:
                self._known.pop(id, None)
                self._unwritten.pop(id, None)
            with self._engine.connect().execution_options(**WRITE) as connection, connection.begin():
                connection.execute(delete(turns).where(turns.c.conversation_id == id))
                connection.execute(delete(conversations).where(conversations.c.id == id))

    def forget_old(self) -> None:
        """Erases conversations that were not continued for `keep_days`."""
        old = conversations.c.seen_at < self._now() - self._keep
        with self._engine.connect().execution_options(**WRITE) as connection, connection.begin():
            connection.execute(delete(turns).where(turns.c.conversation_id.in_(select(conversations.c.id).where(old))))
            connection.execute(delete(conversations).where(old))


def _write(connection: Connection, id: str, conversation: Conversation, seen_at: datetime) -> None:
    row = {"language": conversation.language, "seen_at": seen_at}
    if connection.execute(update(conversations).where(conversations.c.id == id).values(row)).rowcount:
        connection.execute(delete(turns).where(turns.c.conversation_id == id))
    else:
        connection.execute(insert(conversations).values(row | {"id": id}))
    if conversation.turns:
        rows = [
            {
                "conversation_id": id,
                "number": number,
                "question": turn.question,
                "topic": turn.topic,
                "headings": json.dumps(turn.headings, ensure_ascii=False),
            }
            for number, turn in enumerate(conversation.turns)
        ]
        connection.execute(insert(turns), rows)


def _bounded(turn: Turn) -> Turn:
    headings = tuple(heading[:_LONGEST_HEADING] for heading in turn.headings[:_MOST_HEADINGS])
    return Turn(turn.question[:_LONGEST_TEXT], turn.topic[:_LONGEST_TEXT], headings)
