"""The tables of what is remembered in Slack; how messages come and go has tables of its own."""

from __future__ import annotations

from sqlalchemy import Column, DateTime, Index, Integer, String, Table, Text

from bot.tables import metadata
from retrieval.tables import Key

# Threads in which the app has spoken, and why it was silent there last.
threads = Table(
    "slack_threads",
    metadata,
    Column("team", String(32), primary_key=True),
    Column("channel", String(32), primary_key=True),
    Column("thread", String(32), primary_key=True),
    Column("engaged_at", DateTime(timezone=True)),
    Column("silence", String(32), nullable=False),
    Column("seen_at", DateTime(timezone=True), nullable=False, index=True),
)

# What people have set for themselves.
people = Table(
    "slack_people",
    metadata,
    Column("team", String(32), primary_key=True),
    Column("user", String(32), primary_key=True),
    Column("language", String(35), nullable=False),
)

# Answers that were given, as the buttons below them need them.
answers = Table(
    "slack_answers",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("team", String(32), nullable=False),
    Column("channel", String(32), nullable=False),
    Column("thread", String(32), nullable=False),
    Column("user", String(32), nullable=False),
    Column("question", Text, nullable=False),
    Column("status", String(16), nullable=False),
    Column("answer", Text, nullable=False),
    Column("searched", Text, nullable=False),
    Column("exact", Integer, nullable=False),
    Column("explanation", Text, nullable=False),
    Column("instruction", Text, nullable=False),
    Column("rating", Integer, nullable=False),
    Column("asked_at", DateTime(timezone=True), nullable=False, index=True),
    Index("ix_slack_answers_user", "team", "user", "asked_at"),
)

# What people say an answer should have been.
corrections = Table(
    "slack_corrections",
    metadata,
    Column("id", Key, primary_key=True),
    Column("key", String(64), nullable=False, unique=True),
    Column("team", String(32), nullable=False),
    Column("user", String(32), nullable=False),
    Column("answer_id", String(64), nullable=False),
    Column("question", Text, nullable=False),
    Column("suggestion", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("made_at", DateTime(timezone=True), nullable=False),
    Column("done_at", DateTime(timezone=True), index=True),
)
