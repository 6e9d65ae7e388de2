from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retrieval.errors import ConfigurationError
from retrieval.folders import FolderRules, walk, walk_root


def write(root: Path, *names: str) -> None:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x", encoding="utf-8")


def rules_of(root: Path) -> dict[str, FolderRules]:
    return {file.path: file.rules for file in walk(root)[0]}


def folder(root: Path, path: str, rules: str) -> None:
    (root / path).mkdir(parents=True, exist_ok=True)
    (root / path / "_folder.yaml").write_text(rules, encoding="utf-8")


def test_only_knowledge_is_found_by_path(tmp_path: Path) -> None:
    write(tmp_path, "b.md", "a/c.HTML", "a/d.exe", ".git/e.md", "a/.f.md")
    folder(tmp_path, "a", "language: de")
    found = walk_root(tmp_path)
    assert [file.path for file in found.files] == ["a/c.HTML", "b.md"]
    assert (found.ignored, found.failures) == (1, [])
    assert found.files[1].absolute == tmp_path.resolve() / "b.md"
    assert found.files[1].size == 1
    assert found.files[1].mtime_ns == (tmp_path / "b.md").stat().st_mtime_ns


def test_the_nearest_rule_wins_key_by_key(tmp_path: Path) -> None:
    write(tmp_path, "x.md", "a/x.md", "a/b/x.md", "a/b/c/x.md")
    folder(tmp_path, "", "url_base: https://x.example/help/\nlanguage: en\ninstruction: Be exact.")
    folder(tmp_path, "a", "audience: agents")
    folder(tmp_path, "a/b", "language: pt_br\nurl_base: https://y.example")
    assert rules_of(tmp_path) == {
        "x.md": FolderRules("public", "https://x.example/help/", "en", "Be exact."),
        "a/x.md": FolderRules("agents", "https://x.example/help/a", "en", "Be exact."),
        "a/b/x.md": FolderRules("agents", "https://y.example", "pt-BR", "Be exact."),
        "a/b/c/x.md": FolderRules("agents", "https://y.example/c", "pt-BR", "Be exact."),
    }


@pytest.mark.parametrize(
    ("rules", "line", "reason"),
    [
        ("audience: agents\ncolour: red", 2, "unknown key `colour`"),
        ("audience:", 1, "`audience` takes one value"),
        ("audience: [a, b]", 1, "`audience` takes one value"),
        ("audience: Agents!", 1, "audience 'Agents!'"),
        ("language: en\naudience: 'agents", 2, "not valid YAML"),
        ("url_base: nowhere", 1, "url 'nowhere'"),
        ("just words", 1, "key: value"),
    ],
)
def test_under_a_broken_folder_file_nothing_is_found(tmp_path: Path, rules: str, line: int, reason: str) -> None:
    write(tmp_path, "x.md", "a/x.md", "a/b/y.md")
    folder(tmp_path, "a", rules)
    folder(tmp_path, "a/b", "audience: public")
    files, failures = walk(tmp_path)
    assert [file.path for file in files] == ["x.md"]
    assert [failure.path for failure in failures] == ["a/_folder.yaml", "a/b/y.md", "a/x.md"]
    assert failures[0].line == line
    assert reason in failures[0].reason
    assert "a/_folder.yaml" in failures[1].reason


def test_a_folder_file_that_is_a_folder_or_no_text(tmp_path: Path) -> None:
    write(tmp_path, "a/x.md", "b/x.md")
    (tmp_path / "a/_folder.yaml").mkdir()
    (tmp_path / "b/_folder.yaml").write_bytes(b"audience: \xff")
    files, failures = walk(tmp_path)
    assert files == []
    assert {failure.path for failure in failures} == {"a/_folder.yaml", "a/x.md", "b/_folder.yaml", "b/x.md"}


def test_links_that_leave_the_root_are_refused(tmp_path: Path) -> None:
    write(tmp_path, "root/a.md", "outside/b.md")
    root = tmp_path / "root"
    (root / "file.md").symlink_to(tmp_path / "outside/b.md")
    (root / "folder").symlink_to(tmp_path / "outside")
    (root / "gone.md").symlink_to(tmp_path / "nowhere")
    files, failures = walk(root)
    assert [file.path for file in files] == ["a.md"]
    assert [failure.path for failure in failures] == ["file.md", "folder", "gone.md"]
    assert "leaves the knowledge folder" in failures[0].reason


