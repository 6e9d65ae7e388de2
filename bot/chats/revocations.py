"""Visitors whose tokens are worth nothing any more."""

from __future__ import annotations

import time
from collections.abc import Callable

from sqlalchemy import Engine, delete, insert, select

from bot.tables import revocations
from retrieval.database import PRIVATE

DAY = 86_400


class Revocations:
    """Read into memory once, as every request of the widget asks. All but `revoked` block, so from a thread.

    Args:
        keep_days: how long the longest-lived token is good, and so a revocation worth keeping.
        clock: the time in seconds.
    """

    def __init__(self, engine: Engine, keep_days: int, clock: Callable[[], float] = time.time) -> None:
        self._engine = engine
        self._keep = (keep_days + 1) * DAY
        self._clock = clock
        self._revoked: dict[str, float] = {}

    def load(self) -> None:
        """Reads what was revoked."""
        with self._engine.connect() as connection, connection.begin():
            self._revoked = {row.visitor: row.at for row in connection.execute(select(revocations))}

    def forget_old(self) -> None:
        """Forgets what nobody can have a token of any more."""
        oldest = self._clock() - self._keep
        for visitor in [visitor for visitor, at in self._revoked.copy().items() if at < oldest]:
            del self._revoked[visitor]
        with self._engine.connect().execution_options(**PRIVATE) as connection, connection.begin():
            connection.execute(delete(revocations).where(revocations.c.at < oldest))

    def revoke(self, visitor: str) -> None:
        """Makes all tokens worthless that the visitor has now. A user who proves anew who they are gets new ones."""
        now = self._clock()
        self._revoked[visitor] = now
        with self._engine.connect().execution_options(**PRIVATE) as connection, connection.begin():
            connection.execute(delete(revocations).where(revocations.c.visitor == visitor))
            connection.execute(insert(revocations).values(visitor=visitor, at=now))

    def revoked(self, visitor: str, issued: float) -> bool:
        """Whether a token of the visitor that was issued then is worth nothing."""
        at = self._revoked.get(visitor)
        return at is not None and issued <= at
