"""The text of a passage → HTML. It is Markdown, of which only tables do not read well as they stand."""

from __future__ import annotations

import html
import itertools
import re

RULE = re.compile(r"\|(?:\s*:?-{3,}:?\s*\|)+\Z")
BETWEEN_CELLS = re.compile(r"(?<!\\)\|")


def as_html(text: str) -> str:
    """Tables as tables, all else as it stands; everything is escaped."""
    blocks = []
    for row, group in itertools.groupby(text.split("\n"), _is_row):
        lines = list(group)
        if row:
            blocks.append(_table(lines))
        elif written := "\n".join(lines).strip("\n"):
            blocks.append(f'<div class="text" dir="auto">{html.escape(written)}</div>')
    return "\n".join(blocks)


def joined(before: str, after: str) -> str:
    """Two passages of one section as one text; the header of a table that was split stands only once."""
    first, *rest = after.split("\n", 2)
    if len(rest) == 2 and RULE.match(rest[0]) and before.endswith("|") and f"{first}\n{rest[0]}" in before:
        return f"{before}\n{rest[1]}"
    return f"{before}\n\n{after}"


def _is_row(line: str) -> bool:
    return len(line) > 2 and line.startswith("|") and line.endswith("|")


def _table(lines: list[str]) -> str:
    headed = len(lines) > 1 and RULE.match(lines[1]) is not None
    rows = [
        _row(line, "th" if headed and place == 0 else "td") for place, line in enumerate(lines) if not RULE.match(line)
    ]
    return f'<div class="table"><table dir="auto">{"".join(rows)}</table></div>'


def _row(line: str, tag: str) -> str:
    cells = [cell.strip().replace("\\|", "|") for cell in BETWEEN_CELLS.split(line[1:-1])]
    return f"<tr>{''.join(f'<{tag}>{html.escape(cell)}</{tag}>' for cell in cells)}</tr>"
