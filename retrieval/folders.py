"""Which files under a knowledge root are knowledge, and the folder rules that hold for each."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from retrieval.documents.parse import SUPPORTED
from retrieval.errors import ConfigurationError, KnowledgeFileError
from retrieval.folder_rules import FOLDER_FILE, FolderRules, read_folder_rules

__all__ = ["FOLDER_FILE", "FolderRules", "KnowledgeFile", "Walk", "walk", "walk_root"]

_MAX_FOLDER_FILE_BYTES = 256 * 1024
# Under a broken folder file nothing is known about who may see a file: it stays as it was published.
_Inherited = FolderRules | KnowledgeFileError


@dataclass(frozen=True, slots=True)
class KnowledgeFile:
    """A file that is knowledge by its name.

    Attributes:
        root: the knowledge root, resolved.
        path: relative to the root, with forward slashes.
        size: in bytes.
        mtime_ns: time of the last change, in nanoseconds.
    """

    root: Path
    path: str
    rules: FolderRules
    size: int
    mtime_ns: int

    @property
    def absolute(self) -> Path:
        return self.root / self.path


@dataclass(slots=True)
class Walk:
    """What a walk found.

    Attributes:
        ignored: how many files are no knowledge by their ending.
    """

    files: list[KnowledgeFile] = field(default_factory=list)
    failures: list[KnowledgeFileError] = field(default_factory=list)
    ignored: int = 0


def walk(root: Path) -> tuple[list[KnowledgeFile], list[KnowledgeFileError]]:
    """The knowledge files under a root, by path, and what could not be looked at. See `walk_root`."""
    found = walk_root(root)
    return found.files, found.failures


def walk_root(root: Path) -> Walk:
    """Looks through a knowledge root.

    Hidden files and folders are skipped. A link that leaves the root is refused. A link to a folder within the root is
    skipped, as that folder is found in its own place; so is a link to a file, unless it lies in a hidden folder, as
    where Kubernetes mounts a ConfigMap. Every file under a folder whose `_folder.yaml` is broken is a failure: it must
    not come out under the rules of the folder above, which may show it to more people. A failure whose path names a
    folder stands for all files below it.

    Raises:
        ConfigurationError: if the root itself is no folder that can be opened.
    """
    try:
        resolved = root.resolve(strict=True)
        os.scandir(resolved).close()
    except (OSError, RuntimeError) as error:
        raise ConfigurationError(f"the knowledge folder {root} cannot be opened: {_reason(error)}") from error
    walker = _Walker(resolved)
    walker.run()
    walker.found.files.sort(key=lambda file: file.path)
    walker.found.failures.sort(key=lambda failure: failure.path)
    return walker.found


class _Walker:
    def __init__(self, root: Path) -> None:
        self._root = root
        self.found = Walk()

    def run(self) -> None:
        waiting: list[tuple[str, _Inherited]] = [("", FolderRules())]
        while waiting:
            path, inherited = waiting.pop()
            waiting.extend(self._folder(path, inherited))

    def _folder(self, path: str, inherited: _Inherited) -> list[tuple[str, _Inherited]]:
        """Takes a folder's files; gives its folders, with what they inherit."""
        try:
            with os.scandir(self._root / path) as listing:
                entries = sorted(listing, key=lambda entry: entry.name)
        except OSError as error:
            self._fail(path, f"the folder cannot be opened: {_reason(error)}")
            return []
        rules = self._rules(path, inherited, entries)
        folders: list[tuple[str, _Inherited]] = []
        for entry in entries:
            if entry.name.startswith(".") or entry.name == FOLDER_FILE:
                continue
            below = f"{path}/{entry.name}" if path else entry.name
            try:
                below.encode()
                if entry.is_dir(follow_symlinks=False):
                    folders.append((below, rules.below(entry.name) if isinstance(rules, FolderRules) else rules))
                else:
                    self._file(entry, below, rules)
            except UnicodeEncodeError:
                self._fail(below.encode(errors="backslashreplace").decode(), "its name is not valid UTF-8")
            except (OSError, RuntimeError) as error:
                self._fail(below, f"cannot be read: {_reason(error)}")
        return folders

    def _rules(self, path: str, inherited: _Inherited, entries: list[os.DirEntry[str]]) -> _Inherited:
        if isinstance(inherited, KnowledgeFileError) or all(entry.name != FOLDER_FILE for entry in entries):
            return inherited
        name = f"{path}/{FOLDER_FILE}" if path else FOLDER_FILE
        try:
            return read_folder_rules(self._folder_file(name), name, inherited)
        except KnowledgeFileError as error:
            self.found.failures.append(error)
            return error

    def _folder_file(self, path: str) -> str:
        try:
            file = (self._root / path).resolve(strict=True)
            if not file.is_relative_to(self._root):
                raise KnowledgeFileError(path, "is a link that leaves the knowledge folder")
            if not file.is_file():
                raise KnowledgeFileError(path, "is not a file")
            with file.open("rb") as opened:
                data = opened.read(_MAX_FOLDER_FILE_BYTES)
            return data.decode("utf-8-sig")
        except (OSError, RuntimeError) as error:
            raise KnowledgeFileError(path, f"cannot be read: {_reason(error)}") from error
        except UnicodeDecodeError as error:
            raise KnowledgeFileError(path, "is not valid UTF-8") from error

    def _file(self, entry: os.DirEntry[str], path: str, rules: _Inherited) -> None:
        if entry.is_symlink():
            target = Path(entry.path).resolve(strict=True)
            if not target.is_relative_to(self._root):
                self._fail(path, "is a link that leaves the knowledge folder")
                return
            if target.is_dir() or not _is_hidden(target.relative_to(self._root)):
                return
            if isinstance(rules, FolderRules) and self._audience_at(target) != rules.audience:
                self._fail(path, "is a link to a file of another audience")
                return
        if PurePosixPath(path).suffix.lower() not in SUPPORTED:
            self.found.ignored += 1
        elif not entry.is_file():
            self._fail(path, "is not a regular file")
        elif isinstance(rules, KnowledgeFileError):
            self._fail(path, f"the rules of its folder are broken ({rules})")
        else:
            status = entry.stat()
            self.found.files.append(KnowledgeFile(self._root, path, rules, status.st_size, status.st_mtime_ns))

    def _audience_at(self, file: Path) -> str:
        """The audience of the folder in which a linked file really lies.

        Raises:
            KnowledgeFileError: if a folder file above it is broken.
        """
        rules = FolderRules()
        folder = self._root
        for part in ("", *file.relative_to(self._root).parts[:-1]):
            folder = folder / part
            name = (folder / FOLDER_FILE).relative_to(self._root).as_posix()
            if (folder / FOLDER_FILE).exists():
                rules = read_folder_rules(self._folder_file(name), name, rules)
        return rules.audience

    def _fail(self, path: str, reason: str) -> None:
        self.found.failures.append(KnowledgeFileError(path or ".", reason))


def _is_hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.parts)


def _reason(error: OSError | RuntimeError) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error)
