"""Cuts an answer where one message ends and the next begins. The pieces put together are the answer again."""

from __future__ import annotations

import re
from collections.abc import Callable

# Best places first: between paragraphs, lines, sentences, words.
_PLACES = tuple(re.compile(pattern) for pattern in (r"\n{2,}", r"\n", r"[.!?。！？؟।](?=\s|[^\x00-\u2fff])\s*", r"\s"))
# Combining marks, joiners, variation selectors and skin tones belong to what stands before them.
_BOUND = re.compile(r"[\u0300-\u036f\u200d\ufe00-\ufe0f\u20d0-\u20ff\U0001f3fb-\U0001f3ff]")

Measure = Callable[[str], int]


def characters(text: str) -> int:
    """As Slack counts them at most: those beyond 16 bits are two."""
    return len(text) + sum(character > "\uffff" for character in text)


def octets(text: str) -> int:
    """Bytes of UTF-8."""
    return len(text.encode("utf-8", "surrogatepass"))


def head(text: str, room: int, measure: Measure = characters) -> str:
    """The longest beginning that fits and ends well: at a paragraph, else a line, a sentence, a word, anywhere.

    Returns:
        The whole text where it fits; "" where not even its first character does.
    """
    if measure(text) <= room:
        return text
    most = _longest(text, room, measure)
    # An early end would waste the room; a later one of a lesser kind is better.
    for place in _PLACES:
        ends = [found.end() for found in place.finditer(text, most // 2, most) if found.end() <= most]
        if ends:
            return text[: ends[-1]]
    while most > 1 and (_BOUND.match(text[most]) or text[most - 1] == "\u200d"):
        most -= 1
    return text[:most]


def pieces(text: str, room: int, measure: Measure = characters) -> list[str]:
    """The whole text in pieces that fit."""
    found: list[str] = []
    while text:
        piece = head(text, room, measure) or text[0]
        found.append(piece)
        text = text[len(piece) :]
    return found


def _longest(text: str, room: int, measure: Measure) -> int:
    """How many characters fit, found by halving."""
    low, high = 0, min(len(text), room)
    while low < high:
        middle = (low + high + 1) // 2
        if measure(text[:middle]) <= room:
            low = middle
        else:
            high = middle - 1
    return low
