"""What tells one state of a knowledge file from another."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from retrieval.folder_rules import FolderRules

# Raise this when the same file gives other passages or vectors: every file is then read again.
_PIPELINE = 2


def content_fingerprint(path: Path, most_bytes: int) -> str:
    """Hash of a file's content. One larger than `most_bytes` is not read, as it is refused anyway.

    Raises:
        OSError: if the file cannot be read.
    """
    status = path.stat()
    if status.st_size > most_bytes:
        return hashlib.sha256(f"{status.st_size} {status.st_mtime_ns}".encode()).hexdigest()
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def settings_fingerprint(rules: FolderRules, encoder: str, budget: int, minimum: int, languages: Sequence[str]) -> str:
    """Hash of everything besides the content that decides what a file's passages look like."""
    values = [_PIPELINE, asdict(rules), encoder, budget, minimum, list(languages)]
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()
