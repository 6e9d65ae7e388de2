"""The tables of the desk; those of the knowledge are in `retrieval.tables`."""

from __future__ import annotations

from sqlalchemy import Column, DateTime, MetaData, String, Table

from retrieval.tables import metadata as knowledge

metadata = MetaData(naming_convention=knowledge.naming_convention)

conversations = Table(
    "conversations",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("language", String(35), nullable=False),
    Column("seen_at", DateTime(timezone=True), nullable=False, index=True),
)
