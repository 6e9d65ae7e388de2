"""A desk that is killed in the middle of an answer and started again: the panel goes on by itself."""

from __future__ import annotations

import os
import signal
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path

from playwright.sync_api import Browser, expect

from benchmarks.desk import free_port
from bot.desk_file import read_desk_file
from tests.browser.desk import RunningDesk, running_desk, write_knowledge
from tests.browser.host import Host
from tests.browser.visit import visiting
from tests.fakes.llm import FakeLLM, Reply

SENTENCE = "Charge the battery at room temperature with the charger that came with the bike [1]."
QUESTIONS = ["How do I charge the battery?", "And what do the batteries cost?"]


def test_a_killed_desk_gives_its_answers_once_it_is_back(browser: Browser, host: Host, tmp_path: Path) -> None:
    write_knowledge(tmp_path / "knowledge")
    port = free_port()

    def serving(writer: FakeLLM) -> AbstractContextManager[RunningDesk]:
        model = {"base_url": writer.base_url, "model": "scripted", "first_token_seconds": 20, "timeout_seconds": 60}
        server = {"port": port, "question_seconds": 120}
        settings = {"llm": model, "answer": {"kind": "generated"}, "server": server}
        return running_desk(tmp_path, host.origin, settings)

    with FakeLLM(Reply(" ".join([SENTENCE] * 6), tokens_per_second=20)) as writer, ExitStack() as stack:
        killed = ExitStack()
        killed.enter_context(serving(writer))
        script = f'src="http://localhost:{port}/widget.js"'
        visit = stack.enter_context(visiting(browser, host.embed("/kill", script), quiet=True))
        visit.open().send(QUESTIONS[0])
        expect(visit.frame.locator(".message.bot[aria-busy] .prose")).to_contain_text("room temperature")
        visit.send(QUESTIONS[1])
        expect(visit.frame.locator(".message.bot[aria-busy]")).to_have_count(2)
        known = read_desk_file(tmp_path / "data")
        assert known is not None
        os.kill(known.pid, signal.SIGKILL)
        killed.close()
        visit.send("Is anybody there?")
        expect(visit.frame.locator(".message.visitor.queued")).to_have_count(1)
        writer.script = SENTENCE
        with serving(writer) as desk:
            expect(visit.answers).to_have_count(3, timeout=60_000)
            asked = [*QUESTIONS, "Is anybody there?"]
            expect(visit.said).to_have_text(asked)
            (conversation,) = desk.conversations()
            messages = desk.operator.get(f"/api/conversations/{conversation['id']}").json()["messages"]
            assert [each["text"] for each in messages[::2]] == asked
            assert [each["status"] for each in messages] == ["done"] * 6
            # Nothing is left of what the killed desk had said of the first.
            expect(visit.answers.first.locator(".prose")).to_have_text(SENTENCE.replace(" [1].", ".1"))
