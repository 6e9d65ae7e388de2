"""What has changed under the roots since the store last looked: the cheap half of an ingest."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path, PurePosixPath

from retrieval.errors import ConfigurationError
from retrieval.file_state import FailedFile, FileKey, FileState, KnownFile
from retrieval.fingerprint import content_fingerprint
from retrieval.folder_rules import FOLDER_FILE, FolderRules
from retrieval.folders import KnowledgeFile, walk

# An edit within this time of a reading may leave size and modification time as they were then: file systems count
# time in ticks, some of two seconds. Such a file's content is compared instead.
_SETTLED_NS = 2_000_000_000


@dataclass(frozen=True, slots=True)
class ChangedFile:
    """A file to read; `state` is what is remembered about it once it was."""

    file: KnowledgeFile
    state: FileState


@dataclass(slots=True)
class Scan:
    """What a scan found.

    Attributes:
        changed: files to read, new ones too.
        unchanged: files whose passages stay.
        remembered: among those, files touched without a change of content.
        withdrawn: files that have expired since they were published.
        removed: files that are gone, or whose root is no longer one.
        failed: files and folders that cannot be read; what was served of them stays.
        cleared: failures that are over.
    """

    changed: list[ChangedFile] = field(default_factory=list)
    unchanged: int = 0
    remembered: list[FileState] = field(default_factory=list)
    withdrawn: list[FileState] = field(default_factory=list)
    removed: list[FileKey] = field(default_factory=list)
    failed: list[FailedFile] = field(default_factory=list)
    cleared: list[FileKey] = field(default_factory=list)
    new: set[FileKey] = field(default_factory=set)


class Scanner:
    """Compares the roots with what the store knows.

    Args:
        settings: gives the fingerprint of all that decides passages besides the content, for a file's folder rules.
        most_bytes: size above which a file is refused, and so not read here.
        retry: reads files again that failed before.
    """

    def __init__(
        self, settings: Callable[[FolderRules], str], most_bytes: int, today: date, *, retry: bool = False
    ) -> None:
        self._settings = settings
        self._most_bytes = most_bytes
        self._today = today
        self._retry = retry

    def scan(self, roots: Sequence[Path], known: Mapping[FileKey, KnownFile], failures: Mapping[FileKey, str]) -> Scan:
        """Walks all roots. Nothing that cannot be read is taken for deleted."""
        scan = Scan()
        seen: set[FileKey] = set()
        for root in dict.fromkeys(Path(os.path.abspath(root)) for root in roots):
            self._scan_root(root, known, failures, scan, seen)
        failing = {(failure.root, failure.path) for failure in scan.failed}
        hidden = {key for key in (*known, *failures) if _hidden(key, failing)}
        scan.removed.extend(key for key in known if key not in seen and key not in hidden)
        scan.cleared.extend(key for key in failures if key not in seen and key not in hidden)
        return scan

    def _scan_root(
        self,
        root: Path,
        known: Mapping[FileKey, KnownFile],
        failures: Mapping[FileKey, str],
        scan: Scan,
        seen: set[FileKey],
    ) -> None:
        try:
            files, errors = walk(root)
        except ConfigurationError as error:
            scan.failed.append(FailedFile(str(root), ".", f"{error}; its files are served as last read"))
            return
        scan.failed.extend(FailedFile(str(root), error.path, error.reason, error.line) for error in errors)
        for file in files:
            key = (str(root), file.path)
            seen.add(key)
            self._scan_file(file, key, known.get(key), failures.get(key), scan)

    def _scan_file(
        self, file: KnowledgeFile, key: FileKey, known: KnownFile | None, failed: str | None, scan: Scan
    ) -> None:
        settings = self._settings(file.rules)
        if known is None:
            scan.new.add(key)
        if known is not None and self._same(known, settings, failed):
            state = known.state
            settled = state.read_ns - state.mtime_ns > _SETTLED_NS
            if settled and (state.size, state.mtime_ns) == (file.size, file.mtime_ns):
                self._unchanged(known, failed, scan)
                return
        read_ns = time.time_ns()
        try:
            fingerprint = content_fingerprint(Path(key[0]) / key[1], self._most_bytes)
        except OSError as error:
            scan.failed.append(FailedFile(*key, f"cannot be read: {error.strerror}"))
            return
        state = FileState(*key, file.size, file.mtime_ns, read_ns, settings, fingerprint)
        if known is not None and self._same(known, settings, failed) and known.state.fingerprint == fingerprint:
            state = replace(state, valid_until=known.state.valid_until)
            scan.remembered.append(state)
            self._unchanged(replace(known, state=state), failed, scan)
        else:
            scan.changed.append(ChangedFile(file, state))

    def _same(self, known: KnownFile, settings: str, failed: str | None) -> bool:
        """Whether a file with the known content needs no reading."""
        if known.state.settings != settings or not known.state.fingerprint:
            return False
        if failed == known.state.fingerprint:
            return not self._retry
        return known.served or self._expired(known.state)

    def _unchanged(self, known: KnownFile, failed: str | None, scan: Scan) -> None:
        scan.unchanged += 1
        if known.served and self._expired(known.state):
            scan.withdrawn.append(known.state)
        elif failed == "":
            # It could not be read for a while, and is now what it was before.
            scan.cleared.append(known.state.key)

    def _expired(self, state: FileState) -> bool:
        return state.valid_until is not None and state.valid_until < self._today


def _hidden(key: FileKey, failing: set[FileKey]) -> bool:
    """Whether a failure keeps a file from being seen: its own, or that of a folder above it."""
    root, path = key
    if (root, path) in failing:
        return True
    # A folder whose rules cannot be read has its files kept back, lest they reach the wrong audience.
    return any(
        (root, str(folder)) in failing or (root, str(folder / FOLDER_FILE)) in failing
        for folder in PurePosixPath(path).parents
    )
