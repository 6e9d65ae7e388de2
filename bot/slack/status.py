"""What operators see of Slack's inbox and outbox, and may do to them; beside a running desk or without one."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, select, update
from sqlalchemy.exc import SQLAlchemyError

from bot.delivery_figures import (
    DeadEvent,
    DeadMessage,
    Figures,
    dead_events,
    dead_messages,
    inbox_figures,
    outbox_figures,
)
from bot.delivery_tables import inbox
from bot.slack.installations import renew
from bot.slack.sealing import Seal
from bot.slack.tables import installations
from retrieval.data_folder import DATABASE, database_url
from retrieval.database import WRITE, open_engine
from retrieval.errors import ConfigurationError


@dataclass(frozen=True, slots=True)
class Status:
    """What waits and what was given up.

    Attributes:
        installations: workspaces and organisations that installed the app by themselves.
    """

    inbox: Figures
    outbox: Figures
    events: tuple[DeadEvent, ...]
    messages: tuple[DeadMessage, ...]
    installations: int

    @property
    def dead(self) -> int:
        """How much was given up."""
        return self.inbox.dead + self.outbox.dead

    def values(self) -> dict[str, Any]:
        """For programs."""
        return asdict(self)

    def text(self) -> str:
        """For people."""
        lines = [
            f"Events that wait: {self.inbox.waiting}, the oldest for {self.inbox.oldest_seconds:.0f} s; "
            f"given up: {self.inbox.dead}.",
            f"Messages that wait: {self.outbox.waiting}, the oldest for {self.outbox.oldest_seconds:.0f} s; "
            f"given up: {self.outbox.dead}.",
            f"Installations: {self.installations}.",
        ]
        lines += [f"  {_when(each.arrived_at)}  {each.kind}  {each.id}: {each.reason}" for each in self.events]
        lines += [f"  {_when(each.put_at)}  {each.kind}  {each.key}: {each.reason}" for each in self.messages]
        return "\n".join(lines)


def look(data_dir: Path) -> Status:
    """How things stand. Raises ConfigurationError as `_database` does."""
    now = time.time()
    with _database(data_dir) as connection:
        return Status(
            inbox_figures(connection, now),
            outbox_figures(connection, now),
            tuple(dead_events(connection)),
            tuple(dead_messages(connection)),
            len(connection.execute(select(installations.c.place)).all()),
        )


def revive(data_dir: Path) -> int:
    """Has all events that were given up worked off after all; returns how many. A running desk sees to them at once."""
    values = {"state": "waiting", "attempts": 0, "due_at": time.time(), "leased_until": 0.0}
    with _database(data_dir, writes=True) as connection:
        return connection.execute(update(inbox).where(inbox.c.state == "dead").values(values)).rowcount


def rotate(data_dir: Path, seal: Seal) -> int:
    """Encrypts every installation with the first key; returns how many there are. Raises ConfigurationError."""
    with _database(data_dir, writes=True) as connection:
        return renew(connection, seal)


@contextmanager
def _database(data_dir: Path, *, writes: bool = False) -> Iterator[Connection]:
    """The desk's database.

    Raises:
        ConfigurationError: there is none, or it cannot be read.
    """
    if not (data_dir / DATABASE).is_file():
        raise ConfigurationError(f"data_dir: there is no database in {data_dir} yet; start the desk first.")
    engine = open_engine(database_url(data_dir))
    try:
        with engine.connect().execution_options(**(WRITE if writes else {})) as connection, connection.begin():
            yield connection
    except SQLAlchemyError as error:
        cause = getattr(error, "orig", None) or error
        raise ConfigurationError(f"data_dir: the database in {data_dir} cannot be read: {cause}.") from error
    finally:
        engine.dispose()


def _when(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S")
