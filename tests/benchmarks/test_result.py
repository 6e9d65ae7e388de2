"""What a benchmark leaves behind can be read by a machine and run again by a person."""

import io
import json
from pathlib import Path

from rich.console import Console

from benchmarks.__main__ import NAMES, command, main
from benchmarks.result import Result, show, write

RESULT = Result(
    title="Title",
    baseline="nothing",
    setting={"passages": 12345},
    columns=("", "ms"),
    rows=(("ours", 1.23456), ("baseline", None)),
    details={"curve": [1, 2]},
)


def test_a_result_file_says_where_when_and_how(tmp_path: Path) -> None:
    path = write("rerank", RESULT, tmp_path / "results", "python -m benchmarks rerank")
    written = json.loads(path.read_text(encoding="utf-8"))
    assert written["rows"] == [["ours", 1.235], ["baseline", None]]
    assert written["command"] == "python -m benchmarks rerank"
    assert {"date", "machine", "versions", "baseline", "setting", "details"} <= set(written)
    assert written["machine"]["cores"] >= 1
    assert written["versions"]["python"].startswith("3.")


def test_the_table_names_its_baseline() -> None:
    output = io.StringIO()
    show(RESULT, Console(file=output, width=100))
    assert "12,345" in output.getvalue()
    assert "Baseline: nothing" in output.getvalue()
    assert "1.23" in output.getvalue()


def test_the_command_is_kept_without_the_folders_of_the_machine() -> None:
    arguments = ["ask", "load", "--knowledge", "/somewhere/secret/help", "--limit", "5"]
    assert command("ask", arguments, ["ask", "load"]) == "python -m benchmarks ask --knowledge DIR/help --limit 5"


def test_a_missing_option_is_named_and_fails(tmp_path: Path) -> None:
    assert main(["ask", "--results", str(tmp_path)]) == 1
    assert not list(tmp_path.iterdir())


def test_every_name_is_a_module() -> None:
    folder = Path(__file__).parent.parent.parent / "benchmarks"
    assert [name for name in NAMES if not (folder / f"{name}.py").is_file()] == []
