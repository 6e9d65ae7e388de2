"""The benchmark of a failing rerank server, on a desk and a server of their own: nobody's question may fail."""

from __future__ import annotations

import json
from pathlib import Path

from benchmarks.options import Options
from benchmarks.reranker_outage import OUTAGES, run


def test_no_question_fails_in_any_outage(tmp_path: Path) -> None:
    (tmp_path / "knowledge").mkdir()
    for subject, text in {"refunds": "A refund takes five days.", "battery": "Charge the battery indoors."}.items():
        (tmp_path / "knowledge" / f"{subject}.md").write_text(f"# {subject.title()}\n\n{text}\n", encoding="utf-8")
    result = run(Options(knowledge=tmp_path / "knowledge", limit=1, work=tmp_path))
    rows = [dict(zip(result.columns, row, strict=True)) for row in result.rows]
    assert [row[""] for row in rows] == [*(outage.name for outage in OUTAGES), "baseline: late interaction"]
    assert [row["failed"] for row in rows] == [0] * len(rows)
    assert all(isinstance(row["asked"], int) and row["asked"] > 10 for row in rows)
    assert all(found["degraded"] for found in result.details.values())
    json.dumps(dict(result.details))
