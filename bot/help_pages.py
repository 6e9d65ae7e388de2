"""Public knowledge files as pages, read from the store: what a citation's link opens where no website has them."""

from __future__ import annotations

import json
from dataclasses import dataclass

from sqlalchemy import Engine, or_, select

from bot.question import PUBLIC
from retrieval.store import Store, live
from retrieval.tables import passages, versions


@dataclass(frozen=True, slots=True)
class HelpSection:
    """One passage of a page; `heading` is its path of headings."""

    heading: tuple[str, ...]
    anchor: str
    text: str


@dataclass(frozen=True, slots=True)
class HelpPage:
    """A knowledge file as published. `language` is "" where unknown."""

    title: str
    language: str
    sections: tuple[HelpSection, ...]


def find_page(store: Store, url: str) -> HelpPage | None:
    """The published, unexpired, public file with this address; blocks, so call it from a thread."""
    engine: Engine = store.engine
    served = or_(versions.c.valid_until.is_(None), versions.c.valid_until >= store.today())
    query = (
        select(
            versions.c.id,
            versions.c.title,
            passages.c.heading,
            passages.c.anchor,
            passages.c.text,
            passages.c.language,
        )
        .join_from(versions, passages)
        .where(versions.c.url == url, versions.c.audience.in_(PUBLIC), live(), served)
        .order_by(versions.c.id, passages.c.ordinal)
    )
    with engine.connect() as connection, connection.begin():
        rows = connection.execute(query).all()
    if not rows:
        return None
    # Two roots may hold files with one address; the first is shown whole rather than both mixed.
    own = [row for row in rows if row.id == rows[0].id]
    sections = tuple(HelpSection(tuple(json.loads(row.heading)), row.anchor, row.text) for row in own)
    return HelpPage(own[0].title, own[0].language, sections)
