"""A web page's content in reading order → an outline of headings and blocks."""

from __future__ import annotations

import re
from collections.abc import Callable

from selectolax.lexbor import LexborNode

from retrieval.cleaning import clean, one_line
from retrieval.documents.html_nodes import HEADINGS, View, attributes, is_left_out
from retrieval.documents.html_tables import is_layout, table_text
from retrieval.documents.outline import Outline

NameHeading = Callable[[str, str], tuple[str, str]]

# Deeper nesting is machine-made: what lies below is taken as plain text, so that no page exhausts the stack.
_MAX_DEPTH = 120
# Clean text holds neither of these.
_BREAK = "\x00"
_PICTURE = "\x01"
_INLINE_TAGS = """
    a abbr acronym b bdi bdo big br button cite code data del dfn em font i img ins kbd label mark math nobr output
    picture q rb rp rt ruby s samp small source span strike strong sub sup time tt u var wbr -text
"""
_INLINE = frozenset(_INLINE_TAGS.split())
_LISTS = frozenset(("ul", "ol", "menu"))
_WRAPPERS = frozenset(("section", "article", "div"))
_PERMALINKS = frozenset(("¶", "#", "§", "🔗", "", "link", "permalink", "anchor"))
# A picture that stands alone under one word is an icon ("warning"), not text.
_ICON = re.compile(rf"\s*{_PICTURE}[^\s{_PICTURE}]*\s*")
_ADMONITION = re.compile(r"\[!(?:NOTE|TIP|IMPORTANT|WARNING|CAUTION)\]\s*")


