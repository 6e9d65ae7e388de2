"""One real `polydesk serve`: a process on a free port, spoken to over HTTP and by the commands."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from typer.testing import CliRunner

from bot.cli.app import IN_USE, WRONG_USE, app
from bot.desk_file import DeskFile, read_desk_file
from tests.conftest import SmallDesk, write_files

PATIENCE_SECONDS = 60.0


@dataclass
class Running:
    """A desk in a process of its own."""

    process: subprocess.Popen[bytes]
    config: Path
    folder: Path
    desk: DeskFile

    def command(self, *arguments: str) -> Any:
        return CliRunner().invoke(app, [*arguments, "--config", str(self.config)])

    def ask(self, question: str) -> dict[str, Any]:
        response = httpx.post(f"{self.desk.url}/api/ask", json={"question": question}, timeout=60, trust_env=False)
        values: dict[str, Any] = response.raise_for_status().json()
        return values


def wait_for(what: Callable[[], Any]) -> Any:
    until = time.monotonic() + PATIENCE_SECONDS
    while not (found := what()):
        assert time.monotonic() < until, "it did not happen in time"
        time.sleep(0.05)
    return found


def start(folder: Path, settings: dict[str, Any] | None = None) -> Running:
    config = folder / "config.yaml"
    values = {
        "data_dir": "data",
        "knowledge": {"roots": ["knowledge"], "minimum_tokens": 0},
        "server": {"port": 0},
        "logging": {"message_texts": False},
    } | (settings or {})
    config.write_text(yaml.safe_dump(values), encoding="utf-8")
    log = (folder / "log").open("wb")
    command = [sys.executable, "-m", "bot.cli", "serve", "--config", str(config)]
    process = subprocess.Popen(command, stderr=log, stdout=log, cwd=Path(__file__).parents[3])
    log.close()

    def listening() -> DeskFile | None:
        assert process.poll() is None, (folder / "log").read_text()
        desk = read_desk_file(folder / "data")
        if desk is None or desk.pid != process.pid:
            return None
        try:
            ready = httpx.get(f"{desk.url}/ready", timeout=5, trust_env=False).status_code == 200
        except httpx.HTTPError:
            return None
        return desk if ready else None

    return Running(process, config, folder, wait_for(listening))


@pytest.fixture(scope="module")
def running(small_desk: SmallDesk, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    running = start(small_desk.copy(tmp_path_factory.mktemp("served")).folder)
    yield running
    running.process.terminate()
    running.process.wait(30)


def test_commands_go_through_the_running_desk(running: Running) -> None:
    answer = json.loads(running.command("ask", "How long does a refund take?", "--json").stdout)
    assert answer["citations"][0]["path"] == "refunds.md"
    found = json.loads(running.command("search", "goodwill", "--audience", "agents", "--json").stdout)
    assert found["candidates"][0]["path"] == "agents/goodwill.md"
    refused = running.command("ask", " ")
    assert (refused.exit_code, refused.stderr) == (WRONG_USE, "Please type a question.\n")


def test_whatever_needs_the_folder_is_refused(running: Running) -> None:
    for command in (["rebuild"], ["serve"]):
        result = running.command(*command)
        assert result.exit_code == IN_USE
        assert str(running.process.pid) in result.stderr


def test_the_doctor_finds_the_running_desk(running: Running) -> None:
    found = json.loads(running.command("doctor", "--json").stdout)["findings"]
    (here,) = [each for each in found if running.desk.url in each["sentence"]]
    assert here["ok"]


def test_an_edited_file_is_answered_from_by_itself(running: Running) -> None:
    write_files(running.folder / "knowledge", {"helmets.md": "# Helmets\n\nHelmets come in the sizes S, M and XL.\n"})
    question = "Which sizes do helmets come in?"
    answer = wait_for(lambda: "XL" in (answer := running.ask(question))["text"] and answer)
    write_files(running.folder / "knowledge", {"helmets.md": "# Helmets\n\nHelmets come in the sizes K, L and Q.\n"})
    later = wait_for(lambda: "Q" in (answer := running.ask(question))["text"] and answer)
    assert later["knowledge_revision"] > answer["knowledge_revision"]


def test_ingest_goes_through_the_running_desk_which_then_watches_the_new_folder(
    running: Running, tmp_path: Path
) -> None:
    write_files(tmp_path, {"tea.md": "# Tea\n\nTea is brewed for four minutes with boiling water.\n"})
    report = json.loads(running.command("ingest", str(tmp_path), "--json").stdout)
    assert report["added"] == 1
    assert report["removed"] >= 3
    write_files(tmp_path, {"tea.md": "# Tea\n\nTea is brewed for nine minutes with boiling water.\n"})
    wait_for(lambda: "nine minutes" in running.ask("How long is tea brewed?")["text"])
    back = json.loads(running.command("ingest", "--json").stdout)
    assert back["removed"] == 1


def test_the_log_is_json_without_message_texts(running: Running) -> None:
    running.ask("Is my secret word swordfish?")
    lines = [json.loads(line) for line in (running.folder / "log").read_text().splitlines()]
    asked = [line for line in lines if line.get("route") == "/api/ask"]
    assert asked
    assert asked[-1].keys() >= {"method", "status", "ms", "request_id", "outcome", "language", "timestamp", "level"}
    assert "swordfish" not in (running.folder / "log").read_text()


def test_many_askers_over_the_network(running: Running) -> None:
    async def ask_all() -> list[int]:
        async with httpx.AsyncClient(base_url=running.desk.url, timeout=60, trust_env=False) as client:
            posts = [client.post("/api/ask", json={"question": f"Refund for order {n}?"}) for n in range(30)]
            return [response.status_code for response in await asyncio.gather(*posts)]

    assert asyncio.run(ask_all()) == [200] * 30


def test_the_desk_file_is_for_the_owner_alone_and_goes_with_the_desk(small_desk: SmallDesk, tmp_path: Path) -> None:
    running = start(small_desk.copy(tmp_path).folder)
    file = tmp_path / "data" / "desk.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    os.kill(running.process.pid, signal.SIGTERM)
    assert running.process.wait(30) == 0
    assert not file.exists()


def test_a_killed_desk_leaves_a_folder_that_works(small_desk: SmallDesk, tmp_path: Path) -> None:
    running = start(small_desk.copy(tmp_path).folder)
    running.process.kill()
    running.process.wait()
    assert (tmp_path / "data" / "desk.json").exists()
    answer = json.loads(running.command("ask", "How long does a refund take?", "--json").stdout)
    assert answer["status"] == "answered"


def test_streams_of_the_widget_end_whole_with_the_desk(tmp_path: Path) -> None:
    write_files(tmp_path / "knowledge", {"refunds.md": "# Refunds\n\nWe refund within five working days.\n"})
    running = start(tmp_path)
    try:
        with httpx.Client(base_url=running.desk.url, trust_env=False, timeout=60) as http:
            wait_for(lambda: http.get("/ready").status_code == 200)
            ticket = http.post("/api/widget/ticket", headers={"Origin": running.desk.url}).json()["ticket"]
            token = http.post("/api/widget/session", json={"ticket": ticket}).json()["token"]
            headers = {"Authorization": f"Bearer {token}"}
            body = {"conversation": "new", "client_id": "the-first-message", "text": "How long does a refund take?"}
            conversation = http.post("/api/widget/messages", json=body, headers=headers).json()["conversation"]
            path = f"/api/widget/conversations/{conversation}/events"
            with http.stream("GET", path, headers=headers) as response:
                lines = response.iter_lines()
                assert next(lines).startswith("id:")
                running.process.send_signal(signal.SIGTERM)
                list(lines)  # It would raise where the stream is broken off.
        assert running.process.wait(30) == 0
    finally:
        running.process.kill()
        running.process.wait()
    assert "error" not in (tmp_path / "log").read_text(encoding="utf-8").lower().replace("uvicorn.error", "")
