"""The tables of the Slack app. Times are seconds since 1970."""

from __future__ import annotations

from sqlalchemy import Column, Float, LargeBinary, String, Table

from bot.tables import metadata

# `place` is the workspace's id, or the organisation's where the whole of it installed the app. `sealed` is encrypted.
installations = Table(
    "slack_installations",
    metadata,
    Column("place", String(40), primary_key=True),
    Column("sealed", LargeBinary, nullable=False),
    Column("installed_at", Float, nullable=False),
)

# Of installs under way; each is taken once.
states = Table(
    "slack_states",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("expires_at", Float, nullable=False),
)
