"""The small files in the data folder: where the desk listens, and which roots were chosen."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from bot.desk_file import DeskFile, local_url, new_token, read_desk_file, remove_desk_file, write_desk_file
from bot.roots import choose_roots, roots_in_force


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("127.0.0.1", "http://127.0.0.1:80"),
        ("0.0.0.0", "http://127.0.0.1:80"),
        ("::", "http://[::1]:80"),
        ("::1", "http://[::1]:80"),
        ("desk.example", "http://desk.example:80"),
    ],
)
def test_this_machine_reaches_the_desk(host: str, url: str) -> None:
    assert local_url(host, 80) == url


def test_the_desk_file_is_read_back_and_private(tmp_path: Path) -> None:
    desk = DeskFile("http://127.0.0.1:1", new_token(), 7)
    write_desk_file(tmp_path, desk)
    assert read_desk_file(tmp_path) == desk
    assert stat.S_IMODE((tmp_path / "desk.json").stat().st_mode) == 0o600
    remove_desk_file(tmp_path)
    remove_desk_file(tmp_path)
    assert read_desk_file(tmp_path) is None


@pytest.mark.parametrize("content", ["", "{", "[]", '{"url": "x"}', '{"url": "x", "token": "y", "pid": "z"}'])
def test_a_broken_desk_file_is_none(tmp_path: Path, content: str) -> None:
    (tmp_path / "desk.json").write_text(content)
    assert read_desk_file(tmp_path) is None


def test_chosen_roots_hold_until_the_configured_ones_change(tmp_path: Path) -> None:
    configured, other = (Path("/a"), Path("/b")), (Path("/c"),)
    assert roots_in_force(tmp_path, configured) == configured
    assert choose_roots(tmp_path, configured, other) == other
    assert roots_in_force(tmp_path, configured) == other
    assert roots_in_force(tmp_path, (Path("/a"),)) == (Path("/a"),)
    assert choose_roots(tmp_path, configured, ()) == configured
    assert roots_in_force(tmp_path, configured) == configured


def test_broken_chosen_roots_are_passed_over(tmp_path: Path) -> None:
    (tmp_path / "roots.json").write_text("{")
    assert roots_in_force(tmp_path, (Path("/a"),)) == (Path("/a"),)
