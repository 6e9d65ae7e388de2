"""Chats in memory come and go without anybody waiting for what has happened already."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.chats import memory
from bot.chats.memory import Memory
from bot.chats.store import NEW, ChatStore
from bot.chats.values import Gone, Owner, Sent
from retrieval.database import migrate, open_engine

OWNER = Owner("v.somebody", "shop", "https://shop.example")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[ChatStore]:
    engine = open_engine(f"sqlite:///{tmp_path / 'some.sqlite3'}")
    migrate(engine, "bot")
    store = ChatStore(engine)
    yield store
    store.close()
    engine.dispose()


def begun(store: ChatStore, number: int = 0) -> str:
    """The id of a new chat."""
    return store.add_question(OWNER, Sent(NEW, f"question-{number:08}", "How long?", "en", 0))[0].chat


async def test_a_chat_is_on_its_way_or_there_and_never_both(store: ChatStore) -> None:
    chats, id = Memory(store), begun(store)

    async def open() -> None:
        async with chats.open(id, OWNER):
            pass

    opening = asyncio.create_task(open())
    while id not in chats:  # noqa: ASYNC110
        await asyncio.sleep(0)
    assert chats._loading == {}
    await opening
    with pytest.raises(Gone):
        async with chats.open(id[:-1] + "_", OWNER):
            pass
    assert chats._loading == {}


async def test_many_come_and_go_where_there_is_no_room(store: ChatStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "IN_MEMORY", 0)
    chats, ids = Memory(store), [begun(store, number) for number in range(3)]
    opened = 0

    async def come(place: int) -> None:
        nonlocal opened
        for turn in range(30):
            async with chats.open(ids[(place + turn) % 3], OWNER) as live:
                assert live.chat.owner == OWNER
                opened += 1
                if turn % 2:
                    await asyncio.sleep(0)

    await asyncio.gather(*(come(place) for place in range(9)))
    assert opened == 270
    assert len(chats) == 0
