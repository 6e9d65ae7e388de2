from __future__ import annotations

import pytest

from retrieval.errors import KnowledgeFileError
from tests.retrieval.documents.files import read


def test_each_row_is_a_section_headed_by_its_question() -> None:
    document = read(
        'answer,Question,url\n"Yes, in\n30 days.",May I return it?,https://x.example/r\n\nNo.,Is it loud?,\n', "faq.csv"
    )
    assert document.title == "Faq"
    assert [(s.heading, s.blocks[0].text, s.url, s.alone) for s in document.sections] == [
        (("Faq", "May I return it?"), "Yes, in\n30 days.", "https://x.example/r", True),
        (("Faq", "Is it loud?"), "No.", "", True),
    ]


@pytest.mark.parametrize("delimiter", [";", "\t"])
def test_other_delimiters_and_a_byte_order_mark(delimiter: str) -> None:
    data = f"question{delimiter}answer\nWhy, though?{delimiter}Because, so.\n".encode("utf-8-sig")
    assert read(data, "a.csv").sections[0].blocks[0].text == "Because, so."


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ("question,reply\na,b\n", 1, "column `answer`"),
        ("question,answer,answer\na,b,c\n", 1, "column `answer`"),
        ("question,answer,price\na,b,c\n", 1, "unknown column `price`"),
        ('question,answer\n"two\nlines",b\nc,\n', 4, "no answer"),
        ("question,answer\n,b\n", 2, "no question"),
        ("question,answer\na,b,c\n", 2, "3 cells"),
        ('question,answer\na,"b"x\n', 2, "broken CSV"),
        ('question,answer\na,b\nc,"never closed\n\n', 3, "broken CSV"),
        ("question,answer,url\na,b,not a link\n", 2, "not a web address"),
    ],
)
def test_errors_name_the_line(text: str, line: int, reason: str) -> None:
    with pytest.raises(KnowledgeFileError, match=reason) as caught:
        read(text, "a.csv")
    assert caught.value.line == line


def test_columns_without_rows_are_no_text() -> None:
    with pytest.raises(KnowledgeFileError, match="has no text"):
        read("question,answer\n", "a.csv")
