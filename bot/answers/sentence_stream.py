"""A stream of text → its sentences, each as soon as it is certain where it ends."""

from __future__ import annotations

import re
from dataclasses import dataclass

from retrieval.sentences import split_sentences

_MARKERS = re.compile(r"(?:[ \t]*[\[［【]\s*\d{1,3}(?:\s*[,،，、;；]\s*\d{1,3})*\s*[\]］】])+[.。．]?")
# What may become a marker with the next piece.
_OPEN_MARKER = re.compile(r"[\[［【][\d\s,،，、;；]*\Z")
# A marker and then the sentence's end: no abbreviation ends so.
_CERTAIN = re.compile(r"[\]］】][.!?。！？।॥۔؟։።]+[\"'”’»›)）」』*_]*\Z")
# Scripts that write no spaces end a sentence with these and nothing else.
_FULL_STOP = re.compile(r"[。！？｡।॥۔؟։።][\"'”’»›)）」』*_]*\Z")
# More of them are one: some checks would take the square of their number.
_SPACES = re.compile(r"[ \t]{2,}")
# What is longer than this without an end is split anew only when it has grown by this share: each splitting reads all.
_OFTEN = 400  # characters
_GROWTH = 1 / 16


@dataclass(frozen=True, slots=True)
class StreamedSentence:
    """One sentence or list item.

    Attributes:
        text: with its markers.
        gap: the white space before it: "" for the first, " ", a line feed or an empty line.
    """

    text: str
    gap: str


class SentenceStream:
    """Takes pieces, gives sentences. What stands between two sentences is levelled to a space or line feeds."""

    def __init__(self) -> None:
        self._rest = ""
        self._begun = False
        # How long the rest must be to be split again.
        self._due = 0

    @property
    def unfinished(self) -> int:
        """Characters of what is no certain sentence yet; whoever feeds it ends the stream where they are too many."""
        return len(self._rest)

    def feed(self, piece: str) -> list[StreamedSentence]:
        """The sentences that are certain now. A piece that is as long as a text is best given in several."""
        known = max(0, len(self._rest) - 1)
        self._rest = self._rest[:known] + _SPACES.sub(" ", self._rest[known:] + piece)
        if len(self._rest) < self._due:
            return []
        found = self._certain()
        length = len(self._rest)
        self._due = 0 if length < _OFTEN else length + int(length * _GROWTH)
        return found

    def finish(self) -> list[StreamedSentence]:
        """What is left, once the text has ended."""
        return self._taken(_spans(self._rest))

    def _certain(self) -> list[StreamedSentence]:
        spans = _spans(self._rest)
        certain = 0
        while certain < len(spans) and self._is_certain(spans, certain):
            certain += 1
        return self._taken(spans[:certain])

    def _is_certain(self, spans: list[tuple[int, int]], place: int) -> bool:
        start, end = spans[place]
        text, after = self._rest[start:end], self._rest[end:]
        if "\n" in after[: len(after) - len(after.lstrip())]:
            return True
        if _CERTAIN.search(text):
            return True
        if place + 1 == len(spans):
            return False
        following = self._rest[spans[place + 1][0] :]
        if _OPEN_MARKER.match(following):
            return False
        # Whether a Western full stop ended the sentence is told by the word behind it ("3. Oktober").
        return bool(_FULL_STOP.search(_MARKERS.sub("", text).rstrip()) or re.search(r"\S\s", following))

    def _taken(self, spans: list[tuple[int, int]]) -> list[StreamedSentence]:
        if not spans:
            return []
        found: list[StreamedSentence] = []
        position = 0
        for start, end in spans:
            gap = _gap(self._rest[position:start]) if self._begun else ""
            text = self._rest[start:end]
            if gap == " " and (late := _MARKERS.match(text)):
                # A marker more of the sentence before, which was certain without it.
                text = text[late.end() :].lstrip()
            if text:
                found.append(StreamedSentence(text, gap))
            self._begun, position = True, end
        self._rest = self._rest[position:]
        return found


def _spans(text: str) -> list[tuple[int, int]]:
    """The sentences, each with the markers that stand behind its full stop."""
    spans: list[tuple[int, int]] = []
    for start, end in split_sentences(text):
        markers = _MARKERS.match(text, start, end)
        same_line = "\n" not in text[spans[-1][1] : start] if spans else False
        if markers and spans and same_line:
            spans[-1] = (spans[-1][0], markers.end())
            start = markers.end() + len(text[markers.end() : end]) - len(text[markers.end() : end].lstrip())
        if start < end:
            spans.append((start, end))
    return spans


def _gap(between: str) -> str:
    feeds = between.count("\n")
    return "\n\n" if feeds > 1 else "\n" if feeds else " "
