"""An answer's Markdown as rich text, for windows, which take no Markdown: what it says stays, word for word."""

from __future__ import annotations

import itertools
import re

from bot.slack.blocks import Block, Element, anchor, line, preformatted, rich_text, words
from bot.slack.escaping import cut, link

_INLINE = re.compile(
    r"\[(?P<label>[^\[\]\n]{1,500})\]\((?P<url>[^\s()]{1,3000})\)|\*\*(?P<bold>[^*\n]{1,2000})\*\*|`(?P<code>[^`\n]{1,2000})`"
)
_FENCE = ("```", "~~~")


def rich_answer(text: str, public_url: str, longest: int) -> Block:
    """The text as one block; tables and code samples keep their columns."""
    parts: list[Element] = []
    for fixed, group in itertools.groupby(_lines(cut(text, longest)), lambda one: one[0]):
        body = "\n".join(found for _, found in group).strip("\n")
        if body:
            parts.append(preformatted(body, longest) if fixed else line(*_inline(body, public_url), words("\n")))
    return rich_text(*(parts or [line(words(" "))]))


def _lines(text: str) -> list[tuple[bool, str]]:
    """Each line, with whether its spacing matters."""
    found: list[tuple[bool, str]] = []
    fenced = False
    for row in text.split("\n"):
        edge = row.lstrip().startswith(_FENCE)
        fixed = fenced or edge or (len(row) > 2 and row.startswith("|") and row.endswith("|"))
        found.append((fixed, row))
        fenced = fenced != edge
    return found


def _inline(text: str, public_url: str) -> list[Element]:
    elements: list[Element] = []
    start = 0
    for found in _INLINE.finditer(text):
        if before := text[start : found.start()]:
            elements.append(words(before))
        start = found.end()
        if found["label"]:
            target = link(found["url"], public_url)
            shown = found["label"] if target or found["url"].startswith("/") else f"{found['label']} ({found['url']})"
            elements.append(anchor(target, shown))
        elif found["bold"]:
            elements.append(words(found["bold"], bold=True))
        else:
            elements.append({"type": "text", "text": found["code"], "style": {"code": True}})
    if rest := text[start:]:
        elements.append(words(rest))
    return elements