def test_a_folder_file_from_outside_is_refused(tmp_path: Path) -> None:
    write(tmp_path, "root/a.md", "rules.yaml")
    (tmp_path / "root/_folder.yaml").symlink_to(tmp_path / "rules.yaml")
    files, failures = walk(tmp_path / "root")
    assert files == []
    assert [failure.path for failure in failures] == ["_folder.yaml", "a.md"]


def test_links_in_circles_and_to_other_places_in_the_root_are_skipped(tmp_path: Path) -> None:
    write(tmp_path, "a/x.md")
    (tmp_path / "a/up").symlink_to(tmp_path)
    (tmp_path / "a/self.md").symlink_to(tmp_path / "a/self.md")
    (tmp_path / "again.md").symlink_to(tmp_path / "a/x.md")
    files, failures = walk(tmp_path)
    assert [file.path for file in files] == ["a/x.md"]
    assert [failure.path for failure in failures] == ["a/self.md"]


def test_files_linked_from_a_hidden_folder_are_found_as_kubernetes_mounts_them(tmp_path: Path) -> None:
    write(tmp_path, "..data/x.md")
    folder(tmp_path, "..data", "audience: agents")
    (tmp_path / "x.md").symlink_to("..data/x.md")
    (tmp_path / "_folder.yaml").symlink_to("..data/_folder.yaml")
    assert rules_of(tmp_path) == {"x.md": FolderRules(audience="agents")}


def test_a_link_does_not_show_a_file_to_another_audience(tmp_path: Path) -> None:
    write(tmp_path, ".inner/x.md")
    folder(tmp_path, ".inner", "audience: agents")
    (tmp_path / "x.md").symlink_to(".inner/x.md")
    files, failures = walk(tmp_path)
    assert files == []
    assert "another audience" in failures[0].reason


def test_names_that_are_not_utf_8_and_special_files_are_reported(tmp_path: Path) -> None:
    os.close(os.open(os.fsencode(tmp_path) + b"/caf\xe9.md", os.O_CREAT | os.O_WRONLY))
    os.mkfifo(tmp_path / "pipe.md")
    files, failures = walk(tmp_path)
    assert files == []
    assert {failure.reason for failure in failures} == {"its name is not valid UTF-8", "is not a regular file"}
    for failure in failures:
        str(failure).encode()


@contextmanager
def without_privileges() -> Iterator[None]:
    """Root may open everything: the walk is made as nobody."""
    user = os.geteuid()
    if user == 0:
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(user)


def test_a_folder_without_permission_is_reported_and_the_others_go_on() -> None:
    with tempfile.TemporaryDirectory(dir="/tmp") as name:
        root = Path(name)
        root.chmod(0o755)
        write(root, "a.md", "locked/b.md", "ruled/c.md")
        folder(root, "ruled", "audience: agents")
        (root / "locked").chmod(0)
        (root / "ruled/_folder.yaml").chmod(0)
        with without_privileges():
            files, failures = walk(root)
        (root / "locked").chmod(0o755)
    assert [file.path for file in files] == ["a.md"]
    assert [failure.path for failure in failures] == ["locked", "ruled/_folder.yaml", "ruled/c.md"]
    assert failures[0].reason == "the folder cannot be opened: Permission denied"


@pytest.mark.parametrize("name", ["missing", "file.md"])
def test_a_root_that_is_no_folder_stops_the_walk(tmp_path: Path, name: str) -> None:
    write(tmp_path, "file.md")
    with pytest.raises(ConfigurationError, match="cannot be opened"):
        walk(tmp_path / name)


NAMES = st.sampled_from(["a", "b", "c", "d"])
AUDIENCES = st.sampled_from(["public", "agents", "staff", "broken: ["])


@settings(max_examples=50)
@given(st.dictionaries(st.lists(NAMES, max_size=4).map("/".join), st.none() | AUDIENCES, max_size=12))
def test_every_file_is_found_with_its_nearest_audience_or_reported(tree: dict[str, str | None]) -> None:
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        for path, audience in tree.items():
            write(root, f"{path}/x.md".lstrip("/"))
            if audience is not None:
                folder(root, path, f"audience: {audience}")
        files, failures = walk(root)
        found = {file.path: file.rules.audience for file in files}
        failed = {failure.path for failure in failures}
    for path in tree:
        parts = path.split("/") if path else []
        above = [tree.get("/".join(parts[:depth])) for depth in range(len(parts) + 1)]
        file = f"{path}/x.md".lstrip("/")
        if any(audience and "broken" in audience for audience in above):
            assert file in failed
            assert file not in found
        else:
            nearest = next((audience for audience in reversed(above) if audience), "public")
            assert found[file] == nearest
