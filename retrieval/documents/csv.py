"""CSV: a table of questions and answers, one section a row."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

from retrieval.cleaning import clean, one_line
from retrieval.declarations import url_value
from retrieval.documents.content import Content
from retrieval.documents.decoding import decode
from retrieval.documents.limits import Limits
from retrieval.errors import KnowledgeFileError
from retrieval.passages import Block, Section

_REQUIRED = ("question", "answer")
_COLUMNS = (*_REQUIRED, "url", "tags")
_DELIMITERS = ",;\t"


def read(data: bytes, path: str, limits: Limits) -> Content:
    """The rows of a CSV file: the question is the section's heading, the answer its text.

    Raises:
        KnowledgeFileError: with the line, for a missing or unknown column, a half-empty row or broken quoting.
    """
    text = clean(decode(data, path))
    header = text.split("\n", 1)[0]
    delimiter = max(_DELIMITERS, key=header.count)
    reader = csv.reader(io.StringIO(text), delimiter=delimiter, strict=True)
    sections: list[Section] = []
    columns: list[str] = []
    for line, row in _rows(reader, path):
        if not columns:
            columns = _columns(row, path, line)
        elif any(cell.strip() for cell in row):
            sections.append(_section(columns, row, path, line))
    if not columns:
        raise KnowledgeFileError(path, "is empty; its first line names the columns question and answer")
    return Content("", tuple(sections))


def _rows(reader: Iterator[list[str]], path: str) -> Iterator[tuple[int, list[str]]]:
    """The rows with the lines that they begin on."""
    line = 1
    while True:
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise KnowledgeFileError(path, f"broken CSV: {error}", line) from error
        yield line, row
        line = reader.line_num + 1  # type: ignore[attr-defined]


def _columns(row: list[str], path: str, line: int) -> list[str]:
    columns = [one_line(cell).lower() for cell in row]
    for name in _REQUIRED:
        if columns.count(name) != 1:
            raise KnowledgeFileError(path, f"the first line must name a column `{name}` once", line)
    unknown = [column for column in columns if column not in _COLUMNS]
    if unknown:
        reason = f"unknown column `{unknown[0]}`; the columns are {', '.join(_COLUMNS)}"
        raise KnowledgeFileError(path, reason, line)
    return columns


def _section(columns: list[str], row: list[str], path: str, line: int) -> Section:
    if len(row) > len(columns):
        raise KnowledgeFileError(path, f"this row has {len(row)} cells but there are {len(columns)} columns", line)
    cells = dict(zip(columns, row, strict=False))
    question = one_line(cells.get("question", ""))
    answer = "\n".join(one_line(part) for part in cells.get("answer", "").split("\n") if part.strip())
    if not question or not answer:
        raise KnowledgeFileError(path, f"this row has no {'answer' if question else 'question'}", line)
    url = cells.get("url", "").strip()
    try:
        return Section(("", question), "", (Block("text", answer),), url=url_value(url) if url else "", alone=True)
    except ValueError as error:
        raise KnowledgeFileError(path, str(error), line) from error
