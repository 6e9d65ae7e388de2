"""A passage's text → the units that an answer is made of: sentences, list items, table rows, code samples."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Literal

from retrieval.sentences import split_sentences

UnitKind = Literal["sentence", "item", "steps", "header", "row", "code", "heading"]

_ITEM = re.compile(r"\s*(?:[-*+•·–]|(\d{1,3}|[a-zA-Z])[.)])\s+\S")
_RULE = re.compile(r"\s*\|?(?:\s*:?-{3,}:?\s*\|)+\s*")
_FENCE = re.compile(r"\s*(```|~~~)")
_ENDS_SENTENCE = re.compile(r"[.!?…:;。！？：；।॥۔؟၊။።]['\"”’»›)\]）」』*_]*$")
_LONGEST_HEADING = 80  # characters


@dataclass(frozen=True, slots=True)
class Unit:
    """A part of a passage's text that is shown whole or not at all. "steps" are a whole numbered list.

    Attributes:
        start, end: its characters in the passage's text.
        lead: the unit without which this one is not understood (a list's introduction, a table's header row, the
            heading above it), by its place among the units; None if it stands alone.
    """

    start: int
    end: int
    kind: UnitKind
    lead: int | None = None


def units(text: str) -> list[Unit]:
    """The units of a text, in order; all of it but white space and lines of nothing but marks is covered."""
    lines = [(match.start(), match.end()) for match in re.finditer(r"[^\n]+", text)]
    found: list[Unit] = []
    place = 0
    while place < len(lines):
        start, end = lines[place]
        line = text[start:end]
        if _FENCE.match(line):
            last = _closing_fence(text, lines, place)
            found.append(Unit(start, lines[last][1], "code", _introduction(text, found)))
            place = last + 1
        elif line.lstrip().startswith("|"):
            place = _table(text, lines, place, found)
        elif _ITEM.match(line):
            place = _list(text, lines, place, found)
        else:
            _prose(text, start, end, found, followed=place + 1 < len(lines) and lines[place + 1][0] == end + 1)
            place += 1
    return _under_headings(found)


def _closing_fence(text: str, lines: list[tuple[int, int]], opening: int) -> int:
    for place in range(opening + 1, len(lines)):
        if _FENCE.match(text[slice(*lines[place])]):
            return place
    return len(lines) - 1


def _table(text: str, lines: list[tuple[int, int]], place: int, found: list[Unit]) -> int:
    header: int | None = None
    if place + 1 < len(lines) and _RULE.fullmatch(text[slice(*lines[place + 1])]):
        # The rule goes with the header row: the rows that follow then make a table again.
        found.append(Unit(lines[place][0], lines[place + 1][1], "header"))
        header = len(found) - 1
        place += 2
    while place < len(lines) and text[lines[place][0] :].lstrip().startswith("|"):
        found.append(Unit(*lines[place], "row", header))
        place += 1
    return place


def _list(text: str, lines: list[tuple[int, int]], place: int, found: list[Unit]) -> int:
    lead = _introduction(text, found)
    going_on = False
    while place < len(lines):
        start, end = lines[place]
        match = _ITEM.match(text[start:end])
        if match and match[1] and going_on and found[-1].kind == "steps":
            # One step of several helps nobody.
            found[-1] = replace(found[-1], end=end)
        elif match:
            kind: UnitKind = "steps" if match[1] else "item"
            found.append(Unit(start + len(text[start:end]) - len(text[start:end].lstrip()), end, kind, lead))
        elif text[start].isspace() and going_on:
            found[-1] = replace(found[-1], end=end)
        else:
            break
        going_on = True
        place += 1
    return place


def _introduction(text: str, found: list[Unit]) -> int | None:
    """The unit just before, if it introduces what follows ("You need:")."""
    if not found or found[-1].kind not in ("sentence", "heading"):
        return None
    return len(found) - 1 if text[found[-1].start : found[-1].end].rstrip("*_ ").endswith((":", "：")) else None


def _prose(text: str, start: int, end: int, found: list[Unit], followed: bool) -> None:
    spans = split_sentences(text[start:end])
    line = text[start:end].strip()
    if followed and len(spans) == 1 and len(line) <= _LONGEST_HEADING and not _ENDS_SENTENCE.search(line):
        found.append(Unit(start + spans[0][0], start + spans[0][1], "heading"))
        return
    found.extend(Unit(start + first, start + last, "sentence") for first, last in spans)


def _under_headings(found: list[Unit]) -> list[Unit]:
    """Gives what stands directly under a heading that heading as its lead."""
    return [
        replace(unit, lead=place - 1)
        if place and unit.lead is None and unit.kind != "heading" and found[place - 1].kind == "heading"
        else unit
        for place, unit in enumerate(found)
    ]
