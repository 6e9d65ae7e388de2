"""HTML, as it is met."""

from __future__ import annotations

import re

from selectolax.lexbor import LexborHTMLParser

from retrieval.cleaning import clean, one_line
from retrieval.declarations import language_value, url_value
from retrieval.documents.content import Content
from retrieval.documents.decoding import decode
from retrieval.documents.front_matter import FrontMatter, front_matter, split_front_matter
from retrieval.documents.html_blocks import BlockWalker
from retrieval.documents.html_nodes import View, attributes, content_root
from retrieval.documents.limits import Limits
from retrieval.documents.outline import Outline
from retrieval.errors import KnowledgeFileError
from retrieval.yaml_fields import Field

_CHARSET = re.compile(rb"<meta[^>]+charset\s*=\s*[\"']?([\w-]+)", re.IGNORECASE)
_META = "polydesk:"
_LIST_SEPARATOR = re.compile(r"\s*[|\n]\s*")
_SITE_NAME = re.compile(r"\s+[|·—–:«»›-]\s+|\s*\|\s*")


def read(data: bytes, path: str, limits: Limits) -> Content:
    """A web page's title, sections and declarations.

    Raises:
        KnowledgeFileError: if it is not text, or its declarations are wrong.
    """
    declared = _CHARSET.search(data, 0, 2048)
    text = clean(decode(data, path, declared[1].decode("ascii") if declared else ""))
    front, text = split_front_matter(text, path)
    return read_page(text, path, front)


def read_page(text: str, path: str, front: FrontMatter) -> Content:
    """The content of a whole page whose text is clean."""
    page = LexborHTMLParser(text)
    fields = _declared_fields(page, text)
    if fields:
        if front != FrontMatter():
            raise KnowledgeFileError(path, f"declares values both at its top and in <meta name={_META}…>", 1)
        front = front_matter(fields, path)
    outline = _outline(page)
    title = front.title or _title(page, outline)
    return Content(title, outline.sections(title), front, _language(page), _canonical(page))


def _outline(page: LexborHTMLParser) -> Outline:
    """The page's content. A page that hides all of it has a script that shows it: then it is taken as shown."""
    root = content_root(page)
    outline = Outline()
    for with_hidden in (False, True):
        if root is not None and outline.is_empty:
            BlockWalker(outline, View(in_main=root.tag != "body", with_hidden=with_hidden)).walk(root)
    return outline


def _declared_fields(page: LexborHTMLParser, text: str) -> dict[str, Field]:
    fields: dict[str, Field] = {}
    for meta in page.css("meta[name]"):
        values = attributes(meta)
        name = values.get("name", "").strip()
        if name.lower().startswith(_META):
            key = name[len(_META) :]
            items = [item for item in _LIST_SEPARATOR.split(values.get("content", "").strip()) if item]
            is_list = key in ("tags", "questions")
            line = text.count("\n", 0, max(0, text.find(name))) + 1
            fields[key] = Field(tuple(items) if is_list else (values.get("content", ""),), False, line)
    return fields


def _title(page: LexborHTMLParser, outline: Outline) -> str:
    """The page's title without the name of the site, which stands on every page."""
    element = page.css_first("title")
    title = one_line(clean(element.text())) if element is not None else ""
    heading = outline.top_heading
    parts = [part.casefold() for part in _SITE_NAME.split(title)]
    if len(parts) > 1 and heading.casefold() in parts:
        return heading
    return title or heading


def _language(page: LexborHTMLParser) -> str:
    if page.root is None:
        return ""
    try:
        return language_value(attributes(page.root).get("lang", ""))
    except ValueError:
        return ""


def _canonical(page: LexborHTMLParser) -> str:
    link = page.css_first("link[rel=canonical]")
    try:
        return url_value(attributes(link).get("href", "")) if link is not None else ""
    except ValueError:
        return ""
