"""A desk that does not start is reported with the end of its log, and processes are measured whole."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.desk import Desk, DeskFailed, descendants, serving


def test_a_desk_that_ends_at_once_says_why(tmp_path: Path) -> None:
    with (
        pytest.raises(DeskFailed, match="no setting"),
        serving(tmp_path, [tmp_path], {"server": {"no_such_setting": 1}}),
    ):
        pass


def test_processes_below_one_are_found_and_weighed() -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        assert child.pid in descendants(os.getpid())
        own = Desk(0, os.getpid(), 0.0)
        assert own.resident_bytes() > Desk(0, child.pid, 0.0).resident_bytes() > 0
        assert own.children_seconds() >= 0
        child.communicate(b"\n")
    assert child.pid not in descendants(os.getpid())
