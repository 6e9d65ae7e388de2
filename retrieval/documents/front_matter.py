"""What an editor declares about a file at its top, between two lines of three hyphens."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from retrieval.declarations import audience_value, date_value, language_value, text_value, url_value
from retrieval.errors import KnowledgeFileError
from retrieval.yaml_fields import Field, read_fields

_OPENING = re.compile(r"---[ \t]*\n")
_CLOSING = re.compile(r"^(?:---|\.\.\.)[ \t]*$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class FrontMatter:
    """The declared values; "" or empty where nothing was declared. `audience` overrides the folder's, either way."""

    title: str = ""
    url: str = ""
    language: str = ""
    audience: str = ""
    tags: tuple[str, ...] = ()
    questions: tuple[str, ...] = ()
    valid_until: date | None = None


_SINGLE: Mapping[str, Callable[[str], Any]] = {
    "title": text_value,
    "url": url_value,
    "language": language_value,
    "audience": audience_value,
    "valid_until": date_value,
}
_LISTS = ("tags", "questions")
KEYS = (*_SINGLE, *_LISTS)


def split_front_matter(text: str, path: str) -> tuple[FrontMatter, str]:
    """The front matter, and the text after it.

    Raises:
        KnowledgeFileError: with the line, for an unknown key or a bad value.
    """
    opening = _OPENING.match(text)
    if opening is None:
        return FrontMatter(), text
    closing = _CLOSING.search(text, opening.end())
    if closing is None:
        # A document may begin with a horizontal rule.
        return FrontMatter(), text
    fields = read_fields(text[opening.end() : closing.start()], path, first_line=2)
    return front_matter(fields, path), text[closing.end() :].removeprefix("\n")


def front_matter(fields: Mapping[str, Field], path: str) -> FrontMatter:
    """Checked values from raw fields.

    Raises:
        KnowledgeFileError: with the line, for an unknown key or a bad value.
    """
    values: dict[str, Any] = {}
    for key, field in fields.items():
        if key not in KEYS:
            raise KnowledgeFileError(path, f"unknown key `{key}`; the keys are {', '.join(KEYS)}", field.line)
        if key in _LISTS:
            values[key] = tuple(text for value in field.values if (text := text_value(value)))
            continue
        if field.is_list:
            raise KnowledgeFileError(path, f"`{key}` takes one value, not a list", field.line)
        try:
            if field.values:
                values[key] = _SINGLE[key](field.values[0])
        except ValueError as error:
            raise KnowledgeFileError(path, str(error), field.line) from error
    return FrontMatter(**values)
