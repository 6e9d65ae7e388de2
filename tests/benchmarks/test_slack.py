"""The benchmarks of Slack in short: what they promise must hold however few the events are."""

from pathlib import Path

import pytest

from benchmarks import slack_ack, slack_kill
from benchmarks.options import Options
from tests.conftest import FILES, write_files


@pytest.fixture
def options(tmp_path: Path) -> Options:
    write_files(tmp_path / "knowledge", FILES)
    return Options(knowledge=tmp_path / "knowledge", limit=10, work=tmp_path)


def test_every_question_is_answered_once_through_ten_kills(options: Options) -> None:
    result = slack_kill.run(options)
    asked, once, *wrong = result.rows[0]
    assert result.setting["kills"] == 10
    assert isinstance(asked, int)
    assert asked > 10
    assert once == asked, result.details
    assert wrong == [0, 0, 0, 0], result.details


def test_events_are_acknowledged_while_all_hangs(options: Options) -> None:
    result = slack_ack.run(options)
    assert [row[-1] for row in result.rows] == [0, 0]
    assert result.setting["stored and waiting at the end"]
