"""One owner of a data folder."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from retrieval.data_folder import DataFolder, owner
from retrieval.errors import ConfigurationError, DataFolderInUse

HOLD = """
import sys, time
from pathlib import Path
from retrieval.data_folder import DataFolder
folder = DataFolder(Path(sys.argv[1]))
sys.stdout.write("held\\n")
sys.stdout.flush()
time.sleep(60)
"""


def test_the_folder_is_made_for_its_owner_alone(tmp_path: Path) -> None:
    with DataFolder(tmp_path / "deep" / "data") as folder:
        assert stat.S_IMODE(folder.path.stat().st_mode) == 0o700
        assert folder.database_url == f"sqlite:///{tmp_path}/deep/data/polydesk.sqlite3"
        assert folder.index_folder == tmp_path / "deep" / "data" / "chroma"


def test_a_second_process_is_refused_until_the_first_is_killed(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)], stdout=subprocess.PIPE, env={**os.environ, "PYTHONPATH": "."}
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(DataFolderInUse, match=f"in use by process {holder.pid}:"):
            DataFolder(tmp_path)
        assert owner(tmp_path) == holder.pid
        holder.send_signal(signal.SIGKILL)
    assert owner(tmp_path) is None
    DataFolder(tmp_path).close()


def test_the_same_process_is_refused_too(tmp_path: Path) -> None:
    with DataFolder(tmp_path), pytest.raises(DataFolderInUse, match=f"process {os.getpid()}"):
        DataFolder(tmp_path)
    with DataFolder(tmp_path):
        pass


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigurationError, match=r"data_dir: .*file/data cannot be used"):
        DataFolder(tmp_path / "file" / "data")
