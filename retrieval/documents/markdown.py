"""Markdown: rendered to HTML and read as such, so that HTML within it is treated like any other."""

from __future__ import annotations

from functools import cache

from markdown_it import MarkdownIt
from mdit_py_plugins.container import container_plugin
from selectolax.lexbor import LexborHTMLParser

from retrieval.cleaning import clean
from retrieval.documents.content import Content
from retrieval.documents.decoding import decode
from retrieval.documents.front_matter import split_front_matter
from retrieval.documents.html_blocks import BlockWalker
from retrieval.documents.limits import Limits
from retrieval.documents.outline import Outline
from retrieval.documents.slugs import Slugs

# Quotes in quotes and lists in lists below this are left out, so that no file exhausts the stack.
_MAX_NESTING = 100


def read(data: bytes, path: str, limits: Limits) -> Content:
    """A Markdown file's title, sections and front matter.

    Raises:
        KnowledgeFileError: if it is not text, or its front matter is wrong (with the line).
    """
    front, text = split_front_matter(clean(decode(data, path)), path)
    outline = Outline()
    slugs = Slugs()
    body = LexborHTMLParser(_renderer().render(text)).body
    if body is not None:
        # An anchor in the text is preferred: it was put there to be linked to.
        BlockWalker(outline, name_heading=lambda heading, anchor: _named(slugs, heading, anchor)).walk(body)
    title = front.title or outline.top_heading
    return Content(title, outline.sections(title), front)


def _named(slugs: Slugs, heading: str, anchor: str) -> tuple[str, str]:
    text, slug = slugs.heading(heading)
    return text, anchor or slug


@cache
def _renderer() -> MarkdownIt:
    renderer = MarkdownIt("commonmark", {"html": True, "maxNesting": _MAX_NESTING}).enable(["table", "strikethrough"])
    # `:::note` … `:::`, as Docusaurus and VitePress write their notes.
    return renderer.use(container_plugin, "note", validate=lambda parameters, markup: True)
