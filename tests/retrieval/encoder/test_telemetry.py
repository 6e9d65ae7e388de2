"""Nothing is told to anybody: ONNX Runtime's own reports are off before it starts."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

# Each is imported first by one of the desk's processes.
FIRST = ["retrieval.encoder", "retrieval.similarity", "retrieval.ingest_worker", "bot.service"]
SCRIPT = """
import {first}
from pathlib import Path
import onnxruntime
onnxruntime.InferenceSession(str(Path("retrieval/similarity.onnx")))
"""


@pytest.mark.parametrize("first", FIRST)
def test_no_identifier_is_made_and_no_report_is_kept(first: str, tmp_path: Path) -> None:
    # A machine of continuous integration would be spared by ONNX Runtime itself.
    kept = {name: value for name, value in os.environ.items() if name not in {"CI", "ORT_DISABLE_TELEMETRY"}}
    environment = kept | {"HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / ".cache")}
    root = Path(__file__).parents[3]
    subprocess.run([sys.executable, "-c", SCRIPT.format(first=first)], env=environment, cwd=root, check=True)
    assert not (tmp_path / ".cache" / "Microsoft").exists()
