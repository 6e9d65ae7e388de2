"""What the desk does every now and then goes on after a fault."""

from __future__ import annotations

import asyncio

import pytest
from structlog.testing import capture_logs

from bot import upkeep
from bot.service import Service
from bot.upkeep import flushing, forgetting
from tests.eventually import eventually


@pytest.fixture(autouse=True)
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upkeep, "FLUSH_SECONDS", 0.01)
    monkeypatch.setattr(upkeep, "FORGET_EVERY", 1)


@pytest.mark.asyncio(loop_scope="session")
async def test_what_is_old_is_erased_the_next_time_when_it_could_not_be(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    chats, conversations = service.chats, service.assistant._conversations
    done = {"chats": 0, "conversations": 0}

    async def forget_chats() -> None:
        done["chats"] += 1
        if done["chats"] == 1:
            raise RuntimeError("a fault")

    def forget_conversations() -> None:
        done["conversations"] += 1
        if done["conversations"] == 1:
            raise RuntimeError("a fault")

    monkeypatch.setattr(chats, "forget_old", forget_chats)
    monkeypatch.setattr(conversations, "forget_old", forget_conversations)
    with capture_logs() as logged:
        async with asyncio.timeout(10), forgetting(chats, service.revocations), flushing(conversations):
            await eventually(lambda: min(done.values()) > 2)
    assert sorted(line["event"] for line in logged) == ["chats_not_erased", "conversations_not_written"]
