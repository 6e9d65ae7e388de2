"""Which parts of a web page are its content."""

from __future__ import annotations

import re
from dataclasses import dataclass

from selectolax.lexbor import LexborHTMLParser, LexborNode

from retrieval.cleaning import one_line

_NEVER_TAGS = """
    script style template noscript nav iframe frame object embed applet svg canvas head footer dialog select textarea
    input datalist audio video map link meta base progress meter -comment !doctype
"""
_ROLE_NAMES = "navigation banner contentinfo search menu menubar toolbar tablist dialog alertdialog"
_FURNITURE_CLASSES = """
    nav navbar navigation breadcrumb breadcrumbs sidebar toc table-of-contents toctree-wrapper pagination pager
    skip-link skiplink edit-this-page sr-only visually-hidden screen-reader-text cookie-banner print-only noprint
    headerlink hash-link anchorjs-link clipboard-button copybtn prev-next-area related-pages
"""
_NEVER = frozenset(_NEVER_TAGS.split())
_ROLES = frozenset(_ROLE_NAMES.split())
_FURNITURE = frozenset(_FURNITURE_CLASSES.split())
_HIDDEN_STYLE = re.compile(r"(?:^|;)\s*(?:display\s*:\s*none|visibility\s*:\s*hidden)", re.IGNORECASE)
_CONTAINERS = ("main article", "main", "[role=main]", "article", "#content", "#main-content", "#main", ".markdown-body")
HEADINGS = {f"h{level}": level for level in range(1, 7)}


def content_root(page: LexborHTMLParser) -> LexborNode | None:
    """The element that holds the content: the page's main part if it marks one with text in it, else its body."""
    for selector in _CONTAINERS:
        found = page.css(selector)
        # Several articles are a list of teasers, or one text in parts: the element around them is meant then.
        if len(found) == 1 and found[0].text(strip=True):
            return found[0]
    return page.body


def attributes(node: LexborNode) -> dict[str, str]:
    """The element's attributes; one without a value has ""."""
    return {name: value or "" for name, value in node.attributes.items()}


@dataclass(frozen=True, slots=True)
class View:
    """How a page is looked at.

    Attributes:
        in_main: whether only its marked main part is, where a header holds the title and an aside may be a note.
        with_hidden: whether what `hidden` hides is seen too.
    """

    in_main: bool = True
    with_hidden: bool = False


def is_left_out(node: LexborNode, tag: str, values: dict[str, str], view: View) -> bool:
    """Whether an element is navigation, decoration, machinery or hidden."""
    if tag in _NEVER:
        return True
    if tag == "header":
        return not view.in_main and not _has_content_heading(node)
    if tag == "aside":
        return not view.in_main or is_mostly_links(node)
    if not values:
        return False
    # hidden="until-found" is opened by searching the page: it is meant to be found.
    if "hidden" in values and values["hidden"] != "until-found" and not view.with_hidden:
        return True
    if values.get("aria-hidden") == "true" or values.get("role") in _ROLES:
        return True
    if "style" in values and _HIDDEN_STYLE.search(values["style"]):
        return True
    return not _FURNITURE.isdisjoint(values.get("class", "").lower().split())


def is_mostly_links(node: LexborNode) -> bool:
    """Whether more than half of an element's text are links."""
    text = len(one_line(node.text()))
    return sum(len(one_line(link.text())) for link in node.css("a")) * 2 > text


def _has_content_heading(node: LexborNode) -> bool:
    """Whether a header outside of the main part heads a section of its own, not the site."""
    parent = node.parent
    return parent is not None and parent.tag in ("article", "section", "main")
