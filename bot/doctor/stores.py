"""Whether the stores keep what is written: a row in the database, a vector in the index, both removed again."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime

import numpy as np
from chromadb.errors import ChromaError
from sqlalchemy import delete, insert, select
from sqlalchemy.exc import SQLAlchemyError

from bot.doctor.finding import Finding
from bot.service import Service
from bot.tables import conversations
from retrieval.database import WRITE


def database_keeps(service: Service) -> Finding:
    """A conversation is written, read by another connection, and deleted."""
    row = {"id": f"doctor-{secrets.token_hex(8)}", "language": "en", "seen_at": datetime.now(UTC)}
    mine = conversations.c.id == row["id"]
    engine = service.store.engine
    try:
        with engine.connect().execution_options(**WRITE) as connection, connection.begin():
            connection.execute(insert(conversations).values(row))
        with engine.connect() as connection, connection.begin():
            found = connection.execute(select(conversations.c.language).where(mine)).scalar_one_or_none()
        with engine.connect().execution_options(**WRITE) as connection, connection.begin():
            connection.execute(delete(conversations).where(mine))
    except SQLAlchemyError as error:
        cause = getattr(error, "orig", None) or error
        return Finding(False, f"The database cannot be written: {cause}; look at the disk, or restore a back-up.")
    if found != row["language"]:
        return Finding(False, "The database does not give back what was written; restore a back-up.")
    return Finding(True, "The database gives back what is written.")


def index_keeps(service: Service) -> Finding:
    """A vector is added to a collection of its own, found, and dropped with it."""
    # Dropped in the end, so it must be nobody's; and nobody asks on its behalf.
    audience = f"doctor-{secrets.token_hex(8)}"
    vector = np.zeros((1, service.encoder.dimension), np.float32)
    vector[0, 0] = 1
    try:
        try:
            service.index.add(audience, [1], [vector])
            found = service.index.query(audience, vector[0], 1)
        finally:
            service.index.drop(audience)
    except (ChromaError, OSError) as error:
        return Finding(False, f"The index cannot be written: {error}; run `polydesk rebuild`.")
    if [id for id, _ in found] != [1]:
        return Finding(False, "The index does not find what was added; run `polydesk rebuild`.")
    return Finding(True, "The index finds what is added.")
