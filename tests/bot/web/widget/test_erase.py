"""Erasing reaches every copy: rows, memories, open streams, and the bytes in the files."""

from __future__ import annotations

import asyncio
import shutil
import time
from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest
import pytest_asyncio
from sqlalchemy import Engine

from bot.chats.revocations import Revocations
from bot.service import Service
from bot.web.app import create_app
from retrieval.database import truncate_log
from tests.bot.web.widget.conftest import Clock, Panel, Slow, client, identity, opened, widget_settings
from tests.conftest import TOKEN, Problems, SmallDesk
from tests.eventually import eventually

pytestmark = pytest.mark.asyncio(loop_scope="session")

CANARY = "xylophoncanary"


@dataclass
class Desk:
    """A desk that tests may change."""

    service: Service
    http: httpx.AsyncClient
    folder: Path
    app: Any
    clock: Clock

    async def enter(self, **more: Any) -> Panel:
        return await opened(self.app, self.http, **more)

    def files_with(self, text: str) -> list[str]:
        """The files of the data folder that hold a text."""
        files = (file for file in (self.folder / "data").rglob("*") if file.is_file())
        return [file.name for file in files if text.encode() in file.read_bytes().lower()]

    async def flushed(self) -> None:
        await asyncio.to_thread(self.service.assistant._conversations.flush)


@pytest_asyncio.fixture(loop_scope="session")
async def own(small_desk: SmallDesk, tmp_path: Path) -> AsyncIterator[Desk]:
    copy = small_desk.copy(tmp_path)
    clock = Clock()
    async with Service.open(widget_settings(copy)) as service:
        app = create_app(service, TOKEN, clock)
        async with client(app) as http:
            yield Desk(service, http, tmp_path, app, clock)


async def test_nothing_of_an_erased_conversation_is_left(own: Desk, problem: Problems) -> None:
    panel, other = await own.enter(), await own.enter()
    theirs, _ = await other.answered("How do I charge the battery?")
    conversation, _ = await panel.answered(f"How long does a refund of {CANARY} take?", language="en")
    for number in range(25):
        # Enough for pages to be split, with what others say between.
        await panel.answered(f"{CANARY} {number} {'and so on ' * (number * 3 % 40)}?", conversation)
        await other.answered(f"Battery {number} {'warm ' * (number * 7 % 60)}?", theirs)
    reason = {"value": "down", "reason": f"It says nothing of {CANARY}."}
    await panel.call("PUT", f"/conversations/{conversation}/messages/2/feedback", json=reason)
    await own.flushed()
    assert own.files_with(CANARY)
    assistant = own.service.assistant
    assert any(CANARY in key.question for key in assistant._cache._answers)
    assert any(CANARY in key[0] for key in assistant._languages)
    async with aclosing(panel.events(conversation)) as listening:
        await anext(listening)
        assert (await panel.call("DELETE", f"/conversations/{conversation}")).status_code == 204
        assert [event.name async for event in listening] == ["gone"]
    await own.flushed()
    assert own.files_with(CANARY) == []
    assert not any(CANARY in key.question for key in assistant._cache._answers)
    assert not any(CANARY in key[0] for key in assistant._languages)
    assert assistant._conversations.known(conversation) is None
    assert conversation not in own.service.chats._memory
    problem(await panel.call("GET", f"/conversations/{conversation}/events"), 404)
    problem(await panel.call("DELETE", f"/conversations/{conversation}"), 404)
    assert (await panel.call("GET", "/conversations")).json() == {"conversations": []}
    assert len((await other.history(theirs))["messages"]) == 52


