from __future__ import annotations

from datetime import date

import pytest

from retrieval.documents.front_matter import FrontMatter, split_front_matter
from retrieval.errors import KnowledgeFileError


def test_all_keys() -> None:
    front, text = split_front_matter(
        "---\ntitle: 'Returns: all'\nurl: https://x.example/r\nlanguage: zh_hant\naudience: agents\ntags: [a, b]\n"
        "questions:\n  - How long?\n  - How much?\nvalid_until: 2026-12-31\n---\n# Text\n",
        "a.md",
    )
    assert front == FrontMatter(
        "Returns: all",
        "https://x.example/r",
        "zh-Hant",
        "agents",
        ("a", "b"),
        ("How long?", "How much?"),
        date(2026, 12, 31),
    )
    assert text == "# Text\n"


def test_one_value_where_a_list_is_meant_and_empty_values() -> None:
    front, _ = split_front_matter("---\ntags: a\ntitle:\nurl: ~\nquestions: [Why?]\n---\n", "a.md")
    assert front == FrontMatter(tags=("a",), questions=("Why?",))


@pytest.mark.parametrize(
    ("lines", "line", "reason"),
    [
        ("title: a\nauthor: b", 3, "unknown key `author`"),
        ("audience: Every One", 2, "audience 'Every One'"),
        ("language: english", 2, "language 'english'"),
        ("\nurl: ftp://x", 3, "url 'ftp://x'"),
        ("url: https://x.example/a#b", 2, "fragment"),
        ("url: javascript:alert(1)", 2, "url 'javascript"),
        ("valid_until: soon", 2, "valid_until 'soon'"),
        ("title: [a, b]", 2, "one value"),
        ("tags:\n  a: b", 2, "a value or a list"),
        ("title: a\ntitle: b", 3, "twice"),
        ("title: 'open", 2, "not valid YAML"),
        ('title: "\\ud800"', 2, "not valid YAML"),
        ("- a\n- b", 2, "key: value"),
    ],
)
def test_errors_name_the_line(lines: str, line: int, reason: str) -> None:
    with pytest.raises(KnowledgeFileError, match=reason) as caught:
        split_front_matter(f"---\n{lines}\n---\ntext", "a.md")
    assert caught.value.line == line


def test_a_rule_at_the_top_is_no_front_matter() -> None:
    assert split_front_matter("---\n\nText.\n", "a.md") == (FrontMatter(), "---\n\nText.\n")


def test_hostile_yaml_costs_no_more_than_its_length() -> None:
    for value in ("[" * 50_000, "&a [*a]", "!!python/object/apply:os.system ['true']", "x" * 70_000):
        with pytest.raises(KnowledgeFileError):
            split_front_matter(f"---\ntitle: {value}\n---\n", "a.md")


def test_values_are_cleaned() -> None:
    front, _ = split_front_matter('---\ntitle: "a\\u202eb \\u00a0c"\n---\n', "a.md")
    assert front.title == "ab c"
