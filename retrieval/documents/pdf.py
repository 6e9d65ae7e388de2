"""PDF: text by page, with headings from the bookmarks or, without any, from the size of the letters."""

from __future__ import annotations

from collections import Counter

import pypdfium2

from retrieval.cleaning import clean, one_line
from retrieval.documents.content import Content
from retrieval.documents.limits import Limits
from retrieval.documents.pdf_lines import Line, body_size, page_lines, paragraphs, without_running_titles
from retrieval.errors import KnowledgeFileError
from retrieval.passages import Block, Section

# A file may begin with a few bytes of rubbish, as its readers allow.
_MAGIC_WITHIN = 1024
_HEADING_RATIO = 1.12
_LONGEST_HEADING = 120


def read(data: bytes, path: str, limits: Limits) -> Content:
    """A PDF's title and sections; each section's anchor opens its page.

    Raises:
        KnowledgeFileError: if it is no PDF, is protected, has too many pages or no text.
    """
    if b"%PDF-" not in data[:_MAGIC_WITHIN]:
        raise KnowledgeFileError(path, "is not a PDF, whatever its name says")
    try:
        with pypdfium2.PdfDocument(data) as pdf:
            return _read(pdf, path, limits)
    except pypdfium2.PdfiumError as error:
        if "password" in str(error).lower():
            raise KnowledgeFileError(path, "is protected by a password; save it without one") from error
        raise KnowledgeFileError(path, f"is a damaged PDF: {error}") from error


def _read(pdf: pypdfium2.PdfDocument, path: str, limits: Limits) -> Content:
    if len(pdf) > limits.max_pages:
        raise KnowledgeFileError(path, f"has {len(pdf)} pages; the limit is {limits.max_pages}")
    pages: list[list[Line]] = []
    length = 0
    for index in range(len(pdf)):
        lines = page_lines(pdf, index)
        length += sum(len(line.text) for line in lines)
        if length > limits.max_expanded_bytes:
            raise KnowledgeFileError(path, f"holds more than {limits.max_expanded_bytes} characters of text")
        pages.append(lines)
    if not length:
        raise KnowledgeFileError(path, "has no text; if it is a scan, run text recognition on it first")
    pages = without_running_titles(pages)
    title = one_line(clean(pdf.get_metadata_dict().get("Title", "")))
    bookmarks = _bookmarks(pdf)
    if bookmarks:
        return Content(title, _sections_by_bookmark(pages, bookmarks))
    return _content_by_size(pages, title)


def _bookmarks(pdf: pypdfium2.PdfDocument) -> dict[int, tuple[str, ...]]:
    """The path of bookmarks that holds from a page on; of several on one page the first."""
    found: dict[int, tuple[str, ...]] = {}
    path: list[str] = []
    for bookmark in pdf.get_toc(max_depth=6):
        title = one_line(clean(bookmark.get_title() or ""))
        destination = bookmark.get_dest()
        page = destination.get_index() if destination is not None else None
        path = [*path[: bookmark.level], title]
        if page is not None and title:
            found.setdefault(page, tuple(part for part in path if part))
    return found


def _sections_by_bookmark(pages: list[list[Line]], bookmarks: dict[int, tuple[str, ...]]) -> tuple[Section, ...]:
    sections: list[Section] = []
    heading: tuple[str, ...] = ()
    for number, lines in enumerate(pages, 1):
        heading = bookmarks.get(number - 1, heading)
        blocks = tuple(Block("text", text) for text in paragraphs(lines))
        if blocks:
            sections.append(Section(("", *heading), f"page={number}", blocks))
    return tuple(sections)


def _content_by_size(pages: list[list[Line]], title: str) -> Content:
    """Lines in larger letters than most are headings; the largest of all, if first, is the title."""
    body = body_size(pages)
    sizes = sorted({line.size for lines in pages for line in lines if _is_heading(line, body)}, reverse=True)
    first = next((line for lines in pages for line in lines), None)
    if sizes and first is not None and first.size == sizes[0] and _count(pages, sizes[0]) == 1:
        title = title or first.text
        pages = [[line for line in lines if line is not first] for lines in pages]
        sizes = sizes[1:]
    sections: list[Section] = []
    heading: tuple[str, ...] = ()
    for number, lines in enumerate(pages, 1):
        start = 0
        for index, line in enumerate([*lines, None]):
            if line is not None and not _is_heading(line, body):
                continue
            blocks = tuple(Block("text", text) for text in paragraphs(lines[start:index]))
            if blocks:
                sections.append(Section(("", *heading), f"page={number}", blocks))
            if line is not None:
                heading = (*heading[: sizes.index(line.size)], line.text) if line.size in sizes else (line.text,)
            start = index + 1
    return Content(title, tuple(sections))


def _is_heading(line: Line, body: float) -> bool:
    return line.size >= body * _HEADING_RATIO and len(line.text) <= _LONGEST_HEADING and line.text[-1:] not in ".,;"


def _count(pages: list[list[Line]], size: float) -> int:
    return Counter(line.size for lines in pages for line in lines)[size]