async def test_an_answer_on_its_way_is_erased_with_the_rest(own: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    slow = Slow(own.service)
    monkeypatch.setattr(own.service.assistant, "stream", slow.stream)
    panel = await own.enter()
    conversation = (await panel.say(f"What is {CANARY}?"))["conversation"]
    await panel.say(f"And what is {CANARY} two?", conversation)
    slow.say(f"{CANARY} is ")
    await panel.until_text(conversation, "")
    await eventually(lambda: bool(slow.asked))
    await asyncio.gather(*(panel.call("DELETE", f"/conversations/{conversation}") for _ in range(3)))
    assert slow.closed == 1
    assert len(slow.asked) == 1
    await own.flushed()
    assert own.files_with(CANARY) == []


@pytest.mark.parametrize("ending", ["erase", "stop"])
async def test_who_comes_while_an_answer_is_ended_does_not_begin_it_anew(
    own: Desk, monkeypatch: pytest.MonkeyPatch, ending: str
) -> None:
    slow = Slow(own.service)
    monkeypatch.setattr(own.service.assistant, "stream", slow.stream)
    panel, chats, loop = await own.enter(), own.service.chats, asyncio.get_running_loop()
    conversation = (await panel.say(f"What is {CANARY}?"))["conversation"]
    await eventually(lambda: bool(slow.asked))
    listening: list[asyncio.Task[None]] = []

    async def listen() -> None:
        async with aclosing(panel.events(conversation)) as events:
            await anext(events)

    async def come() -> None:
        listening.append(asyncio.create_task(listen()))
        await asyncio.sleep(0.05)

    write = "erase" if ending == "erase" else "write_answer"
    written = getattr(chats._store, write)

    def writing(*arguments: Any) -> None:
        written(*arguments)
        asyncio.run_coroutine_threadsafe(come(), loop).result(30)

    monkeypatch.setattr(chats._store, write, writing)
    method, path = ("DELETE", "") if ending == "erase" else ("POST", "/stop")
    assert (await panel.call(method, f"/conversations/{conversation}{path}")).status_code == 204
    await asyncio.gather(*listening, return_exceptions=True)
    assert len(slow.asked) == 1
    assert chats._answering.count == 0
    if ending == "erase":
        await own.flushed()
        assert own.files_with(CANARY) == []


async def test_a_visitor_erases_everything_of_theirs_and_is_somebody_new(own: Desk, problem: Problems) -> None:
    panel = await own.enter()
    for number in range(3):
        await panel.answered(f"Who is {CANARY} {number}?")
    (first, *_) = (await panel.call("GET", "/conversations")).json()["conversations"]
    async with aclosing(panel.events(first["id"])) as listening:
        await anext(listening)
        assert (await panel.call("DELETE", "/visitor")).status_code == 204
        assert [event.name async for event in listening] == ["gone"]
    await own.flushed()
    assert own.files_with(CANARY) == []
    problem(await panel.call("GET", "/conversations"), 401)
    again = await own.enter(visitor=panel.session["visitor"])
    assert _visitor(again) != _visitor(panel)


@pytest.mark.parametrize("late", [False, True])
async def test_a_message_at_the_moment_of_erasing_leaves_nothing(
    own: Desk, monkeypatch: pytest.MonkeyPatch, problem: Problems, late: bool
) -> None:
    """It is written down just before the erasing, or just after the visitor was revoked."""
    slow = Slow(own.service)
    monkeypatch.setattr(own.service.assistant, "stream", slow.stream)
    panel = await own.enter()
    chats, visitor = own.service.chats, _visitor(panel)
    add = chats._added

    async def meanwhile(*arguments: Any) -> Any:
        taken = None if late else await add(*arguments)
        await own.app.state.widget.erase_visitor(visitor)
        return await add(*arguments) if late else taken

    monkeypatch.setattr(chats, "_added", meanwhile)
    body = {"conversation": "new", "client_id": "at-the-same-moment", "text": f"Who is {CANARY}?", "language": "en"}
    problem(await panel.call("POST", "/messages", json=body), 404)
    await own.flushed()
    assert len(chats._memory) == 0
    assert slow.asked == []
    assert await chats.in_state(None, 10) == []
    assert own.files_with(CANARY) == []


async def test_a_user_who_erased_everything_may_come_back(own: Desk, problem: Problems) -> None:
    user = await own.enter(identity=identity("ana"))
    await user.answered("How long does a refund take?")
    assert (await user.call("DELETE", "/visitor")).status_code == 204
    problem(await user.call("GET", "/conversations"), 401)
    own.clock.ahead = 1
    back = await own.enter(identity=identity("ana"))
    assert _visitor(back) == _visitor(user)
    assert (await back.call("GET", "/conversations")).json() == {"conversations": []}


async def test_who_was_revoked_stays_so_over_a_restart(small_desk: SmallDesk, tmp_path: Path) -> None:
    settings = widget_settings(small_desk.copy(tmp_path))
    for start in range(2):
        async with Service.open(settings) as service:
            app = create_app(service, TOKEN)
            async with client(app) as http:
                if start == 0:
                    panel = await opened(app, http)
                    kept = await opened(app, http)
                    await panel.answered("How long does a refund take?")
                    assert (await panel.call("DELETE", "/visitor")).status_code == 204
                else:
                    panel.http = kept.http = http
                    assert (await panel.call("GET", "/conversations")).status_code == 401
                    # The key is that of before.
                    assert (await kept.call("GET", "/conversations")).status_code == 200
    assert (tmp_path / "data" / "widget.key").stat().st_mode & 0o777 == 0o600


async def test_revocations_are_forgotten_once_no_token_can_be_left(own: Desk) -> None:
    ahead, revocations = 0.0, own.service.revocations
    again = Revocations(own.service.store.engine, 30, lambda: time.time() + ahead)
    for visitor in ("v.one", "v.two"):
        await asyncio.to_thread(again.revoke, visitor)
        ahead += 20 * 86_400
    await asyncio.to_thread(again.forget_old)
    await asyncio.to_thread(revocations.load)
    for each in (again, revocations):
        assert [each.revoked(visitor, 0) for visitor in ("v.one", "v.two")] == [False, True]


async def test_what_is_old_is_erased_like_that(own: Desk, monkeypatch: pytest.MonkeyPatch, problem: Problems) -> None:
    panel, other = await own.enter(), await own.enter()
    old, _ = await panel.answered(f"When was {CANARY}?")
    store = own.service.chats._store
    now = store.now
    monkeypatch.setattr(store, "now", lambda: now() + timedelta(days=29))
    young, _ = await other.answered("How do I charge the battery?")
    monkeypatch.setattr(store, "now", lambda: now() + timedelta(days=31))
    await own.flushed()
    await own.service.chats.forget_old()
    assert own.files_with(CANARY) == []
    problem(await panel.call("GET", f"/conversations/{old}/events"), 404)
    assert (await other.history(young))["conversation"] == young


async def test_bytes_that_a_long_read_keeps_are_wiped_once_it_is_over(
    own: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    panel = await own.enter()
    conversation, _ = await panel.answered(f"Where is {CANARY}?")
    with monkeypatch.context() as patch:
        patch.setattr("bot.chats.eraser.truncate_log", lambda engine: False)
        assert (await panel.call("DELETE", f"/conversations/{conversation}")).status_code == 204
    await own.flushed()
    assert own.files_with(CANARY)
    # As the desk does every few seconds.
    await own.service.chats.wipe()
    assert own.files_with(CANARY) == []


async def test_what_is_erased_while_other_bytes_are_wiped_is_wiped_too(
    own: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    panel, other, chats = await own.enter(), await own.enter(), own.service.chats
    first, _ = await panel.answered("How do I charge the battery?")
    second, _ = await other.answered(f"Where is {CANARY}?")
    await own.flushed()
    loop, late = asyncio.get_running_loop(), [second]

    def truncating(engine: Engine) -> bool:
        done = truncate_log(engine)
        while late:
            asyncio.run_coroutine_threadsafe(chats._eraser.erase(late.pop()), loop).result(30)
        return done

    monkeypatch.setattr("bot.chats.eraser.truncate_log", truncating)
    assert (await panel.call("DELETE", f"/conversations/{first}")).status_code == 204
    await chats.wipe()
    assert own.files_with(CANARY) == []


async def test_bytes_that_a_killed_desk_left_are_wiped_by_the_next(
    own: Desk, small_desk: SmallDesk, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    panel = await own.enter()
    conversation, _ = await panel.answered(f"Where is {CANARY}?")
    await own.flushed()
    monkeypatch.setattr("bot.chats.eraser.truncate_log", lambda engine: False)
    assert (await panel.call("DELETE", f"/conversations/{conversation}")).status_code == 204
    # As a kill leaves it: the files as they are in this moment.
    killed = tmp_path_factory.mktemp("killed") / "desk"
    shutil.copytree(own.folder, killed)
    monkeypatch.undo()
    left = Desk(own.service, own.http, killed, own.app, own.clock)
    assert left.files_with(CANARY)
    async with Service.open(widget_settings(SmallDesk(killed))):
        await eventually(lambda: not left.files_with(CANARY))


def _visitor(panel: Panel) -> str:
    claims = jwt.decode(panel.session["token"], options={"verify_signature": False})
    return str(claims["sub"])
