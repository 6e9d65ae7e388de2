"""Markdown taken apart into what is translated, sentence by sentence, and what stays: code, table lines, list marks."""

from __future__ import annotations

import re
from dataclasses import dataclass

from retrieval.sentences import split_sentences

_FENCE = re.compile(r"\s*(`{3,}|~{3,})")
_RULE = re.compile(r"\s*\|?(?:\s*:?-+:?\s*\|)+\s*(?::?-+:?\s*)?")
_CELL = re.compile(r"(?<!\\)\|")
_PREFIX = re.compile(r"\s*(?:(?:[-*+•]|\d{1,3}[.)]|>|#{1,6})\s+)*")
_MARKERS_BEFORE = re.compile(r"(?:\[\d+\]\s*)+")
_MARKERS_AFTER = re.compile(r"(?:\s*\[\d+\])+$")
# Emphasis around words is lost: models move it about, and half a pair of stars is worse than none. Code goes first.
_EMPHASIS = re.compile(r"(`+[^`\n]+`+)|\*\*(?=\S)(.+?)(?<=\S)\*\*|(?<![\w*])\*(?=\S)([^*\n]+?)(?<=\S)\*(?![\w*])")


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of a text; joined in order, the parts make the text again.

    Attributes:
        sentence: whether it is a sentence to be translated.
    """

    text: str
    sentence: bool


def parts(markdown: str) -> list[Part]:
    """The parts of a text, none empty. Fenced code, rules of tables, list marks, markers and white space stay."""
    found: list[Part] = []
    fence = ""
    for line in markdown.splitlines(keepends=True):
        mark = _FENCE.match(line)
        if fence:
            _keep(found, line)
            if mark and mark[1].startswith(fence) and not line.strip().strip(mark[1][0]):
                fence = ""
        elif mark:
            fence = mark[1]
            _keep(found, line)
        elif _RULE.fullmatch(line):
            _keep(found, line)
        elif line.lstrip().startswith("|"):
            _row(found, line)
        else:
            _line(found, line)
    return found


def plain(sentence: str) -> str:
    """A sentence without emphasis."""
    return _EMPHASIS.sub(lambda found: found[1] or found[2] or found[3], sentence)


def _row(found: list[Part], line: str) -> None:
    position = 0
    for bar in _CELL.finditer(line):
        _line(found, line[position : bar.start()])
        _keep(found, "|")
        position = bar.end()
    _line(found, line[position:])


def _line(found: list[Part], line: str) -> None:
    prefix = _PREFIX.match(line)
    position = prefix.end() if prefix else 0
    _keep(found, line[:position])
    rest = line[position:]
    position = 0
    for start, end in split_sentences(rest):
        _keep(found, rest[position:start])
        _sentence(found, rest[start:end])
        position = end
    _keep(found, rest[position:])


def _sentence(found: list[Part], text: str) -> None:
    """Markers stand before or after a sentence, never as a word in it, and need no protection there."""
    before = _MARKERS_BEFORE.match(text)
    start = before.end() if before else 0
    after = _MARKERS_AFTER.search(text, start)
    end = after.start() if after else len(text)
    _keep(found, text[:start])
    if text[start:end]:
        found.append(Part(text[start:end], True))
    _keep(found, text[end:])


def _keep(found: list[Part], text: str) -> None:
    if text:
        found.append(Part(text, False))
