"""Writes what pyproject.toml asks for, a requirement a line, so that an image can install it before the code is there.

python deploy/requirements.py [EXTRA,EXTRA…]
"""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path


def requirements(pyproject: Path, extras: str) -> list[str]:
    """The project's requirements and those of the comma-separated extras.

    Raises:
        SystemExit: naming an extra that does not exist.
    """
    project = tomllib.loads(pyproject.read_text(encoding="utf-8"))["project"]
    optional: dict[str, list[str]] = project["optional-dependencies"]
    lines: list[str] = list(project["dependencies"])
    for extra in filter(None, map(str.strip, extras.split(","))):
        if extra not in optional:
            raise SystemExit(f"There is no extra {extra}; there are: {', '.join(sorted(optional))}.")
        lines += optional[extra]
    return lines


if __name__ == "__main__":
    sys.stdout.write("\n".join(requirements(Path("pyproject.toml"), "".join(sys.argv[1:]))) + "\n")
