"""docker-compose.yml as compose reads it: variables filled in, anchors merged."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
FILE = ROOT / "docker-compose.yml"
VARIABLE = re.compile(r"\$\{(\w+):-([^}]*)\}")

Service = dict[str, Any]


def interpolated(environment: Mapping[str, str]) -> str:
    """The file's text with `${NAME:-default}` filled in, the only form it uses."""
    text = VARIABLE.sub(lambda match: environment.get(match[1]) or match[2], FILE.read_text(encoding="utf-8"))
    assert "${" not in text, "a variable without a default would stop everybody who does not set it"
    return text


@cache
def services() -> dict[str, Service]:
    """The services with every variable at its default."""
    found: dict[str, Service] = yaml.safe_load(interpolated({}))["services"]
    return found


def defaults() -> dict[str, set[str]]:
    """Each variable of the file with the defaults that it is given."""
    found: dict[str, set[str]] = {}
    for name, default in VARIABLE.findall(FILE.read_text(encoding="utf-8")):
        found.setdefault(name, set()).add(default)
    return found


def flag(service: Service, name: str) -> str:
    """The value of `--name=value` in a service's command."""
    (value,) = [part.split("=", 1)[1] for part in service["command"] if part.startswith(f"--{name}=")]
    return str(value)
