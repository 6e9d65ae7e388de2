"""The data folder and its one owner: Chroma is lost when two processes open it, so a lock stands before it."""

from __future__ import annotations

import errno
import fcntl
import os
from pathlib import Path
from types import TracebackType

from retrieval.errors import ConfigurationError, DataFolderInUse

DATABASE = "polydesk.sqlite3"
_LOCK = "lock"


class DataFolder:
    """A data folder that this process owns until `close`; the kernel gives it free when the process is killed.

    Raises:
        DataFolderInUse: at once, if another process owns it.
        ConfigurationError: if the folder cannot be made or written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            path.mkdir(mode=0o700, parents=True, exist_ok=True)
            # It holds conversations and the whole knowledge, inner circles' too.
            path.chmod(0o700)
            self._descriptor = os.open(path / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise ConfigurationError(f"data_dir: {path} cannot be used: {error.strerror}.") from error
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(self._descriptor)
            if error.errno not in (errno.EAGAIN, errno.EACCES):
                raise ConfigurationError(f"data_dir: {path} cannot be locked: {error.strerror}.") from error
            raise DataFolderInUse(_in_use(path)) from error
        os.ftruncate(self._descriptor, 0)
        os.write(self._descriptor, str(os.getpid()).encode())

    @property
    def database_url(self) -> str:
        return database_url(self.path)

    @property
    def index_folder(self) -> Path:
        return self.path / "chroma"

    def close(self) -> None:
        """Gives the folder free. The lock file stays: deleting it would let two processes lock two files."""
        os.close(self._descriptor)

    def __enter__(self) -> DataFolder:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def database_url(data_dir: Path) -> str:
    """Of the database in a data folder, for those who look at it beside its owner."""
    return f"sqlite:///{data_dir.absolute() / DATABASE}"


def owner(path: Path) -> int | None:
    """The process that owns a data folder, or None; for messages only, as it may end at any moment."""
    try:
        with (path / _LOCK).open() as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return int(file.read() or 0) or None
    except (OSError, ValueError):
        pass
    return None


def _in_use(path: Path) -> str:
    process = owner(path)
    by = f"process {process}" if process else "another process"
    return (
        f"The data folder {path} is in use by {by}: only one process may open it. "
        "Stop that one, ask it over HTTP, or choose another folder with --data-dir."
    )
