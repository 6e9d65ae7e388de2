"""What a process leaves behind that ends, or is killed, in the middle of an answer; and chats that leave its memory."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from pathlib import Path

import pytest
from fastapi import FastAPI
from sqlalchemy import select

from bot.chats import memory
from bot.service import Service
from bot.tables import chat_messages
from bot.web.app import create_app
from tests.bot.web.widget.conftest import Panel, Slow, client, opened, replayed, widget_settings
from tests.conftest import TOKEN, SmallDesk
from tests.eventually import eventually

pytestmark = pytest.mark.asyncio(loop_scope="session")

QUESTION = "How long does a refund take?"


@asynccontextmanager
async def running(desk: SmallDesk, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[tuple[Service, FastAPI, Slow]]:
    async with Service.open(widget_settings(desk)) as service:
        slow = Slow(service)
        with monkeypatch.context() as patch:
            patch.setattr(service.assistant, "stream", slow.stream)
            yield service, create_app(service, TOKEN), slow


def moved(panel: Panel, app: FastAPI) -> Panel:
    """The same visitor with the next process."""
    return Panel(client(app), app, panel.session, panel.desk, panel.origin, panel.sent)


@pytest.mark.parametrize("killed", [False, True])
async def test_an_answer_that_was_cut_off_is_given_once_somebody_comes(
    small_desk: SmallDesk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, killed: bool
) -> None:
    first = small_desk.copy(tmp_path / "first")
    async with running(first, monkeypatch) as (_, app, slow):
        panel = await opened(app, client(app))
        conversation = (await panel.say(QUESTION))["conversation"]
        await panel.say("And who pays?", conversation)
        slow.say("The first process says ")
        await panel.until_text(conversation, "")
        seen = await _last(panel, conversation)
        if killed:
            # As a kill leaves it: the files as they are in this moment.
            shutil.copytree(first.folder, tmp_path / "second")
    desk = SmallDesk(tmp_path / "second") if killed else first
    async with running(desk, monkeypatch) as (_, app, slow):
        panel = moved(panel, app)
        assert [each["status"] for each in (await panel.history(conversation))["messages"]] == [
            "done",
            "streaming",
            "done",
            "streaming",
        ]
        # Two come at the same moment, one knowing where the former process was.
        watching = [asyncio.create_task(panel.until_done(conversation, 4, place)) for place in (seen, None)]
        await eventually(lambda: app.state.widget.streams.count == 2)
        slow.say("The second process ", "answers.", None, "Both.", None)
        for events in await asyncio.gather(*watching):
            assert events[0].name == "history"
            assert events[0].id > seen
            texts = replayed(events)
            assert (texts[2], texts[4]) == ("The second process answers.", "Both.")
        assert [question.text for question in slow.asked] == [QUESTION, "And who pays?"]


async def test_going_on_takes_up_what_was_cut_off(
    small_desk: SmallDesk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = small_desk.copy(tmp_path)
    async with running(desk, monkeypatch) as (_, app, slow):
        panel = await opened(app, client(app))
        first = await panel.say(QUESTION, client_id="sent-before-it-ended")
    async with running(desk, monkeypatch) as (_, app, slow):
        panel = moved(panel, app)
        # The reply was lost with the process, so the panel sends it again.
        assert await panel.say(QUESTION, client_id="sent-before-it-ended") == first
        await eventually(lambda: len(slow.asked) == 1)
        slow.say("Here.", None)
        await panel.until_done(first["conversation"], 2)
    async with running(desk, monkeypatch) as (_, app, slow):
        panel = moved(panel, app)
        history = await panel.history(first["conversation"])
        assert [each["text"] for each in history["messages"]] == [QUESTION, "Here."]
        assert slow.asked == []


async def test_a_person_who_spoke_last_keeps_the_bot_silent_over_a_restart(
    small_desk: SmallDesk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = small_desk.copy(tmp_path)
    async with running(desk, monkeypatch) as (service, app, slow):
        panel = await opened(app, client(app))
        conversation = (await panel.say(QUESTION))["conversation"]
        await service.chats.answer_as_person(conversation, "Ana", "I am here.")
    async with running(desk, monkeypatch) as (_, app, slow):
        panel = moved(panel, app)
        history = await panel.history(conversation)
        assert history["state"] == "person"
        assert [each["status"] for each in history["messages"]] == ["done", "stopped", "done"]
        assert (await panel.say("Hello?", conversation))["reply"] is None
        assert slow.asked == []


async def test_chats_that_nobody_uses_leave_memory_and_come_back_whole(
    small_desk: SmallDesk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory, "IN_MEMORY", 3)
    async with Service.open(widget_settings(small_desk.copy(tmp_path))) as service:
        app = create_app(service, TOKEN)
        panel = await opened(app, client(app))
        made = [(await panel.answered(QUESTION))[0] for _ in range(8)]
        await eventually(lambda: len(service.chats._memory) <= 3)
        for conversation in made:
            history = await panel.history(conversation)
            assert "five working days" in history["messages"][1]["text"]
            assert history["messages"][1]["answer"]["status"] == "answered"
        assert len(service.chats._memory) <= 3
        _, answer = await panel.answered("And who pays for it?", made[0])
        assert answer["number"] == 4


async def test_when_an_answer_cannot_be_written_nobody_waits_for_it(
    small_desk: SmallDesk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = small_desk.copy(tmp_path)
    async with running(desk, monkeypatch) as (service, app, slow):
        panel = await opened(app, client(app))
        conversation = (await panel.say(QUESTION))["conversation"]
        watching = await panel.watch(conversation, 2)
        with service.store.engine.connect() as connection:
            fails = "BEGIN SELECT RAISE(FAIL, 'disk'); END"
            connection.exec_driver_sql(f"CREATE TRIGGER full BEFORE UPDATE ON chat_messages {fails}")
            connection.exec_driver_sql("COMMIT")
        slow.say("An answer.", None)
        message = (await watching)[-1].data
        assert (message["status"], message["text"]) == ("failed", "An answer.")
        assert "disk" not in message["detail"]
        with service.store.engine.connect() as connection:
            connection.exec_driver_sql("DROP TRIGGER full")
            connection.exec_driver_sql("COMMIT")
            status = select(chat_messages.c.status).where(chat_messages.c.number == 2)
            assert connection.execute(status).scalar_one() == "streaming"
        assert (await panel.call("POST", f"/conversations/{conversation}/retry")).status_code == 202
        slow.say("Written.", None)
        await panel.until_done(conversation, 2)
        with service.store.engine.connect() as connection:
            assert connection.execute(status).scalar_one() == "done"


async def _last(panel: Panel, conversation: str) -> int:
    """The id of the last event."""
    async with aclosing(panel.events(conversation)) as events:
        return (await anext(events)).id
