"""Headings and blocks in reading order → sections with their heading paths."""

from __future__ import annotations

from dataclasses import dataclass, field
from difflib import SequenceMatcher

from retrieval.passages import Block, BlockKind, Section

_NEARLY = 0.8


@dataclass(slots=True)
class _Entry:
    level: int
    heading: str
    anchor: str
    blocks: list[Block] = field(default_factory=list)
    is_continued: bool = False


class Outline:
    """Collects a document as its parser meets it."""

    def __init__(self) -> None:
        self._entries = [_Entry(0, "", "")]

    def heading(self, level: int, text: str, anchor: str = "") -> None:
        """A heading, level 1 the highest. One without text opens nothing."""
        if text:
            self._entries.append(_Entry(level, text, anchor))

    def go_on(self, anchor: str) -> None:
        """The latest heading goes on at another anchor, as on a new page."""
        latest = self._entries[-1]
        if not latest.blocks and (latest.is_continued or not latest.heading):
            latest.anchor = anchor
            return
        self._entries.append(_Entry(latest.level, latest.heading, anchor, is_continued=True))

    def block(self, kind: BlockKind, text: str) -> None:
        """A block under the latest heading. One without text is nothing."""
        if text.strip():
            self._entries[-1].blocks.append(Block(kind, text))

    @property
    def is_empty(self) -> bool:
        return len(self._entries) == 1 and not self._entries[0].blocks

    @property
    def first_heading(self) -> str:
        return next((entry.heading for entry in self._entries if entry.heading), "")

    @property
    def top_heading(self) -> str:
        """The first heading of the highest level."""
        entries = self._entries[1:]
        return min(entries, key=lambda entry: entry.level).heading if entries else ""

    def sections(self, title: str) -> tuple[Section, ...]:
        """The sections with text, each with the path of headings from the title down to its own."""
        found: list[Section] = []
        path: list[_Entry] = []
        for index, entry in enumerate(self._entries):
            while path and path[-1].level >= entry.level:
                path.pop()
            if entry.heading:
                path.append(entry)
            blocks = entry.blocks or self._only_heading(index)
            if blocks:
                found.append(Section(_heading(title, path), entry.anchor, tuple(blocks)))
        return tuple(found)

    def _only_heading(self, index: int) -> list[Block]:
        """A heading with nothing below it is text to be found; one with subsections is found by their paths."""
        entry = self._entries[index]
        following = self._entries[index + 1] if index + 1 < len(self._entries) else None
        is_leaf = following is None or (following.level <= entry.level and not following.is_continued)
        return [Block("text", entry.heading)] if entry.heading and is_leaf and not entry.is_continued else []


def _heading(title: str, path: list[_Entry]) -> tuple[str, ...]:
    headings = [entry.heading for entry in path]
    if headings and _same(headings[0], title):
        headings = headings[1:]
    return (title, *headings)


def _same(heading: str, title: str) -> bool:
    """Whether a page's first heading says what its title says, if not always in the very same words."""
    heading, title = heading.casefold(), title.casefold()
    return heading == title or SequenceMatcher(None, heading, title, autojunk=False).ratio() >= _NEARLY
