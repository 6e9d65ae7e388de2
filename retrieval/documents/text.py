"""Plain text: paragraphs, lists and underlined headings."""

from __future__ import annotations

import re

from retrieval.cleaning import clean, one_line
from retrieval.documents.content import Content
from retrieval.documents.decoding import decode
from retrieval.documents.front_matter import split_front_matter
from retrieval.documents.limits import Limits
from retrieval.documents.outline import Outline

_PARAGRAPHS = re.compile(r"\n[ \t]*\n\s*?(?=\S|[ \t]+\S)")
_UNDERLINE = re.compile(r"[=\-~*#^]{3,}[ \t]*")
_ITEM = re.compile(r"\s*(?:[-*+•‣–]|\d{1,3}[.)])\s+\S")
_LONGEST_TITLE = 100
_WRAPPED = 50
_SENTENCE_ENDS = (".", "!", "。", "！", "।", ":", ";", ",", "，")


def read(data: bytes, path: str, limits: Limits) -> Content:
    """A text file's title, sections and front matter.

    Raises:
        KnowledgeFileError: if it is not text, or its front matter is wrong (with the line).
    """
    front, text = split_front_matter(clean(decode(data, path)), path)
    outline = Outline()
    for index, paragraph in enumerate(part for part in _PARAGRAPHS.split(text.strip("\n")) if part.strip()):
        _paragraph(outline, paragraph.strip("\n").split("\n"), index == 0)
    title = front.title or outline.first_heading
    return Content(title, outline.sections(title), front)


def _paragraph(outline: Outline, lines: list[str], is_first: bool) -> None:
    if len(lines) > 1 and _UNDERLINE.fullmatch(lines[1]) and len(lines[0]) <= _LONGEST_TITLE:
        outline.heading(1 if lines[1].startswith(("=", "#")) else 2, one_line(lines[0]))
        lines = lines[2:]
    elif is_first and len(lines) == 1 and len(lines[0]) <= _LONGEST_TITLE and not lines[0].endswith(_SENTENCE_ENDS):
        outline.heading(1, one_line(lines[0]))
        lines = []
    joined = _unwrapped(lines)
    if joined:
        is_list = sum(_ITEM.match(line) is not None for line in joined) * 2 > len(joined)
        outline.block("list" if is_list else "text", "\n".join(joined))


def _unwrapped(lines: list[str]) -> list[str]:
    """Joins a line to the one before where that was only wrapped at the margin."""
    joined: list[str] = []
    previous = ""
    for line in lines:
        if joined and len(previous) >= _WRAPPED and not _ITEM.match(line):
            joined[-1] = one_line(f"{joined[-1]}\n{line}")
        elif line.strip():
            joined.append(line.rstrip())
        previous = line
    return joined
