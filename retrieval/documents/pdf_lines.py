"""The lines of a PDF's pages, and the paragraphs that they make."""

from __future__ import annotations

import ctypes
import re
from collections import Counter
from dataclasses import dataclass

import pypdfium2
import pypdfium2.raw as pdfium

from retrieval.cleaning import clean, one_line

_HYPHEN = "\x02"  # What pdfium gives for a hyphen that only breaks a word at the line's end.
_ITEM = re.compile(r"(?:[-*+•‣–▪●○]|\d{1,3}[.)])\s+\S")
_DIGITS = re.compile(r"\d+")
_PARAGRAPH_GAP = 1.6


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a page.

    Attributes:
        size: of its first letter, in points, rounded to halves.
        bottom: distance of its baseline from the page's lower edge, in points.
        broken_word: whether its last word goes on in the next line.
    """

    text: str
    size: float
    bottom: float
    broken_word: bool = False


def page_lines(pdf: pypdfium2.PdfDocument, index: int) -> list[Line]:
    """The lines of a page that have text, in the order in which the file writes them."""
    page = pdf[index]
    try:
        text_page = page.get_textpage()
        try:
            return _lines(text_page)
        finally:
            text_page.close()
    finally:
        page.close()


def _lines(text_page: pypdfium2.PdfTextPage) -> list[Line]:
    lines: list[Line] = []
    position = 0
    for raw in text_page.get_text_range().replace("\ufffe", _HYPHEN).split("\r\n"):
        text = one_line(clean(raw))
        if text:
            lead = len(raw) - len(raw.lstrip())
            size, bottom = _measure(text_page, position + lead)
            lines.append(Line(text, size, bottom, raw.rstrip().endswith(_HYPHEN)))
        position += len(raw.encode("utf-16-le")) // 2 + 2
    return lines


def _measure(text_page: pypdfium2.PdfTextPage, index: int) -> tuple[float, float]:
    size = pdfium.FPDFText_GetFontSize(text_page.raw, index)
    x, y = ctypes.c_double(), ctypes.c_double()
    pdfium.FPDFText_GetCharOrigin(text_page.raw, index, x, y)
    # Some writers set the size to 1 and scale by the matrix: then the letter's box tells the size.
    if size <= 2:
        left, right, low, high = (ctypes.c_double() for _ in range(4))
        pdfium.FPDFText_GetCharBox(text_page.raw, index, left, right, low, high)
        size = high.value - low.value
    return round(size * 2) / 2, y.value


def body_size(pages: list[list[Line]]) -> float:
    """The size in which most of the text is set."""
    weights: Counter[float] = Counter()
    for lines in pages:
        for line in lines:
            weights[line.size] += len(line.text)
    return weights.most_common(1)[0][0] if weights else 0.0


def without_running_titles(pages: list[list[Line]]) -> list[list[Line]]:
    """Drops first and last lines that stand, but for their number, on most pages."""
    if len(pages) < 3:
        return pages
    for place in (0, -1):
        common = Counter(_DIGITS.sub("#", lines[place].text) for lines in pages if lines)
        running = {text for text, count in common.items() if count >= 3 and count * 2 > len(pages)}
        pages = [_without(lines, place) if lines and _running(lines[place], running) else lines for lines in pages]
    return pages


def _running(line: Line, running: set[str]) -> bool:
    return _DIGITS.sub("#", line.text) in running


def _without(lines: list[Line], place: int) -> list[Line]:
    return lines[1:] if place == 0 else lines[:-1]


def paragraphs(lines: list[Line]) -> list[str]:
    """The text of lines, those of one paragraph on one line. A wide gap or a list's mark begins a new one."""
    found: list[str] = []
    previous: Line | None = None
    for line in lines:
        if previous is None or _begins_paragraph(previous, line):
            found.append(line.text)
        elif previous.broken_word:
            found[-1] += line.text
        else:
            found[-1] = one_line(f"{found[-1]}\n{line.text}")
        previous = line
    return found


def _begins_paragraph(previous: Line, line: Line) -> bool:
    gap = previous.bottom - line.bottom
    return gap > _PARAGRAPH_GAP * max(line.size, 1) or gap < 0 or bool(_ITEM.match(line.text))
