"""Alembic's steps for the knowledge's tables; `retrieval.database` runs them at start."""
