"""The examination of a desk's own parts: all well, and each of them broken."""

from __future__ import annotations

import os
import socket
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from bot.config import LLM, AnswerSettings, Settings
from bot.doctor import examine
from bot.doctor.machine import free_port, readable_root, writable_folder
from bot.doctor.parts import encoder_tells_apart, index_answers
from bot.doctor.stores import database_keeps, index_keeps
from bot.service import Service
from bot.tables import conversations
from tests.conftest import SmallDesk

session = pytest.mark.asyncio(loop_scope="session")


async def test_a_desk_that_works(small_desk: SmallDesk, tmp_path: Path) -> None:
    findings = await examine(small_desk.copy(tmp_path).settings)
    assert all(finding.ok for finding in findings), findings
    said = " ".join(finding.sentence for finding in findings)
    for part in ("data folder", "knowledge root", "database gives back", "index finds", "encoder knows", "audiences"):
        assert part in said


async def test_what_is_wrong_with_an_upstream_hides_nothing_else(small_desk: SmallDesk, tmp_path: Path) -> None:
    settings = small_desk.copy(tmp_path).settings
    nowhere = settings.model_copy(
        update={"answer": AnswerSettings(kind="generated"), "llm": LLM(base_url="http://127.0.0.1:1", model="none")}
    )
    findings = await examine(nowhere)
    assert [finding.ok for finding in findings].count(False) == 1
    assert not findings[-1].ok
    assert "http://127.0.0.1:1" in findings[-1].sentence


@session
async def test_looking_leaves_nothing_behind(service: Service) -> None:
    audiences = service.index.audiences()
    assert database_keeps(service).ok
    assert index_keeps(service).ok
    assert service.index.audiences() == audiences
    with service.store.engine.connect() as connection, connection.begin():
        doctors = select(func.count()).where(conversations.c.id.startswith("doctor-"))
        assert connection.execute(doctors).scalar_one() == 0


@session
async def test_a_database_that_cannot_be_written(small_desk: SmallDesk, tmp_path: Path) -> None:
    async with Service.open(small_desk.copy(tmp_path).settings) as service:
        with service.store.engine.connect() as connection, connection.begin():
            conversations.drop(connection)
        finding = database_keeps(service)
        assert not finding.ok
        assert "no such table: conversations" in finding.sentence
        with service.store.engine.connect() as connection, connection.begin():
            conversations.create(connection)


@session
async def test_an_index_that_forgets(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service.index, "query", lambda *_: [])
    for look in (index_keeps, index_answers):
        finding = look(service)
        assert not finding.ok
        assert finding.sentence.endswith("run `polydesk rebuild`.")


@session
async def test_an_index_that_cannot_be_written(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any) -> None:
        raise OSError("No space left on device")

    monkeypatch.setattr(service.index, "add", full)
    finding = index_keeps(service)
    assert not finding.ok
    assert "No space left on device" in finding.sentence


@session
async def test_a_look_that_fails_leaves_nothing_behind(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any) -> None:
        raise OSError("Input/output error")

    audiences = service.index.audiences()
    monkeypatch.setattr(service.index, "query", broken)
    assert "Input/output error" in index_keeps(service).sentence
    assert service.index.audiences() == audiences


@session
async def test_an_encoder_whose_vectors_say_nothing(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    (one,) = service.encoder.encode_questions(["anything"])
    monkeypatch.setattr(service.encoder, "encode_questions", lambda texts: [one for _ in texts])
    assert not encoder_tells_apart(service).ok


def test_folders_and_ports_that_cannot_be_used(tmp_path: Path) -> None:
    assert "is no folder; set knowledge.roots" in readable_root(tmp_path / "none").sentence
    (tmp_path / "file").write_text("")
    assert not writable_folder(tmp_path / "file").ok
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert "set server.port" in free_port("127.0.0.1", port).sentence
    assert free_port("127.0.0.1", 0).ok


def test_a_root_without_rights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)  # Root, as which tests may run, may read everything.
    assert "cannot be read by this user" in readable_root(tmp_path).sentence


async def test_settings_that_cannot_be_followed_are_a_finding(small_desk: SmallDesk, tmp_path: Path) -> None:
    settings = small_desk.copy(tmp_path).settings
    wrong = Settings.model_validate(
        settings.model_dump() | {"encoder": {"kind": "sentence_transformers", "model": str(tmp_path / "no-model")}}
    )
    assert [finding.ok for finding in await examine(wrong)].count(False) == 1
