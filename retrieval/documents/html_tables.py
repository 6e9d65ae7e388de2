"""A table of a web page → rows of Markdown."""

from __future__ import annotations

from selectolax.lexbor import LexborNode

from retrieval.cleaning import clean, one_line
from retrieval.documents.html_nodes import View, attributes, is_left_out

_MAX_COLUMNS = 64


def is_layout(table: LexborNode) -> bool:
    """Whether a table only lays out a page: headings, lists of steps, code or tables in it, or a single column."""
    if attributes(table).get("role") in ("presentation", "none"):
        return True
    if table.css_first("h1, h2, h3, h4, h5, h6, td table, th table, td pre") is not None:
        return True
    return all(len(_cells(row)) < 2 for row in table.css("tr"))


def table_text(table: LexborNode, view: View) -> str:
    """Rows as `| a | b |`; a header row is followed by a rule, as in Markdown."""
    rows = [
        (row, cells)
        for row in table.css("tr")
        if not is_left_out(row, "tr", attributes(row), view) and (cells := _cells(row))
    ]
    lines: list[str] = []
    for index, (row, cells) in enumerate(rows):
        texts = [_cell_text(cell, view) for cell in cells[:_MAX_COLUMNS]]
        if not any(texts):
            continue
        lines.append(f"| {' | '.join(texts)} |")
        if index == 0 and len(rows) > 1 and _is_header(row, cells):
            lines.append("|" + " --- |" * len(texts))
    caption = table.css_first("caption")
    if caption is not None and (text := one_line(clean(caption.text()))):
        lines.insert(0, text)
    return "\n".join(lines)


def _cells(row: LexborNode) -> list[LexborNode]:
    return [cell for cell in row.iter() if cell.tag in ("td", "th")]


def _is_header(row: LexborNode, cells: list[LexborNode]) -> bool:
    in_head = row.parent is not None and row.parent.tag == "thead"
    return in_head or all(cell.tag == "th" for cell in cells)


def _cell_text(cell: LexborNode, view: View) -> str:
    parts: list[str] = []
    _gather(cell, view, parts, 0)
    return one_line(clean("".join(parts))).replace("|", "\\|")


def _gather(node: LexborNode, view: View, parts: list[str], depth: int) -> None:
    child = node.first_child
    while child is not None:
        tag = child.tag or ""
        if tag == "-text":
            parts.append(child.text_content or "")
        elif not is_left_out(child, tag, values := attributes(child), view):
            if tag == "img":
                parts.append(values.get("alt", ""))
            elif tag == "br":
                parts.append(" ")
            elif depth > 60:
                parts.append(child.text(separator=" "))
            else:
                is_block = tag in ("p", "div", "li", "ul", "ol", "dd", "dt")
                parts.append(" " if is_block else "")
                _gather(child, view, parts, depth + 1)
                parts.append(" " if is_block else "")
        child = child.next
