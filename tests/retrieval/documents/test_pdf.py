from __future__ import annotations

import pytest

from retrieval.documents import Limits
from retrieval.errors import KnowledgeFileError
from tests.retrieval.documents.files import outline, pdf, protected_pdf, read


def test_large_lines_are_headings_and_anchors_open_pages() -> None:
    data = pdf(
        [
            [(22, "Manual"), (11, "Read this first. It is"), (11, "short."), (15, "Charging"), (11, "Four hours.")],
            [(11, "At most five."), (15, "Storage"), (11, "Dry.")],
        ]
    )
    document = read(data, "a.pdf")
    assert document.title == "Manual"
    assert outline(document) == [
        ((), "page=1", ["Read this first. It is short."]),
        (("Charging",), "page=1", ["Four hours."]),
        (("Charging",), "page=2", ["At most five."]),
        (("Storage",), "page=2", ["Dry."]),
    ]


def test_the_declared_title_is_used() -> None:
    assert read(pdf([[(11, "Only text.")]], title="Warranty terms"), "a.pdf").title == "Warranty terms"


def test_running_titles_are_dropped() -> None:
    pages = [
        [(11, "Larkwheel manual"), (11, f"Text number {page} is here."), (11, f"Page {page}")] for page in range(5)
    ]
    document = read(pdf(pages), "a.pdf")
    assert [texts for _, _, texts in outline(document)] == [[f"Text number {page} is here."] for page in range(5)]


def test_list_marks_and_gaps_begin_paragraphs() -> None:
    document = read(pdf([[(11, "You need:"), (11, "- a key"), (11, "- a pump"), (11, "and water.")]]), "a.pdf")
    assert outline(document)[0][2] == ["You need:", "- a key", "- a pump and water."]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"<html>not found</html>", "is not a PDF"),
        (b"PK\x03\x04 a zip", "is not a PDF"),
        (b"%PDF-1.7\n" + b"garbage" * 50, "damaged PDF"),
        (protected_pdf(), "password"),
        (pdf([[]]), "scan"),
    ],
)
def test_what_cannot_be_read_is_said(data: bytes, reason: str) -> None:
    with pytest.raises(KnowledgeFileError, match=reason):
        read(data, "a.pdf")


def test_pages_and_text_are_limited() -> None:
    data = pdf([[(11, "one")], [(11, "two")], [(11, "three")]])
    with pytest.raises(KnowledgeFileError, match="has 3 pages; the limit is 2"):
        read(data, "a.pdf", limits=Limits(max_pages=2))
    with pytest.raises(KnowledgeFileError, match="more than 5 characters"):
        read(data, "a.pdf", limits=Limits(max_expanded_bytes=5))
