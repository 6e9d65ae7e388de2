"""desk.json in the data folder: where a running desk listens, and the token that makes its holder an operator."""

from __future__ import annotations

import json
import os
import secrets
from dataclasses import asdict, dataclass
from pathlib import Path

NAME = "desk.json"


@dataclass(frozen=True, slots=True)
class DeskFile:
    """What a command on this machine needs to speak to the running desk.

    Attributes:
        url: without trailing slash, such as http://127.0.0.1:8080.
        token: for ``Authorization: Bearer``.
        pid: of the desk's process.
    """

    url: str
    token: str
    pid: int


def new_token() -> str:
    return secrets.token_urlsafe(32)


def local_url(host: str, port: int) -> str:
    """The address under which this machine reaches a desk that listens on `host`."""
    reachable = {"0.0.0.0": "127.0.0.1", "::": "[::1]", "": "127.0.0.1"}.get(host, host)
    bracketed = f"[{reachable}]" if ":" in reachable and not reachable.startswith("[") else reachable
    return f"http://{bracketed}:{port}"


def write_desk_file(data_dir: Path, desk: DeskFile) -> None:
    """Writes the file whole and for the owner's eyes only."""
    temporary = data_dir / f"{NAME}.{os.getpid()}"
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(asdict(desk), file)
    temporary.replace(data_dir / NAME)


def read_desk_file(data_dir: Path) -> DeskFile | None:
    """The file, or None where there is none that can be used."""
    try:
        values = json.loads((data_dir / NAME).read_text(encoding="utf-8"))
        return DeskFile(str(values["url"]), str(values["token"]), int(values["pid"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def remove_desk_file(data_dir: Path) -> None:
    (data_dir / NAME).unlink(missing_ok=True)
