"""Questions to begin with: what editors say that their public pages answer."""

from __future__ import annotations

from sqlalchemy import Engine, or_, select

from bot.question import PUBLIC
from retrieval.store import Store, live
from retrieval.tables import passages, versions

MOST = 4
_READ = 400


def suggestions(store: Store, language: str) -> list[str]:
    """Up to four questions, each from another page, those of pages in the language first. Blocks."""
    engine: Engine = store.engine
    served = or_(versions.c.valid_until.is_(None), versions.c.valid_until >= store.today())
    query = (
        select(versions.c.id, passages.c.language, passages.c.hints)
        .join_from(versions, passages)
        .where(versions.c.audience.in_(PUBLIC), live(), served, passages.c.hints != "")
        .order_by(passages.c.id)
        .limit(_READ)
    )
    with engine.connect() as connection, connection.begin():
        rows = connection.execute(query).all()
    rows = sorted(rows, key=lambda row: row.language.split("-")[0] != language)
    by_page = {row.id: row.hints.splitlines()[0].strip() for row in reversed(rows)}
    ordered = dict.fromkeys(row.id for row in rows)
    return list(dict.fromkeys(by_page[id] for id in ordered if by_page[id]))[:MOST]
