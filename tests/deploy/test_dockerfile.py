"""The Dockerfiles, read: no engine builds them here."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.deploy.compose import ROOT, services

DESK, VLLM = ROOT / "Dockerfile", ROOT / "deploy" / "vllm" / "Dockerfile"
REQUIREMENTS = ROOT / "deploy" / "requirements.py"

Instruction = tuple[str, str]


def instructions(file: Path) -> list[Instruction]:
    """Each instruction's name and what follows it, on one line."""
    lines = [line for line in file.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    joined = re.sub(r"\\\n\s*", "", "\n".join(lines))
    return [(name, rest) for name, rest in (line.split(" ", 1) for line in joined.splitlines() if line)]


def stages(file: Path) -> list[list[Instruction]]:
    found: list[list[Instruction]] = []
    for name, rest in instructions(file):
        if name == "FROM":
            found.append([])
        found[-1].append((name, rest))
    return found


def values(stage: list[Instruction], name: str) -> list[str]:
    return [rest for each, rest in stage if each == name]


@pytest.mark.parametrize("file", [DESK, VLLM], ids=["desk", "vllm"])
def test_hadolint_has_nothing_to_say(file: Path) -> None:
    linter = shutil.which("hadolint", path=str(Path(sys.executable).parent)) or shutil.which("hadolint")
    if linter is None:
        pytest.skip("hadolint is not installed, so the Dockerfiles were not linted")
    result = subprocess.run([linter, file], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout


def test_the_image_is_built_in_one_stage_and_run_in_another() -> None:
    build, run = stages(DESK)
    (source,), (base,) = values(build, "FROM"), values(run, "FROM")
    assert source == f"{base} AS build"
    assert re.fullmatch(r"python:3\.1[12]\.\d+-slim-\w+", base)
    copied = [rest for rest in values(run, "COPY") if rest.startswith("--from=")]
    assert copied == ["--from=build /opt/polydesk /opt/polydesk"]
    # What runs has neither a compiler nor an installer.
    assert not re.search(r"apt-get|pip install|build-essential", " ".join(values(run, "RUN")))
    assert "pip uninstall" in " ".join(values(run, "RUN"))
    assert "--without-pip /opt/polydesk" in " ".join(values(build, "RUN"))


def test_it_runs_as_a_user_without_rights_whom_the_volume_belongs_to() -> None:
    _, run = stages(DESK)
    (user,) = values(run, "USER")
    assert user == services()["desk"]["user"]
    assert int(user.split(":")[0]) > 0
    assert any(f"--uid {user.split(':')[0]}" in rest for rest in values(run, "RUN"))
    assert values(run, "VOLUME") == ["/data"]
    names = [name for name, _ in run]
    assert names.index("USER") > max(index for index, name in enumerate(names) if name in {"RUN", "COPY"})


def test_its_health_check_asks_the_route_that_says_whether_questions_are_answered() -> None:
    (check,) = values(stages(DESK)[1], "HEALTHCHECK")
    command = json.loads(check.split(" CMD ")[1])
    compile(command[2], "health check", "exec")
    assert command[:2] == ["python", "-c"]
    assert "'/ready'" in command[2]


def test_what_is_copied_exists_and_is_let_through() -> None:
    ignore = (ROOT / ".dockerignore").read_text().splitlines()
    assert ignore[1] == "*"
    let_through = {line[1:] for line in ignore if line.startswith("!")}
    sources = {
        source
        for stage in stages(DESK)
        for rest in values(stage, "COPY")
        if not rest.startswith("--from=")
        for source in rest.split()[:-1]
    }
    assert sources == let_through
    for source in sources:
        assert (ROOT / source).exists()


def test_everything_that_the_wheel_is_made_of_is_copied() -> None:
    build, _ = stages(DESK)
    wheel = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"]["wheel"]
    copied = {source for rest in values(build, "COPY") for source in rest.split()[:-1]}
    assert {*wheel["packages"], *wheel["force-include"]} <= copied


def test_the_requirements_are_those_of_the_project() -> None:
    def written(*arguments: str) -> list[str]:
        command = [sys.executable, REQUIREMENTS, *arguments]
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()

    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert written("") == project["dependencies"]
    report = project["optional-dependencies"]["report"]
    assert written("report") == project["dependencies"] + report
    assert written("report, screenshots")[-2:] == report + project["optional-dependencies"]["screenshots"]


def test_an_extra_that_does_not_exist_stops_the_build() -> None:
    result = subprocess.run(
        [sys.executable, REQUIREMENTS, "gpu"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert result.returncode != 0
    assert "There is no extra gpu; there are: " in result.stderr


def test_vllm_runs_as_a_user_without_rights_too() -> None:
    (stage,) = stages(VLLM)
    user = values(stage, "USER")[-1]
    assert all(services()[name]["user"] == user for name in ("reranker", "llm"))
    assert f"--owner {user.split(':')[0]}" in values(stage, "RUN")[0]
    assert values(stage, "VOLUME") == ["/cache"]
    assert json.loads(values(stage, "ENTRYPOINT")[0]) == ["vllm", "serve"]
    script = values(stage, "COPY")[0].split()[1]
    for name in ("reranker", "llm"):
        assert services()[name]["healthcheck"]["test"][:3] == ["CMD", "python3", script]
        assert services()[name]["volumes"][0].endswith(":/cache")
