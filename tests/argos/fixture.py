"""The tiny packages, made once a session by processes of their own, side by side."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

PAIRS = (("en", "es"), ("es", "en"), ("en", "de"))
PATIENCE_SECONDS = 900


def make_packages(folder: Path, pairs: Sequence[tuple[str, str]] = PAIRS) -> Mapping[tuple[str, str], Path]:
    """The package files by pair. Takes about half a minute on an idle machine.

    Where POLYDESK_ARGOS_PACKAGES names a folder, packages that lie there are taken instead of made.
    """
    kept = os.environ.get("POLYDESK_ARGOS_PACKAGES")
    files = {pair: Path(kept or folder) / f"{pair[0]}_{pair[1]}.argosmodel" for pair in pairs}
    missing = {pair: file for pair, file in files.items() if not file.is_file()}
    making = [
        subprocess.Popen([sys.executable, "-m", "tests.argos.make_package", *pair, str(file)])
        for pair, file in missing.items()
    ]
    failed = [process.args for process in making if process.wait(PATIENCE_SECONDS)]
    assert not failed, f"The packages could not be made: {failed}"
    return files
