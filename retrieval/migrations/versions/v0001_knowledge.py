"""The first tables: files, their versions, passages, vectors, identifiers, failures, revisions."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "v0001"
down_revision = None
branch_labels = None
depends_on = None

Key = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    op.create_table(
        "revisions",
        sa.Column("number", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("files", sa.Integer, nullable=False),
        sa.Column("passages", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_revisions"),
    )
    op.create_table(
        "knowledge_files",
        sa.Column("id", Key, nullable=False),
        sa.Column("root", sa.Text, nullable=False),
        sa.Column("path", sa.Text, nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("mtime_ns", sa.BigInteger, nullable=False),
        sa.Column("read_ns", sa.BigInteger, nullable=False),
        sa.Column("settings", sa.String(64), nullable=False),
        sa.Column("fingerprint", sa.String(64), nullable=False),
        sa.Column("valid_until", sa.Date),
        sa.Column("removed", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_knowledge_files"),
        sa.UniqueConstraint("root", "path", name="uq_knowledge_files_root_path"),
    )
    op.create_table(
        "file_versions",
        sa.Column("id", Key, nullable=False),
        sa.Column("file_id", Key, nullable=False),
        sa.Column("path", sa.Text, nullable=False),
        sa.Column("audience", sa.Text, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("url", sa.Text, nullable=False),
        sa.Column("encoder", sa.Text, nullable=False),
        sa.Column("valid_until", sa.Date),
        sa.Column("revision_from", sa.Integer),
        sa.Column("revision_to", sa.Integer),
        sa.PrimaryKeyConstraint("id", name="pk_file_versions"),
        _owner("file_versions", "file_id", "knowledge_files"),
    )
    op.create_index("ix_file_versions_file_id", "file_versions", ["file_id"])
    op.create_table(
        "passages",
        sa.Column("id", Key, nullable=False),
        sa.Column("version_id", Key, nullable=False),
        sa.Column("ordinal", sa.Integer, nullable=False),
        sa.Column("url", sa.Text, nullable=False),
        sa.Column("anchor", sa.Text, nullable=False),
        sa.Column("heading", sa.Text, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("language", sa.Text, nullable=False),
        sa.Column("instruction", sa.Text, nullable=False),
        sa.Column("hints", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_passages"),
        _owner("passages", "version_id", "file_versions"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_passages_version_id", "passages", ["version_id"])
    for table, column in (("passage_vectors", "pooled"), ("token_vectors", "data")):
        op.create_table(
            table,
            sa.Column("passage_id", Key, autoincrement=False, nullable=False),
            sa.Column(column, sa.LargeBinary, nullable=False),
            sa.PrimaryKeyConstraint("passage_id", name=f"pk_{table}"),
            _owner(table, "passage_id", "passages"),
        )
    op.create_table(
        "identifiers",
        sa.Column("term", sa.Text, nullable=False),
        sa.Column("passage_id", Key, autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("term", "passage_id", name="pk_identifiers"),
        _owner("identifiers", "passage_id", "passages"),
    )
    op.create_index("ix_identifiers_passage_id", "identifiers", ["passage_id"])
    op.create_table(
        "failures",
        sa.Column("root", sa.Text, nullable=False),
        sa.Column("path", sa.Text, nullable=False),
        sa.Column("line", sa.Integer),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("fingerprint", sa.String(64), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("root", "path", name="pk_failures"),
    )


def _owner(table: str, column: str, owner: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{owner}.id"], name=f"fk_{table}_{column}", ondelete="CASCADE")
