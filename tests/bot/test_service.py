"""The service opens everything once and gives everything back, whatever happens between."""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path

import pytest

from bot import service as service_module
from bot.question import Question
from bot.service import NothingIngested, Service
from retrieval.data_folder import owner
from retrieval.errors import ConfigurationError, DataFolderInUse
from tests.conftest import FILES, SmallDesk, write_files


async def test_a_first_start_answers_as_soon_as_something_is_published(tmp_path: Path) -> None:
    write_files(tmp_path / "knowledge", FILES)
    async with Service.open(SmallDesk(tmp_path).settings) as service:
        with pytest.raises(NothingIngested, match="polydesk ingest"):
            service.require_knowledge()
        question = Question("How long does a refund take?")
        early = await service.assistant.answer(question)
        assert (early.status, early.knowledge_revision, early.degraded) == ("no_answer", 0, ())
        service.knowledge.start()
        states = set()
        lacking = set()
        async with asyncio.timeout(120):
            while not service.knowledge.revision:
                state = service.knowledge.state()
                if state not in states:
                    # Another question each time: answers are remembered.
                    states.add(state)
                    asked = Question(f"Who pays for return {len(states)}?")
                    lacking.update((await service.assistant.answer(asked)).degraded)
                await asyncio.sleep(0.01)
        assert any(not state.ready and state.detail.startswith("ingesting 0 of 3") for state in states)
        assert lacking == {"knowledge"}
        await service.knowledge.ingest()
        answer = await service.assistant.answer(question)
        assert (answer.status, answer.degraded) == ("answered", ())
        assert answer.knowledge_revision >= 1


async def test_a_second_owner_is_refused_and_the_first_goes_on(small_desk: SmallDesk, tmp_path: Path) -> None:
    settings = small_desk.copy(tmp_path).settings
    async with Service.open(settings) as service:
        with pytest.raises(DataFolderInUse):
            async with Service.open(settings):
                pass
        assert (await service.assistant.answer(Question("How long does a refund take?"))).status == "answered"
    assert owner(settings.data_dir) is None


async def test_what_was_opened_is_closed_when_another_part_fails(
    small_desk: SmallDesk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = small_desk.copy(tmp_path).settings

    def broken(*_: object) -> None:
        raise ConfigurationError("encoder.model: there is no such model.")

    with monkeypatch.context() as patch:
        patch.setattr(service_module, "open_encoder", broken)
        with pytest.raises(ConfigurationError, match=r"encoder\.model"):
            async with Service.open(settings):
                pass
    async with Service.open(settings) as service:
        assert (await service.dependencies())["store"].ready


@pytest.mark.parametrize("newer", [True, False])
async def test_a_database_that_cannot_be_used_is_a_sentence(small_desk: SmallDesk, tmp_path: Path, newer: bool) -> None:
    desk = small_desk.copy(tmp_path)
    database = desk.settings.data_dir / "polydesk.sqlite3"
    if newer:
        with sqlite3.connect(database) as connection:
            connection.execute("UPDATE desk_schema SET version_num = 'v9999'")
        connection.close()
    else:
        database.write_bytes(b"this is no database" * 1000)
    with pytest.raises(ConfigurationError, match=r"database in .* cannot be opened"):
        async with Service.open(desk.settings):
            pass


async def test_conversations_outlive_the_service(small_desk: SmallDesk, tmp_path: Path) -> None:
    settings = small_desk.copy(tmp_path).settings
    id = "a-conversation-of-its-own"
    async with Service.open(settings) as service:
        first = await service.assistant.answer(Question("Wie lange dauert eine Rückerstattung?", conversation_id=id))
        assert first.language == "de"
    async with Service.open(settings) as service:
        assert (await service.assistant.answer(Question("E-104", conversation_id=id))).language == "de"


async def test_an_answer_is_not_remembered_beyond_its_revision(small_desk: SmallDesk, tmp_path: Path) -> None:
    desk = small_desk.copy(tmp_path)
    question = Question("How long does a refund take?")
    async with Service.open(desk.settings) as service:
        before = await service.assistant.answer(question)
        assert "cache" in (await service.assistant.answer(question)).timings_ms
        text = FILES["refunds.md"].replace("five working days", "nine working days")
        write_files(desk.folder / "knowledge", {"refunds.md": text})
        await service.ingest((), lambda values: None)
        after = await service.assistant.answer(question)
    assert "cache" not in after.timings_ms
    assert after.knowledge_revision > before.knowledge_revision
    assert "nine working days" in after.text
