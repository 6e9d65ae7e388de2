"""Which roots are in force: `polydesk ingest DIR…` puts others in the place of the configured ones.

The choice is kept in the data folder, so that a desk started later serves the same knowledge instead of withdrawing it;
it ends with `polydesk ingest` without folders, or when the configured roots are changed.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

NAME = "roots.json"


def roots_in_force(data_dir: Path, configured: Sequence[Path]) -> tuple[Path, ...]:
    """The chosen roots, else the configured ones."""
    try:
        values = json.loads((data_dir / NAME).read_text(encoding="utf-8"))
        if values["configured"] == [str(root) for root in configured]:
            return tuple(Path(root) for root in values["chosen"])
    except (OSError, ValueError, KeyError, TypeError):
        pass  # Nothing was chosen, or nothing that can be read: what the operator configured holds.
    return tuple(configured)


def choose_roots(data_dir: Path, configured: Sequence[Path], chosen: Sequence[Path]) -> tuple[Path, ...]:
    """Puts `chosen` into force, or the configured ones where it is empty; returns what is in force."""
    file = data_dir / NAME
    if not chosen or list(chosen) == list(configured):
        file.unlink(missing_ok=True)
        return tuple(configured)
    values = {"configured": [str(root) for root in configured], "chosen": [str(root) for root in chosen]}
    temporary = file.with_suffix(".new")
    temporary.write_text(json.dumps(values, ensure_ascii=False), encoding="utf-8")
    temporary.replace(file)
    return tuple(chosen)
