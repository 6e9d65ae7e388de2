"""PDF: text by page, with headings from the bookmarks or, without any, from the size of the letters."""

from __future__ import annotations

from dataclasses import dataclass

import pypdfium2

from retrieval.cleaning import clean, one_line
from retrieval.documents.content import Content
from retrieval.documents.limits import Limits
from retrieval.documents.outline import Outline
from retrieval.documents.pdf_lines import Line, body_size, page_lines, paragraphs, without_running_titles
from retrieval.errors import KnowledgeFileError

# A file may begin with a few bytes of rubbish, as its readers allow.
_MAGIC_WITHIN = 1024
_HEADING_RATIO = 1.12
_LONGEST_HEADING = 120
_PAGE_TOP = -1


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading; level 0 is the highest."""

    level: int
    text: str


Headings = dict[tuple[int, int], list[Heading]]  # By page and place among its lines, both from 0.


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
        return _content(pages, title, _headings_by_bookmark(pages, bookmarks))
    headings = _headings_by_size(pages)
    largest = next((heading.text for found in headings.values() for heading in found if heading.level == 0), "")
    return _content(pages, title or largest, headings)


def _bookmarks(pdf: pypdfium2.PdfDocument) -> dict[int, list[Heading]]:
    """The bookmarks by the page, counted from 0, that each opens."""
    found: dict[int, list[Heading]] = {}
    for bookmark in pdf.get_toc(max_depth=6):
        title = one_line(clean(bookmark.get_title() or ""))
        destination = bookmark.get_dest()
        page = destination.get_index() if destination is not None else None
        if page is not None and title:
            found.setdefault(page, []).append(Heading(bookmark.level, title))
    return found


def _headings_by_bookmark(pages: list[list[Line]], bookmarks: dict[int, list[Heading]]) -> Headings:
    """Bookmarks at the lines that say the same, else at the top of their page."""
    found: Headings = {}
    for page, headings in bookmarks.items():
        if page >= len(pages):
            continue
        places = {line.text.casefold(): place for place, line in reversed(list(enumerate(pages[page])))}
        for heading in headings:
            place = places.get(heading.text.casefold(), _PAGE_TOP)
            found.setdefault((page, place), []).append(heading)
    return found


def _headings_by_size(pages: list[list[Line]]) -> Headings:
    """Lines in larger letters than most; a larger size is a higher level."""
    body = body_size(pages)
    sizes = sorted({line.size for lines in pages for line in lines if _is_large(line, body)}, reverse=True)
    return {
        (page, place): [Heading(sizes.index(line.size), line.text)]
        for page, lines in enumerate(pages)
        for place, line in enumerate(lines)
        if _is_large(line, body)
    }


def _is_large(line: Line, body: float) -> bool:
    return line.size >= body * _HEADING_RATIO and len(line.text) <= _LONGEST_HEADING and line.text[-1:] not in ".,;"


def _content(pages: list[list[Line]], title: str, headings: Headings) -> Content:
    """Sections from heading to heading and page to page; each anchor opens its page."""
    outline = Outline()
    for page, lines in enumerate(pages):
        anchor = f"page={page + 1}"
        tops = headings.get((page, _PAGE_TOP), [])
        for heading in tops:
            outline.heading(heading.level + 1, heading.text, anchor)
        if not tops:
            outline.go_on(anchor)
        start = 0
        for place in range(len(lines) + 1):
            found = headings.get((page, place), [])
            if found or place == len(lines):
                for text in paragraphs(lines[start:place]):
                    if text != title:
                        outline.block("text", text)
                start = place + 1 if found else place
            for heading in found:
                outline.heading(heading.level + 1, heading.text, anchor)
    return Content(title, outline.sections(title))
