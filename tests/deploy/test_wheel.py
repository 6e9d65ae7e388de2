"""The wheel that the image installs, tried outside the repository: what it needs beside its code must be in it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

from tests.deploy.compose import ROOT


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", folder, ROOT]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    (file,) = folder.glob("polydesk-*.whl")
    return file


def test_the_wheel_holds_every_file_of_the_packages_and_all_locales(wheel: Path) -> None:
    listed = subprocess.run(
        ["git", "ls-files", "bot", "retrieval"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    expected = set(listed.stdout.split()) | {f"bot/_locales/{file.name}" for file in (ROOT / "locales").glob("*.yaml")}
    with zipfile.ZipFile(wheel) as archive:
        held = set(archive.namelist())
    # A file that is removed but not committed yet is none of the wheel's business.
    assert {name for name in expected if (ROOT / name).exists() or "_locales" in name} <= held
    assert {"bot/web/page/index.html", "bot/web/demo/index.html", "bot/web/widget/static/widget.js"} <= held


def test_the_command_works_outside_the_repository(wheel: Path, tmp_path: Path) -> None:
    """As in the image: an environment without pip, a folder with config.yaml, knowledge that cannot be written."""
    environment = tmp_path / "polydesk"
    venv.create(environment, symlinks=True)
    python = environment / "bin" / "python"
    install = [sys.executable, "-m", "pip", "--python", python, "install", "--quiet", "--no-deps", wheel]
    subprocess.run(install, check=True)
    # Its requirements are those that the tests run with; the wheel itself comes before them.
    (found,) = environment.glob("lib/python3*/site-packages")
    (found / "requirements.pth").write_text(sysconfig.get_path("purelib"))
    place, knowledge = tmp_path / "etc", tmp_path / "knowledge"
    place.mkdir()
    knowledge.mkdir()
    (knowledge / "refunds.md").write_text("# Refunds\n\nWe refund within five working days after the parcel arrived.\n")
    (place / "config.yaml").write_text(f"data_dir: {tmp_path / 'data'}\nknowledge:\n  roots: [{knowledge}]\n")
    (knowledge / "refunds.md").chmod(0o444)
    knowledge.chmod(0o555)
    plain = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "PYTHONDONTWRITEBYTECODE": "1"}

    def run(*command: str) -> str:
        line = [environment / "bin" / "polydesk", *command]
        result = subprocess.run(line, cwd=place, env=plain, capture_output=True, text=True, check=False)
        assert result.returncode == 0, result.stderr
        return result.stdout

    probe = [python, "-c", "import bot; print(bot.__file__)"]
    where = subprocess.run(probe, cwd=place, env=plain, capture_output=True, text=True, check=True)
    assert where.stdout.startswith(str(environment))
    run("ingest")
    answer = json.loads(run("ask", "Wann bekomme ich mein Geld zurück?", "--json"))
    assert (answer["status"], answer["language"]) == ("answered", "de")
    assert "five working days" in answer["text"]
