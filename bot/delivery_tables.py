"""The tables of what comes from chat services and what goes to them. Times are seconds since 1970."""

from __future__ import annotations

from sqlalchemy import Column, Float, Index, Integer, LargeBinary, String, Table, Text

from bot.tables import metadata
from retrieval.tables import Key

# An event stands here from before it is acknowledged until it is worked off; then without its body, so that it is known
# when it comes again.
inbox = Table(
    "inbox",
    metadata,
    Column("number", Key, primary_key=True),
    Column("id", String(100), nullable=False, unique=True),
    Column("kind", String(20), nullable=False),
    Column("thread", String(255), nullable=False),
    Column("urgent", Integer, nullable=False),
    Column("happened_at", Float, nullable=False),
    Column("arrived_at", Float, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("state", String(10), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("due_at", Float, nullable=False),
    Column("leased_until", Float, nullable=False),
    Column("reason", Text, nullable=False),
    Index("ix_inbox_state_thread", "state", "thread", "happened_at"),
    Index("ix_inbox_arrived_at", "arrived_at"),
)

# The kind of messages that their sender sends itself, and only notes what it sent.
RECORD = "record"

# A message stands here from before it is sent until the service has it; then without its body, so that it is known.
outbox = Table(
    "outbox",
    metadata,
    Column("number", Key, primary_key=True),
    Column("key", String(255), nullable=False, unique=True),
    Column("kind", String(20), nullable=False),
    Column("thread", String(255), nullable=False),
    Column("marker", String(32), nullable=False),
    Column("put_at", Float, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("state", String(10), nullable=False),
    Column("receipt", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Index("ix_outbox_state", "state"),
    Index("ix_outbox_thread", "thread"),
    Index("ix_outbox_put_at", "put_at"),
)
