"""The tables of the desk; those of the knowledge are in `retrieval.tables`."""

from __future__ import annotations

from sqlalchemy import Column, DateTime, ForeignKey, Integer, MetaData, String, Table, Text

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