class BlockWalker:
    """Walks one page. `name_heading` may change a heading's text and anchor: Markdown slugs come in there."""

    def __init__(self, outline: Outline, view: View | None = None, name_heading: NameHeading | None = None) -> None:
        self._outline = outline
        self._view = view or View()
        self._name_heading = name_heading
        self._inline: list[str] = []
        # The latest anchor that no text has followed yet: it opens the heading that comes next.
        self._anchor = ""

    def walk(self, root: LexborNode) -> None:
        """Adds all content below an element."""
        self._children(root, 0)
        self._end_paragraph()

    def _children(self, node: LexborNode, depth: int) -> None:
        child = node.first_child
        while child is not None:
            self._node(child, depth)
            child = child.next

    def _node(self, node: LexborNode, depth: int) -> None:
        tag = node.tag or ""
        if tag == "-text":
            self._text(node.text_content or "")
            return
        values = attributes(node)
        if is_left_out(node, tag, values, self._view):
            return
        if depth > _MAX_DEPTH:
            self._text(node.text(separator=" "))
        elif tag in _INLINE:
            self._inline_node(node, tag, values, depth)
        else:
            self._end_paragraph()
            self._block_node(node, tag, values, depth)
            self._end_paragraph()

    def _text(self, text: str) -> None:
        self._inline.append(_visible(text))
        if self._anchor and not text.isspace():
            self._anchor = ""

    def _inline_node(self, node: LexborNode, tag: str, values: dict[str, str], depth: int) -> None:
        if tag == "br":
            self._inline.append(_BREAK)
        elif tag == "wbr" or tag == "rt" or tag == "rp":
            return
        elif tag == "img":
            if alt := values.get("alt", "").strip():
                self._text(alt)
                self._inline[-1] = _PICTURE + self._inline[-1]
        elif tag == "button" and _says_copy(node):
            return
        else:
            if tag in ("a", "span") and (anchor := values.get("id") or values.get("name")):
                self._anchor = anchor
            self._children(node, depth + 1)

    def _block_node(self, node: LexborNode, tag: str, values: dict[str, str], depth: int) -> None:
        if tag in HEADINGS:
            self._heading(node, HEADINGS[tag], values)
        elif values.get("role") == "heading" and values.get("aria-level", "2").isdigit():
            self._heading(node, min(int(values.get("aria-level", "2")), 6), values)
        elif tag == "pre":
            self._block("code", _visible(node.text()).strip("\n").expandtabs(4).rstrip())
        elif tag == "table" and not is_layout(node):
            self._block("table", table_text(node, self._view))
        elif tag in _LISTS and not _holds_sections(node):
            self._block("list", "\n".join(self._list_lines(node, tag, depth, "")))
        elif tag == "dl" and not _holds_sections(node):
            self._block("list", "\n".join(self._definition_lines(node, depth)))
        else:
            if tag in _WRAPPERS and (anchor := values.get("id")):
                self._anchor = anchor
            self._children(node, depth + 1)

    def _block(self, kind: str, text: str) -> None:
        if text.strip():
            self._anchor = ""
            self._outline.block(kind, text)  # type: ignore[arg-type]

    def _end_paragraph(self) -> None:
        if self._inline:
            if _ICON.fullmatch("".join(self._inline)):
                self._inline.clear()
            self._block("text", _ADMONITION.sub("", self._take_inline()))

    def _take_inline(self) -> str:
        """The text gathered so far; a line feed stands only where the page breaks the line."""
        raw = "".join(self._inline).replace(_PICTURE, "")
        self._inline.clear()
        if _BREAK not in raw:
            return one_line(raw)
        return "\n".join(line for part in raw.split(_BREAK) if (line := one_line(part)))

    def _heading(self, node: LexborNode, level: int, values: dict[str, str]) -> None:
        before = self._anchor
        self._anchor = ""
        text = self._heading_text(node)
        anchor = values.get("id") or _anchor_inside(node) or values.get("name") or before
        if self._name_heading is not None:
            text, anchor = self._name_heading(text, anchor)
        self._anchor = ""
        self._outline.heading(level, text, anchor)

    def _heading_text(self, node: LexborNode) -> str:
        # A button beside a heading's text copies or folds; a heading of nothing else opens an accordion.
        is_button = all(child.tag == "button" or not one_line(child.text()) for child in node.iter(include_text=True))
        child = node.first_child
        while child is not None:
            is_permalink = child.tag == "a" and one_line(child.text()).lower() in _PERMALINKS
            if not is_permalink and (is_button or child.tag != "button"):
                self._node(child, _MAX_DEPTH - 8)
            child = child.next
        return self._take_inline().replace("\n", " ")

    def _list_lines(self, node: LexborNode, tag: str, depth: int, indent: str) -> list[str]:
        """One line an item, lists in it indented below it."""
        lines: list[str] = []
        number = int(start) if (start := attributes(node).get("start", "1")).isdigit() else 1
        item = node.first_child
        while item is not None:
            if item.tag == "li" and not is_left_out(item, "li", attributes(item), self._view):
                marker = f"{number}. " if tag == "ol" else "- "
                number += 1
                lines.extend(self._item_lines(item, depth + 1, indent, marker))
            elif item.tag in _LISTS:
                lines.extend(self._list_lines(item, item.tag, depth + 1, indent + "  "))
            item = item.next
        return lines

    def _item_lines(self, item: LexborNode, depth: int, indent: str, marker: str) -> list[str]:
        below = indent + " " * len(marker)
        lines: list[str] = []
        nested = self._nested(item, depth, below)
        first, *rest = nested or [""]
        if first.strip():
            lines = [indent + marker + first.strip(), *rest]
        return lines

    def _nested(self, node: LexborNode, depth: int, indent: str) -> list[str]:
        """The lines of an item's content: its text, then what is nested in it, indented."""
        outer, self._inline = self._inline, []
        inner = Outline()
        kept, self._outline = self._outline, inner
        if depth > _MAX_DEPTH:
            self._text(node.text(separator=" "))
        else:
            self._children(node, depth + 1)
        self._end_paragraph()
        self._outline, self._inline = kept, outer
        sections = inner.sections("")
        blocks = sections[0].blocks if sections else ()
        return [indent + line for block in blocks for line in block.text.split("\n")]

    def _definition_lines(self, node: LexborNode, depth: int) -> list[str]:
        """One line a term with its definition."""
        lines: list[str] = []
        pending = ""
        for child in node.css("dt, dd"):
            text = " ".join(line.strip() for line in self._nested(child, depth, ""))
            if child.tag == "dt":
                lines += [f"- {pending}"] if pending else []
                pending = text
            elif text:
                lines.append(f"- {pending}: {text}" if pending else f"  {text}")
                pending = ""
        return [*lines, f"- {pending}"] if pending else lines


def _visible(text: str) -> str:
    """The page was cleaned as a whole, but character references bring back what it was cleaned of."""
    return text if text.isascii() and text.isprintable() else clean(text)


def _anchor_inside(node: LexborNode) -> str:
    for inner in node.css("a[id], a[name], span[id]"):
        values = attributes(inner)
        if anchor := values.get("id") or values.get("name"):
            return anchor
    return ""


def _holds_sections(node: LexborNode) -> bool:
    """Whether a list only lays out a page: headings in its items."""
    return node.css_first("h1, h2, h3, h4, h5, h6") is not None


def _says_copy(node: LexborNode) -> bool:
    return one_line(node.text()).casefold() in ("copy", "copied!", "copy code", "")
