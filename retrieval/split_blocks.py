"""One block → pieces that fit a token budget, each cut where its kind may be cut."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from retrieval.passages import Block
from retrieval.sentences import split_sentences

CountTokens = Callable[[str], int]

_TABLE_RULE = re.compile(r"\|(?: ---+ \|)+")
_TOP_ITEM = re.compile(r"^(?=\S)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a block that is kept whole.

    Attributes:
        glue: the white space between this piece and the one before it, when both are in one passage.
    """

    text: str
    tokens: int
    glue: str


def pieces(block: Block, count_tokens: CountTokens, budget: int) -> list[Piece]:
    """The block as one piece if it fits, else as several, in order. Only a table's header row is ever repeated."""
    text = block.text.strip("\n")
    tokens = count_tokens(text)
    if tokens <= budget:
        return [Piece(text, tokens, "\n\n")] if text.strip() else []
    if block.kind == "table":
        found = _table_pieces(text, count_tokens, budget)
    elif block.kind == "list":
        found = _packed(_cut_at(text, _item_starts(text)), "\n", count_tokens, budget)
    elif block.kind == "code":
        found = _packed(text.split("\n"), "\n", count_tokens, budget)
    else:
        found = _sentence_pieces(text, "\n\n", count_tokens, budget)
    return [Piece(found[0].text, found[0].tokens, "\n\n"), *found[1:]] if found else []


def _item_starts(text: str) -> list[int]:
    return [match.start() for match in _TOP_ITEM.finditer(text)]


def _cut_at(text: str, starts: list[int]) -> list[str]:
    return [text[start:end].rstrip("\n") for start, end in zip(starts, [*starts[1:], len(text)], strict=True)]


def _packed(units: list[str], glue: str, count_tokens: CountTokens, budget: int) -> list[Piece]:
    """Each unit as a piece (the splitter packs them); a unit over the budget is cut at its lines, then sentences."""
    found: list[Piece] = []
    for unit in units:
        tokens = count_tokens(unit)
        if tokens <= budget:
            found.append(Piece(unit, tokens, glue))
        elif "\n" in unit:
            found.extend(_packed(unit.split("\n"), glue, count_tokens, budget))
        else:
            found.extend(_sentence_pieces(unit, glue, count_tokens, budget))
    return found


def _table_pieces(text: str, count_tokens: CountTokens, budget: int) -> list[Piece]:
    """Groups of rows, each under the header row; without a header row the rows are pieces of their own."""
    rows = text.split("\n")
    has_header = len(rows) > 2 and _TABLE_RULE.fullmatch(rows[1]) is not None
    header = "\n".join(rows[:2])
    cost = count_tokens(header)
    # A header that takes half of the budget would crowd out the rows that it explains.
    if not has_header or cost > budget // 2:
        return _packed(rows, "\n", count_tokens, budget)
    body = _packed(rows[2:], "\n", count_tokens, budget - cost)
    total = sum(piece.tokens for piece in body)
    share = total / max(1, -(-total // (budget - cost)))
    found: list[Piece] = []
    group: list[str] = []
    tokens = 0
    for piece in body:
        if group and (tokens + piece.tokens > budget - cost or tokens + piece.tokens / 2 > share):
            found.append(Piece("\n".join([header, *group]), cost + tokens, "\n\n"))
            group, tokens = [], 0
        group.append(piece.text)
        tokens += piece.tokens
    found.append(Piece("\n".join([header, *group]), cost + tokens, "\n\n"))
    return found


def _sentence_pieces(text: str, glue: str, count_tokens: CountTokens, budget: int) -> list[Piece]:
    found: list[Piece] = []
    position = 0
    for start, end in split_sentences(text):
        # The white space between two sentences is kept as it is: none in Chinese, a line feed after a hard break.
        between = text[position:start] if found else glue
        found.extend(_fitting(text[start:end], between, count_tokens, budget))
        position = end
    return found


def _fitting(text: str, glue: str, count_tokens: CountTokens, budget: int) -> Iterator[Piece]:
    """The text itself if it fits, else halves cut at a space near the middle, again and again."""
    tokens = count_tokens(text)
    if tokens <= budget or len(text) < 2:
        yield Piece(text, tokens, glue)
        return
    cut = _cut(text)
    left, right = text[:cut], text[cut:]
    yield from _fitting(left.rstrip(), glue, count_tokens, budget)
    between = text[len(left.rstrip()) : len(text) - len(right.lstrip())]
    yield from _fitting(right.lstrip(), between, count_tokens, budget)


def _cut(text: str) -> int:
    """The place nearest to the middle where the text may be cut: at a space if one is near, never before a mark."""
    middle = len(text) // 2
    for distance in range(min(middle - 1, 200)):
        for place in (middle - distance, middle + distance):
            if text[place].isspace():
                return place
    while middle < len(text) - 1 and unicodedata.combining(text[middle]):
        middle += 1
    return middle
