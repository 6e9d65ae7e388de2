"""polydesk conversations: through a running desk, which sits behind a proxy."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import yaml

from bot.cli.app import FAILED, WRONG_USE
from tests.bot.cli.test_serve import Running, start
from tests.conftest import SmallDesk

QUESTION = "How long does a refund take?"


@pytest.fixture(scope="module")
def running(small_desk: SmallDesk, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    settings = {"server": {"port": 0, "questions_per_minute": 2}}
    running = start(small_desk.copy(tmp_path_factory.mktemp("conversed")).folder, settings)
    yield running
    running.process.terminate()
    running.process.wait(30)


@pytest.fixture
def conversation(running: Running) -> str:
    """Somebody asked something on the desk's own page."""
    with httpx.Client(base_url=running.desk.url, trust_env=False, timeout=60) as http:
        ticket = http.post("/api/widget/ticket", headers={"Origin": running.desk.url}).json()
        token = http.post("/api/widget/session", json=ticket).json()["token"]
        headers = {"Authorization": f"Bearer {token}"}
        body = {"conversation": "new", "client_id": "0123456789abcdef", "text": QUESTION, "language": "en"}
        id = str(http.post("/api/widget/messages", json=body, headers=headers).json()["conversation"])
        assert http.post(f"/api/widget/conversations/{id}/person", headers=headers).json() == {"state": "waiting"}
    return id


def said(running: Running, *arguments: str) -> Any:
    result = running.command("conversations", *arguments, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_a_person_answers_and_gives_back(running: Running, conversation: str) -> None:
    waiting = said(running, "list", "--state", "waiting")["conversations"]
    assert conversation in [each["id"] for each in waiting]
    assert said(running, "reply", conversation, "Hello, I am here.", "--name", "Ana") == {"message": 3}
    shown = said(running, "show", conversation)
    assert shown["state"] == "person"
    assert [each["text"] for each in shown["messages"]][::2] == [QUESTION, "Hello, I am here."]
    assert said(running, "return", conversation) == {"state": "bot"}
    assert said(running, "show", conversation)["state"] == "bot"


def test_people_read_it_as_text(running: Running, conversation: str) -> None:
    running.command("conversations", "reply", conversation, "[bold]Hello[/], I am here.", "--name", "Ana")
    listed = running.command("conversations", "list").stdout
    assert conversation in listed
    assert "person" in listed
    shown = running.command("conversations", "show", conversation).stdout
    assert "3 person Ana" in shown
    assert "[bold]Hello[/], I am here." in shown
    assert running.command("conversations", "list", "--state", "waiting", "--limit", "1").exit_code == 0


def test_what_is_erased_is_gone(running: Running, conversation: str) -> None:
    assert running.command("conversations", "erase", conversation).exit_code == 0
    result = running.command("conversations", "show", conversation)
    assert (result.exit_code, result.stderr) == (FAILED, "This conversation does not exist any more.\n")


def test_a_visitor_is_erased_with_all_they_said(running: Running, conversation: str) -> None:
    visitor = said(running, "show", conversation)["visitor"]
    assert running.command("conversations", "erase-visitor", visitor).exit_code == 0
    assert conversation not in [each["id"] for each in said(running, "list")["conversations"]]


def test_what_cannot_be_sent_is_wrong_use(running: Running, conversation: str) -> None:
    assert running.command("conversations", "reply", conversation, " ").exit_code == WRONG_USE
    assert running.command("conversations", "show", "../visitors").exit_code == FAILED


def test_without_a_running_desk_it_says_so(running: Running, small_desk: SmallDesk, tmp_path: Any) -> None:
    config = tmp_path / "config.yaml"
    config.write_text(yaml.safe_dump({"data_dir": "data"}), encoding="utf-8")
    elsewhere = Running(running.process, config, tmp_path, running.desk)
    result = elsewhere.command("conversations", "list")
    assert result.exit_code == FAILED
    assert result.stderr.startswith("No desk runs on ")


def test_behind_a_proxy_of_this_machine_each_customer_has_an_address(running: Running) -> None:
    def asked(customer: str) -> int:
        headers = {"X-Forwarded-For": customer}
        body = {"question": QUESTION}
        return httpx.post(
            f"{running.desk.url}/api/ask", json=body, headers=headers, timeout=60, trust_env=False
        ).status_code

    assert [asked("203.0.113.7") for _ in range(3)] == [200, 200, 429]
    assert [asked("203.0.113.8") for _ in range(3)] == [200, 200, 429]
