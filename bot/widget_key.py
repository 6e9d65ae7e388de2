"""The key that the widget's tokens are signed with: random, in the data folder, for its owner's eyes only."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

NAME = "widget.key"
BYTES = 32


def read_key(data_dir: Path) -> bytes:
    """The key of the data folder, for its owner's eyes only; made where there is none. Blocks."""
    file = data_dir / NAME
    try:
        key = file.read_bytes()
        if len(key) == BYTES:
            file.chmod(0o600)
            return key
    except FileNotFoundError:
        pass
    key = secrets.token_bytes(BYTES)
    temporary = file.with_name(f"{NAME}.{os.getpid()}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as opened:
        opened.write(key)
        opened.flush()
        os.fsync(descriptor)
    temporary.replace(file)
    return key
