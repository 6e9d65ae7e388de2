"""Runs the steps on the connection that `retrieval.database` hands over."""

from __future__ import annotations

from alembic import context

from retrieval.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table="knowledge_schema",
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
