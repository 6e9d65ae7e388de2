"""What each conversation is held in and about: its language, and the last questions with what answered them."""

from __future__ import annotations

import json
import re
import secrets
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import structlog
from cachetools import LRUCache
from sqlalchemy import Connection, Engine, delete, insert, select, update
from sqlalchemy.exc import DataError

from bot.question import QuestionRefused
from bot.tables import conversations, turns
from retrieval.database import PATIENCE_SECONDS, PRIVATE, truncate_log

NEW = "new"
KNOWN_ID = re.compile(r"[A-Za-z0-9_-]{16,64}\Z")
# Of one turn; what a follow-up question refers to is short.
_LONGEST_TEXT = 1_000  # characters
_MOST_HEADINGS = 5
_LONGEST_HEADING = 200  # characters

log = structlog.get_logger()


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


@dataclass(frozen=True, slots=True)
class _Held:
    """A conversation in memory, and when it was continued last."""

    conversation: Conversation
    seen_at: datetime


class Conversations:
    """Reads through a small memory and writes in batches, so that no question waits for the database to be written.

    `known`, `remember` and `add` are called from the event loop; `load`, `flush`, `forget` and `forget_old`
    block, so from a thread.

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
        self._known: LRUCache[str, _Held] = LRUCache(10_000)
        # Far more than come between two flushes: it is full only while the database cannot be written.
        self._unwritten: LRUCache[str, _Held] = LRUCache(10_000)
        # Of the two, as they are read and changed together; and of the order of writing.
        self._memory, self._writing = threading.Lock(), threading.Lock()

    def known(self, id: str) -> Conversation | None:
        """The conversation from memory, None where the database must be asked (`load`)."""
        with self._memory:
            held = self._known.get(id) or self._unwritten.get(id)
        # The database does not give it either once it is old.
        return held.conversation if held is not None and held.seen_at >= self._oldest() else None

    def load(self, id: str) -> Conversation:
        """The conversation from the database; an empty one where there is none."""
        recent = conversations.c.seen_at >= self._oldest()
        language = select(conversations.c.language).where(conversations.c.id == id, recent)
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
            self._known[id] = self._unwritten[id] = _Held(conversation, self._now())

    def add(self, id: str, conversation: Conversation, turn: Turn) -> Conversation:
        """The conversation with one turn more, which is remembered; as many of the oldest go."""
        said = (*conversation.turns, _bounded(turn))[-self._keep_turns :] if self._keep_turns else ()
        longer = replace(conversation, turns=said)
        self.remember(id, longer)
        return longer

    def flush(self) -> None:
        """Writes what was remembered since the last time.

        Raises:
            SQLAlchemyError: nothing could be written; it is written the next time.
        """
        with self._writing:
            with self._memory:
                unwritten = dict(self._unwritten)
            self._write_all(unwritten)
            with self._memory:
                for id, held in unwritten.items():
                    # What was remembered anew meanwhile is yet to be written.
                    if self._unwritten.get(id) is held:
                        del self._unwritten[id]

    def forget_old(self) -> None:
        """Erases conversations that were not continued for `keep_days`, in memory and in the database."""
        oldest = self._oldest()
        with self._writing:
            with self._memory:
                for kept in (self._known, self._unwritten):
                    for id in [id for id, held in kept.items() if held.seen_at < oldest]:
                        del kept[id]
            old = conversations.c.seen_at < oldest
            said = turns.c.conversation_id.in_(select(conversations.c.id).where(old))
            with self._engine.connect().execution_options(**PRIVATE) as connection, connection.begin():
                connection.execute(delete(turns).where(said))
                erased = connection.execute(delete(conversations).where(old)).rowcount
        if erased:
            truncate_log(self._engine, PATIENCE_SECONDS)

    def forget(self, id: str) -> None:
        """Erases one conversation, in memory and in the database."""
        with self._writing:
            with self._memory:
                for kept in (self._known, self._unwritten):
                    kept.pop(id, None)
            with self._engine.connect().execution_options(**PRIVATE) as connection, connection.begin():
                connection.execute(delete(turns).where(turns.c.conversation_id == id))
                connection.execute(delete(conversations).where(conversations.c.id == id))

    def _oldest(self) -> datetime:
        """When a conversation must have been continued at least to be known still."""
        return self._now() - self._keep

    def _write_all(self, unwritten: Mapping[str, _Held]) -> None:
        if not unwritten:
            return
        with self._engine.connect().execution_options(**PRIVATE) as connection, connection.begin():
            for id, held in unwritten.items():
                try:
                    with connection.begin_nested():
                        _write(connection, id, held)
                except (UnicodeError, DataError) as error:
                    # It would fail again for ever, and keep the others from being written.
                    log.warning("conversation_not_written", reason=type(error).__name__)


def _write(connection: Connection, id: str, held: _Held) -> None:
    conversation = held.conversation
    row = {"language": conversation.language, "seen_at": held.seen_at}
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


def bounded(text: str) -> str:
    """A question as a turn holds it."""
    return text[:_LONGEST_TEXT]


def _bounded(turn: Turn) -> Turn:
    headings = tuple(heading[:_LONGEST_HEADING] for heading in turn.headings[:_MOST_HEADINGS])
    return Turn(bounded(turn.question), bounded(turn.topic), headings)
