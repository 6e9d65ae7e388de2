"""The tables of the desk; those of the knowledge are in `retrieval.tables`."""

from __future__ import annotations

from sqlalchemy import (
    Column,
    DateTime,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from retrieval.tables import metadata as knowledge

metadata = MetaData(naming_convention=knowledge.naming_convention)

conversations = Table(
    "conversations",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("language", String(35), nullable=False),
    Column("seen_at", DateTime(timezone=True), nullable=False, index=True),
)

turns = Table(
    "turns",
    metadata,
    Column("conversation_id", String(64), ForeignKey("conversations.id", ondelete="CASCADE"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("question", Text, nullable=False),
    Column("topic", Text, nullable=False),
    Column("headings", Text, nullable=False),
)

# What is said in the widget. The conversation of the same id above is what the assistant keeps in mind of it.
chats = Table(
    "chats",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("desk", String(63), nullable=False),
    Column("origin", Text, nullable=False),
    Column("visitor", String(64), nullable=False),
    Column("language", String(35), nullable=False),
    Column("state", String(8), nullable=False),
    Column("started_at", DateTime(timezone=True), nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False, index=True),
    Index("ix_chats_visitor_updated_at", "visitor", "updated_at"),
)

chat_messages = Table(
    "chat_messages",
    metadata,
    Column("chat_id", String(64), ForeignKey("chats.id", ondelete="CASCADE"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("author", String(8), nullable=False),
    Column("name", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("language", String(35), nullable=False),
    Column("status", String(10), nullable=False),
    Column("detail", Text, nullable=False),
    Column("answer", Text),
    Column("feedback", String(4)),
    Column("reason", Text, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    # Of a visitor's message: who sent it, so that it is taken once however often it is sent.
    Column("visitor", String(64)),
    Column("client_id", String(64)),
    UniqueConstraint("visitor", "client_id"),
)

# Visitors whose tokens of that moment and before are worth nothing any more.
revocations = Table(
    "revocations",
    metadata,
    Column("visitor", String(64), primary_key=True),
    Column("at", Float, nullable=False),
)
