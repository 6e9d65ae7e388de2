"""The knowledge's languages, counted once a revision and by audience."""

from __future__ import annotations

from bot.service import Service
from retrieval.census import Census


async def test_counts_by_audience(service: Service) -> None:
    revision = [1]
    census = Census(service.store.engine, lambda: revision[0])
    public, both = census.count(("public",)), census.count(("agents", "public"))
    assert public.keys() == both.keys() == {"en"}
    assert 0 < public["en"] < both["en"] == service.store.figures().passages
    assert census.count(()) == {}
    assert census.count(("public",)) is public
    revision[0] = 2
    assert census.count(("public",)) == public
    assert census.count(("public",)) is not public
