"""What counts as changed, removed or failed, on real folders."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from retrieval.file_state import FileKey, FileState, KnownFile
from retrieval.folder_rules import FolderRules
from retrieval.scan import Scan, Scanner

TODAY = date(2026, 5, 1)
LONG_AGO = time.time() - 1_000


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "root"
    root.mkdir()
    for name in ("a.md", "b.md"):
        write(root / name, f"# {name}\n")
    return root


def write(file: Path, text: str, modified: float = LONG_AGO) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    os.utime(file, (modified, modified))


def scan(
    *roots: Path,
    known: Mapping[FileKey, KnownFile] | None = None,
    failures: Mapping[FileKey, str] | None = None,
    retry: bool = False,
    settings: str = "settings",
) -> Scan:
    def fingerprint(rules: FolderRules) -> str:
        return f"{settings} {rules.audience}"

    return Scanner(fingerprint, 1_000, TODAY, retry=retry).scan(roots, known or {}, failures or {})


def known_after(found: Scan, *, served: bool = True, valid_until: date | None = None) -> dict[FileKey, KnownFile]:
    """What the store would know once the changed files were published."""
    states: list[FileState] = [replace(each.state, valid_until=valid_until) for each in found.changed]
    return {state.key: KnownFile(number, state, served) for number, state in enumerate(states)}


def paths(found: Scan) -> list[str]:
    return [each.file.path for each in found.changed]


def test_everything_is_new_at_first_and_unchanged_after(root: Path) -> None:
    first = scan(root)
    assert paths(first) == ["a.md", "b.md"]
    assert first.new == {(str(root), "a.md"), (str(root), "b.md")}
    second = scan(root, known=known_after(first))
    assert (second.unchanged, second.changed, second.remembered, second.removed) == (2, [], [], [])


def test_an_edit_is_seen_by_its_content(root: Path) -> None:
    known = known_after(scan(root))
    write(root / "a.md", "# A.md\n", LONG_AGO + 10)
    found = scan(root, known=known)
    assert (paths(found), found.unchanged, found.new) == (["a.md"], 1, set())


def test_a_touched_file_is_only_remembered(root: Path) -> None:
    known = known_after(scan(root))
    os.utime(root / "a.md", (LONG_AGO + 10, LONG_AGO + 10))
    found = scan(root, known=known)
    assert (found.changed, found.unchanged) == ([], 2)
    assert [state.path for state in found.remembered] == ["a.md"]


def test_an_edit_within_the_tick_of_the_reading_is_seen(root: Path) -> None:
    """Same size, same modification time, read at that very time: only the content tells."""
    now = time.time()
    write(root / "a.md", "one", now)
    known = known_after(scan(root))
    write(root / "a.md", "two", now)
    assert paths(scan(root, known=known)) == ["a.md"]


def test_changed_rules_have_their_files_read_again(root: Path) -> None:
    write(root / "inner" / "c.md", "# C\n")
    known = known_after(scan(root))
    write(root / "inner" / "_folder.yaml", "audience: agents\n")
    assert paths(scan(root, known=known)) == ["inner/c.md"]
    assert len(scan(root, known=known, settings="others").changed) == 3


def test_a_deleted_file_and_a_former_root_are_removed(root: Path, tmp_path: Path) -> None:
    known = known_after(scan(root))
    (root / "a.md").unlink()
    assert scan(root, known=known).removed == [(str(root), "a.md")]
    (tmp_path / "other").mkdir()
    assert len(scan(tmp_path / "other", known=known).removed) == 2


def test_a_missing_root_removes_nothing(root: Path) -> None:
    known = known_after(scan(root))
    root.rename(root.with_name("elsewhere"))
    found = scan(root, known=known)
    assert found.removed == []
    assert [failure.path for failure in found.failed] == ["."]
    assert "cannot be opened" in found.failed[0].reason


@pytest.mark.skipif(os.geteuid() == 0, reason="root may open every folder")
def test_a_folder_without_permission_removes_nothing(root: Path) -> None:
    write(root / "inner" / "c.md", "# C\n")
    known = known_after(scan(root))
    (root / "inner").chmod(0)
    try:
        found = scan(root, known=known)
    finally:
        (root / "inner").chmod(0o700)
    assert (found.removed, [failure.path for failure in found.failed]) == ([], ["inner"])


def test_broken_folder_rules_remove_nothing(root: Path) -> None:
    write(root / "inner" / "deep" / "c.md", "# C\n")
    known = known_after(scan(root))
    write(root / "inner" / "_folder.yaml", "audience: [\n")
    found = scan(root, known=known)
    assert found.removed == []
    assert found.unchanged == 2
    assert "inner/_folder.yaml" in [failure.path for failure in found.failed]


def test_a_link_out_of_the_root_is_refused(root: Path, tmp_path: Path) -> None:
    write(tmp_path / "secret.md", "# Secret\n")
    (root / "link.md").symlink_to(tmp_path / "secret.md")
    found = scan(root)
    assert paths(found) == ["a.md", "b.md"]
    assert [failure.path for failure in found.failed] == ["link.md"]


def test_a_failed_file_is_read_again_only_when_it_changes_or_when_asked(root: Path) -> None:
    first = scan(root)
    known = known_after(first, served=False)
    failures = {each.state.key: each.state.fingerprint for each in first.changed}
    assert scan(root, known=known, failures=failures).unchanged == 2
    assert paths(scan(root, known=known, failures=failures, retry=True)) == ["a.md", "b.md"]
    write(root / "a.md", "# better\n")
    assert paths(scan(root, known=known, failures=failures)) == ["a.md"]


def test_a_failure_to_read_ends_when_the_file_is_back_as_it_was(root: Path) -> None:
    known = known_after(scan(root))
    key = (str(root), "a.md")
    assert scan(root, known=known, failures={key: ""}).cleared == [key]
    gone = (str(root), "gone.md")
    assert scan(root, known=known, failures={gone: "x"}).cleared == [gone]


def test_a_file_that_is_known_but_not_served_is_read_again(root: Path) -> None:
    assert len(scan(root, known=known_after(scan(root), served=False)).changed) == 2


def test_a_file_expires_the_day_after_its_last(root: Path) -> None:
    first = scan(root)
    assert scan(root, known=known_after(first, valid_until=TODAY)).withdrawn == []
    past = date(2026, 4, 30)
    assert len(scan(root, known=known_after(first, valid_until=past)).withdrawn) == 2
    again = scan(root, known=known_after(first, valid_until=past, served=False))
    assert (again.withdrawn, again.changed, again.unchanged) == ([], [], 2)


def test_a_file_above_the_limit_is_not_read_for_its_hash(root: Path) -> None:
    write(root / "a.md", "x" * 2_000)
    known = known_after(scan(root))
    write(root / "a.md", "y" * 2_000)
    assert scan(root, known=known).changed == []
    write(root / "a.md", "y" * 2_001)
    assert paths(scan(root, known=known)) == ["a.md"]
