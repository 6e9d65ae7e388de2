"""A document → passages: by heading, within a token budget, tables, lists and code whole where they fit."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from retrieval.passages import Document, Passage, Section
from retrieval.split_blocks import Piece, pieces

CountTokens = Callable[[str], int]

_QUESTION_MARKS = ("?", "？", "؟", ";", "՞")


@dataclass(slots=True)
class _Draft:
    """A passage in the making: the section that it opens at, and the pieces of text in it."""

    section: Section
    parts: list[Piece]
    tokens: int

    @property
    def text(self) -> str:
        first, *rest = self.parts
        return first.text + "".join(piece.glue + piece.text for piece in rest)


def split(document: Document, count_tokens: CountTokens, budget: int = 220, minimum: int = 40) -> list[Passage]:
    """The passages of a document, in its order. The same document gives the same passages.

    A section within the budget is one passage. A longer one is cut between blocks, then at sentence ends, list items,
    table rows (under the repeated header row) or lines of code. Neighbours under one parent that are shorter than
    `minimum` share a passage, which has the heading and anchor of its first section and the headings of the others in
    its text; a section whose heading is a question stands alone, since it is what is asked for. Every passage's text
    is the document's own.

    Args:
        budget: tokens of a passage's text at most, counted piece by piece.
        minimum: tokens below which a section is too short to stand alone.
    """
    drafts: list[_Draft] = []
    for section in document.sections:
        drafts.extend(_split_section(section, count_tokens, budget))
    passages = [_passage(document, draft) for draft in _join_short(drafts, count_tokens, min(minimum, budget), budget)]
    if passages and document.questions:
        passages[0] = replace(passages[0], hints="\n".join(document.questions))
    return passages


def _split_section(section: Section, count_tokens: CountTokens, budget: int) -> list[_Draft]:
    found = [piece for block in section.blocks for piece in pieces(block, count_tokens, budget)]
    total = sum(piece.tokens for piece in found)
    # Even shares instead of full ones, so that no passage is left with a line or two.
    share = total / max(1, -(-total // budget))
    drafts: list[_Draft] = []
    current = _Draft(section, [], 0)
    for piece in found:
        full = current.tokens + piece.tokens > budget
        if current.parts and (full or current.tokens + piece.tokens / 2 > share):
            drafts.append(current)
            current = _next_draft(current, piece, budget)
        current.parts.append(piece)
        current.tokens += piece.tokens
    if current.parts:
        drafts.append(current)
    return drafts


def _next_draft(closed: _Draft, piece: Piece, budget: int) -> _Draft:
    """Opens the next draft; a line that introduces what follows ("You need:") goes along with it."""
    last = closed.parts[-1]
    introduces = last.text.endswith((":", "：")) and len(closed.parts) > 1
    if introduces and last.tokens + piece.tokens <= budget:
        closed.parts.pop()
        closed.tokens -= last.tokens
        return _Draft(closed.section, [last], last.tokens)
    return _Draft(closed.section, [], 0)


def _join_short(drafts: Sequence[_Draft], count_tokens: CountTokens, minimum: int, budget: int) -> list[_Draft]:
    joined: list[_Draft] = []
    previous: Section | None = None
    for draft in drafts:
        target = joined[-1] if joined else None
        if target is not None and draft.tokens < minimum and target.tokens < minimum and _may_join(previous, draft):
            added = _with_heading(draft, previous, count_tokens)
            tokens = sum(piece.tokens for piece in added)
            if target.tokens + tokens <= budget:
                target.parts += added
                target.tokens += tokens
                previous = draft.section
                continue
        joined.append(draft)
        previous = draft.section
    return joined


def _with_heading(draft: _Draft, previous: Section | None, count_tokens: CountTokens) -> list[Piece]:
    """The pieces under their heading, unless they only go on under the same one on the next page."""
    if previous is not None and previous.heading == draft.section.heading:
        return draft.parts
    heading = draft.section.heading[-1]
    first, *rest = draft.parts
    return [Piece(heading, count_tokens(heading), "\n\n"), Piece(first.text, first.tokens, "\n"), *rest]


def _may_join(previous: Section | None, draft: _Draft) -> bool:
    """Whether a short section may follow the previous one in one passage: same parent, or its own introduction."""
    section = draft.section
    if previous is None or previous is section or section.alone or previous.alone or section.url != previous.url:
        return False
    if _asks(section) or _asks(previous):
        return False
    parent = section.heading[:-1]
    return bool(parent) and parent in (previous.heading[:-1], previous.heading)


def _asks(section: Section) -> bool:
    return bool(section.heading) and section.heading[-1].rstrip().endswith(_QUESTION_MARKS)


def _passage(document: Document, draft: _Draft) -> Passage:
    section = draft.section
    return Passage(
        path=document.path,
        title=document.title,
        url=section.url or document.url,
        anchor=section.anchor,
        heading=section.heading,
        text=draft.text,
        audience=document.audience,
        language=document.language,
        instruction=document.instruction,
    )
