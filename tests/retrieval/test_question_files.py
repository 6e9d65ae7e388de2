"""Question files are read as they come, and a broken line is named."""

from pathlib import Path

import pytest

from retrieval.question_files import Gold, QuestionFileError, language_of, read_questions


def write(folder: Path, name: str, *lines: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(b"\n".join(line.encode() if isinstance(line, str) else line for line in lines))
    return path


def test_a_whole_line_is_read(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        "queries.zh-CN.jsonl",
        '{"id": "1", "text": " 运费多少？ ", "gold": ["a/b.md#cost", "c.md"], "answers": ["5"], "extra": true}',
    )
    (question,) = read_questions(path)
    assert (question.id, question.text, question.language, question.answers) == ("1", "运费多少？", "zh-CN", ("5",))
    assert question.gold == (Gold("a/b.md", "cost"), Gold("c.md"))


def test_a_file_without_language_takes_it_from_the_line(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        "mine.jsonl",
        '{"text": "a", "gold": [], "language": "fr"}',
        "",
        '{"text": "  ", "gold": []}',
        '{"text": "b", "gold": []}',
    )
    assert [question.language for question in read_questions(path)] == ["fr", "und"]


def test_the_limit_stops_before_later_lines_are_read(tmp_path: Path) -> None:
    path = write(tmp_path, "queries.en.jsonl", '{"text": "a", "gold": ["a.md"]}', "not json")
    assert len(read_questions(path, limit=1)) == 1


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("not json", "not JSON"),
        ("[1]", "line"),
        ('{"gold": ["a.md"]}', "text"),
        ('{"text": "a"}', "gold"),
        ('{"text": "a", "gold": "a.md"}', "gold"),
        (b'{"text": "\xff", "gold": []}', "UTF-8"),
    ],
)
def test_a_broken_line_is_named_with_its_file_and_number(tmp_path: Path, line: str | bytes, reason: str) -> None:
    path = write(tmp_path, "queries.en.jsonl", '{"text": "a", "gold": ["a.md"]}', line)
    with pytest.raises(QuestionFileError, match=reason) as caught:
        read_questions(path)
    assert str(caught.value).startswith(f"{path}:2:")


def test_an_empty_or_missing_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(QuestionFileError, match="no question"):
        read_questions(write(tmp_path, "queries.en.jsonl", ""))
    with pytest.raises(QuestionFileError, match="cannot be read"):
        read_questions(tmp_path / "queries.de.jsonl")


@pytest.mark.parametrize(
    ("name", "language"),
    [("queries.de.jsonl", "de"), ("queries.ca-valencia.jsonl", "ca-valencia"), ("questions.jsonl", "")],
)
def test_language_in_the_file_name(name: str, language: str) -> None:
    assert language_of(Path(name)) == language
