"""The commands on a data folder that nobody else has open."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import Result
from typer.testing import CliRunner

from bot.cli.app import FAILED, IN_USE, WRONG_USE, app
from retrieval.data_folder import DataFolder
from tests.conftest import SmallDesk, write_files


class Commands:
    """Runs commands on one small desk."""

    def __init__(self, desk: SmallDesk) -> None:
        self.desk = desk
        self.config = desk.folder / "config.yaml"
        values = desk.settings.model_dump(mode="json", include={"data_dir", "knowledge", "server"})
        self.config.write_text(yaml.safe_dump(values), encoding="utf-8")

    def __call__(self, *arguments: str) -> Result:
        return CliRunner().invoke(app, [*arguments, "--config", str(self.config)])

    def json(self, *arguments: str, code: int = 0) -> Any:
        result = self(*arguments, "--json")
        assert result.exit_code == code, result.output
        return json.loads(result.stdout)


@pytest.fixture
def commands(small_desk: SmallDesk, tmp_path: Path) -> Commands:
    return Commands(small_desk.copy(tmp_path))


def test_help_names_every_command() -> None:
    result = CliRunner().invoke(app, ["--help"])
    for name in ("serve", "ingest", "check", "ask", "search", "eval", "doctor", "rebuild"):
        assert f"│ {name} " in result.stdout


def test_help_loads_nothing_heavy() -> None:
    code = "import bot.cli.app, sys; print(*sorted({n.split('.')[0] for n in sys.modules}))"
    loaded = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.split()
    assert not {"chromadb", "onnxruntime", "numpy", "fastapi", "sqlalchemy", "pydantic", "matplotlib"} & set(loaded)


def test_ask_prints_the_contract(commands: Commands) -> None:
    answer = commands.json("ask", "How long does a refund take?")
    assert answer["status"] == "answered"
    assert answer["citations"][0]["path"] == "refunds.md"
    assert list(answer) == [
        "id",
        "status",
        "text",
        "language",
        "translated",
        "citations",
        "degraded",
        "knowledge_revision",
        "timings_ms",
    ]


def test_ask_for_a_person(commands: Commands) -> None:
    result = commands("ask", "How long does a refund take?")
    assert "five working days" in result.stdout
    assert "/help/refunds#" in result.stdout


def test_audiences_are_given_by_the_operator(commands: Commands) -> None:
    question = "How much goodwill may an agent grant?"
    asked = commands.json("ask", question, "--audience", "agents")
    assert asked["citations"][0]["path"] == "agents/goodwill.md"
    searched = commands.json("search", question)
    assert {candidate["audience"] for candidate in searched["candidates"]} == {"public"}


def test_search_shows_ranks_before_and_after(commands: Commands) -> None:
    result = commands("search", "error E-104")
    assert result.exit_code == 0
    assert "Error E-104" in result.stdout
    assert "confidence" in result.stdout


@pytest.mark.parametrize("question", ["", "  ", "x" * 501, "a\x07b"])
def test_a_question_that_cannot_be_asked_is_wrong_use(commands: Commands, question: str) -> None:
    result = commands("ask", question)
    assert result.exit_code == WRONG_USE
    assert result.stderr.strip().endswith(".")
    assert len(result.stderr.splitlines()) == 1


def test_bytes_that_are_no_text_are_wrong_use(commands: Commands) -> None:
    command = [sys.executable, "-m", "bot.cli", "ask", b"half \xff a letter", "--config", str(commands.config)]
    result = subprocess.run(command, capture_output=True, check=False)
    assert result.returncode == WRONG_USE, result.stderr
    assert b"Traceback" not in result.stderr


def test_asking_before_anything_was_ingested_says_what_to_do(commands: Commands, tmp_path: Path) -> None:
    result = commands("ask", "Is anybody there?", "--data-dir", str(tmp_path / "empty"))
    assert result.exit_code == FAILED
    assert "polydesk ingest" in result.stderr


def test_a_wrong_setting_stops_every_command(commands: Commands) -> None:
    commands.config.write_text("serch: {}\n")
    result = commands("ask", "Is anybody there?")
    assert result.exit_code == WRONG_USE
    assert "Did you mean `search`?" in result.stderr


def test_a_data_folder_in_use_is_refused_at_once(commands: Commands) -> None:
    with DataFolder(commands.desk.settings.data_dir):
        for arguments in (["ask", "Is anybody there?"], ["rebuild"], ["ingest"]):
            result = commands(*arguments)
            assert result.exit_code == IN_USE
            assert "in use" in result.stderr


def test_ingest_reports_what_changed_and_what_is_broken(commands: Commands) -> None:
    root = commands.desk.folder / "knowledge"
    write_files(root, {"new.md": "# Helmets\n\nWe sell helmets in three sizes.\n", "broken.md": "---\nurl: [\n---\n"})
    report = commands.json("ingest", code=FAILED)
    assert (report["added"], report["unchanged"]) == (2, 3)
    assert [failure["path"] for failure in report["failures"]] == ["broken.md"]
    assert report["revision"] >= 2
    shown = commands("ingest")
    assert shown.exit_code == FAILED
    assert "broken.md" in shown.stdout


def test_a_chosen_folder_takes_the_place_of_the_configured_ones_until_further_notice(
    commands: Commands, tmp_path: Path
) -> None:
    write_files(tmp_path / "other", {"tea.md": "# Tea\n\nTea is brewed for four minutes with boiling water.\n"})
    report = commands.json("ingest", str(tmp_path / "other"))
    assert (report["added"], report["removed"]) == (1, 3)
    assert commands.json("ask", "How long is tea brewed?")["citations"][0]["path"] == "tea.md"
    back = commands.json("ingest")
    assert (back["added"], back["removed"]) == (3, 1)


def test_ingest_of_no_folder_is_wrong_use(commands: Commands, tmp_path: Path) -> None:
    result = commands("ingest", str(tmp_path / "missing"))
    assert result.exit_code == WRONG_USE
    assert "There is no folder" in result.stderr
    assert commands.json("ask", "How long does a refund take?")["status"] == "answered"


def test_check_reports_and_publishes_nothing(commands: Commands) -> None:
    root = commands.desk.folder / "knowledge"
    good = commands.json("check")
    assert (good["files"], good["audiences"], good["failures"]) == (3, {"agents": 1, "public": 2}, [])
    write_files(
        root,
        {
            "old.md": "---\nvalid_until: 2020-01-01\n---\n# Old\n\nOver.\n",
            "twice.md": "# Refunds\n\nAnother page of this title.\n",
            "broken.md": "---\nurl: [\n---\n",
        },
    )
    found = commands.json("check", code=FAILED)
    assert found["expired"] == ["old.md"]
    assert found["same_title"] == [{"title": "Refunds", "paths": ["refunds.md", "twice.md"]}]
    assert [failure["path"] for failure in found["failures"]] == ["broken.md"]
    assert "broken.md" in commands("check").stdout


def test_check_needs_no_data_folder(commands: Commands) -> None:
    with DataFolder(commands.desk.settings.data_dir):
        assert commands("check").exit_code == 0


def test_rebuild_makes_the_index_anew(commands: Commands) -> None:
    result = commands("rebuild")
    assert result.exit_code == 0
    assert "5 passages" in result.stdout
    assert commands.json("ask", "How long does a refund take?")["status"] == "answered"


def test_doctor_tries_everything(commands: Commands) -> None:
    found = commands.json("doctor")["findings"]
    assert all(finding["ok"] for finding in found)
    assert len(found) >= 8
    broken = commands.json("doctor", "--data-dir", str(commands.config / "no-folder"), code=FAILED)["findings"]
    assert [finding["ok"] for finding in broken].count(False) >= 1
