"""kill -9 during ingest, a few times; `benchmarks/kill_ingest.py` does it a hundred times."""

from __future__ import annotations

from pathlib import Path

from benchmarks.kill_ingest import rounds
from retrieval.encoder import create_encoder


def test_a_killed_ingest_leaves_whole_files_and_the_next_start_serves(tmp_path: Path) -> None:
    encoder = create_encoder("onnx")
    encoder.close()
    tally = rounds(tmp_path, encoder.identity, 3, files=6)
    assert tally.rounds == 3
    assert (tally.mixed, tally.lost, tally.stale, tally.not_served) == (0, 0, 0, 0)
