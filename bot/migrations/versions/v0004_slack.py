"""Inbox and outbox of chat services; the installations of the Slack app."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "v0004"
down_revision = "v0003"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "inbox",
        sa.Column("number", KEY, nullable=False),
        sa.Column("id", sa.String(100), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("thread", sa.String(255), nullable=False),
        sa.Column("urgent", sa.Integer(), nullable=False),
        sa.Column("happened_at", sa.Float(), nullable=False),
        sa.Column("arrived_at", sa.Float(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.Float(), nullable=False),
        sa.Column("leased_until", sa.Float(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_inbox"),
        sa.UniqueConstraint("id", name="uq_inbox_id"),
    )
    op.create_index("ix_inbox_state_thread", "inbox", ["state", "thread", "happened_at"])
    op.create_index("ix_inbox_arrived_at", "inbox", ["arrived_at"])
    op.create_table(
        "outbox",
        sa.Column("number", KEY, nullable=False),
        sa.Column("key", sa.String(255), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("thread", sa.String(255), nullable=False),
        sa.Column("marker", sa.String(32), nullable=False),
        sa.Column("put_at", sa.Float(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("receipt", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_outbox"),
        sa.UniqueConstraint("key", name="uq_outbox_key"),
    )
    op.create_index("ix_outbox_state", "outbox", ["state"])
    op.create_index("ix_outbox_thread", "outbox", ["thread"])
    op.create_index("ix_outbox_put_at", "outbox", ["put_at"])
    op.create_table(
        "slack_installations",
        sa.Column("place", sa.String(40), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("installed_at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("place", name="pk_slack_installations"),
    )
    op.create_table(
        "slack_states",
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("expires_at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name="pk_slack_states"),
    )


def downgrade() -> None:
    for table in ("slack_states", "slack_installations", "outbox", "inbox"):
        op.drop_table(table)
