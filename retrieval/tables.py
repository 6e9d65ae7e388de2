"""The tables of the knowledge: what every other file here reads and writes.

A file has versions. A version is live from the revision that published it (`revision_from`) until the one that replaced
or removed it (`revision_to`); one that was never published has neither and is seen by nobody.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# SQLite keeps its automatic ids to Integer; every other database gets 64 bits.
Key = BigInteger().with_variant(Integer, "sqlite")


revisions = Table(
    "revisions",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("published_at", DateTime(timezone=True), nullable=False),
    Column("files", Integer, nullable=False),
    Column("passages", Integer, nullable=False),
)

files = Table(
    "knowledge_files",
    metadata,
    Column("id", Key, primary_key=True),
    Column("root", Text, nullable=False),
    Column("path", Text, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("mtime_ns", BigInteger, nullable=False),
    Column("read_ns", BigInteger, nullable=False),
    Column("settings", String(64), nullable=False),
    Column("fingerprint", String(64), nullable=False),
    Column("valid_until", Date),
    Column("removed", Boolean, nullable=False),
    UniqueConstraint("root", "path"),
)

versions = Table(
    "file_versions",
    metadata,
    Column("id", Key, primary_key=True),
    Column("file_id", Key, ForeignKey("knowledge_files.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("path", Text, nullable=False),
    Column("audience", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("url", Text, nullable=False),
    Column("encoder", Text, nullable=False),
    Column("valid_until", Date),
    Column("revision_from", Integer),
    Column("revision_to", Integer),
)

passages = Table(
    "passages",
    metadata,
    Column("id", Key, primary_key=True),
    Column("version_id", Key, ForeignKey("file_versions.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("ordinal", Integer, nullable=False),
    Column("url", Text, nullable=False),
    Column("anchor", Text, nullable=False),
    Column("heading", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("instruction", Text, nullable=False),
    Column("hints", Text, nullable=False),
    # The index gives a passage's id away for good: a number that came back would name another text.
    sqlite_autoincrement=True,
)

# Vectors lie apart from the texts, so that a page of texts stays small.
vectors = Table(
    "passage_vectors",
    metadata,
    Column("passage_id", Key, ForeignKey("passages.id", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    Column("pooled", LargeBinary, nullable=False),
    # Those of the passage's signposts, one after the other.
    Column("signposts", LargeBinary),
)

token_vectors = Table(
    "token_vectors",
    metadata,
    Column("passage_id", Key, ForeignKey("passages.id", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    Column("data", LargeBinary, nullable=False),
)

identifiers = Table(
    "identifiers",
    metadata,
    Column("term", Text, primary_key=True),
    Column(
        "passage_id",
        Key,
        ForeignKey("passages.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
        index=True,
    ),
)

failures = Table(
    "failures",
    metadata,
    Column("root", Text, primary_key=True),
    Column("path", Text, primary_key=True),
    Column("line", Integer),
    Column("reason", Text, nullable=False),
    Column("fingerprint", String(64), nullable=False),
    Column("since", DateTime(timezone=True), nullable=False),
)
