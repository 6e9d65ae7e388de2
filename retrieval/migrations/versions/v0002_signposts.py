"""Passages are found by their headings and editors' questions too."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "v0002"
down_revision = "v0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("passage_vectors", sa.Column("signposts", sa.LargeBinary))
