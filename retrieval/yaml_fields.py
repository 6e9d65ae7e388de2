"""Flat YAML (keys with a value or a list of values) with the line of every field.

Only the parser's flat stream of events is used: no objects are built, no aliases expanded, nothing recurses, so a
hostile file costs no more than its length.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import yaml

from retrieval.errors import KnowledgeFileError

MAX_CHARACTERS = 64 * 1024
# The C parser also takes `[How long?]`, over which the other stumbles.
_LOADER: type = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_NULLS = frozenset({"", "~", "null", "Null", "NULL"})


@dataclass(frozen=True, slots=True)
class Field:
    """One key's values; a single value is a list of one, an empty one a list of none."""

    values: tuple[str, ...]
    is_list: bool
    line: int


def read_fields(text: str, path: str, first_line: int = 1) -> dict[str, Field]:
    """The fields of a YAML mapping.

    Args:
        path: names the file in errors.
        first_line: the file's line on which the text begins.

    Raises:
        KnowledgeFileError: with the line, if the text is not such YAML.
    """
    if len(text) > MAX_CHARACTERS:
        raise KnowledgeFileError(path, f"these settings are longer than {MAX_CHARACTERS} characters", first_line)
    try:
        return _fields(_events(text), path, first_line)
    except yaml.MarkedYAMLError as error:
        is_unclosed = "end of stream" in (error.problem or "")
        mark = (error.context_mark if is_unclosed else None) or error.problem_mark or error.context_mark
        line = first_line + mark.line if mark else first_line
        raise KnowledgeFileError(path, f"not valid YAML: {error.problem or error.context}", line) from error
    except yaml.YAMLError as error:
        raise KnowledgeFileError(path, f"not valid YAML: {error}", first_line) from error


def _events(text: str) -> Iterator[yaml.Event]:
    for event in yaml.parse(text, Loader=_LOADER):
        if not isinstance(event, yaml.StreamStartEvent | yaml.DocumentStartEvent):
            yield event


def _fields(events: Iterator[yaml.Event], path: str, first_line: int) -> dict[str, Field]:
    first = next(events)
    if isinstance(first, yaml.StreamEndEvent) or (isinstance(first, yaml.ScalarEvent) and first.value in _NULLS):
        return {}
    if not isinstance(first, yaml.MappingStartEvent):
        raise KnowledgeFileError(path, "settings are lines of the form `key: value`", _line(first, first_line))
    found: dict[str, Field] = {}
    for event in events:
        if isinstance(event, yaml.MappingEndEvent):
            break
        line = _line(event, first_line)
        if not isinstance(event, yaml.ScalarEvent):
            raise KnowledgeFileError(path, "a key is a plain word", line)
        if event.value in found:
            raise KnowledgeFileError(path, f"`{event.value}` is given twice", line)
        found[event.value] = _field(events, event.value, path, line)
    for event in events:
        if isinstance(event, yaml.DocumentStartEvent | yaml.ScalarEvent | yaml.MappingStartEvent):
            raise KnowledgeFileError(path, "only one YAML document is allowed", _line(event, first_line))
    return found


def _field(events: Iterator[yaml.Event], key: str, path: str, line: int) -> Field:
    event = next(events)
    if isinstance(event, yaml.ScalarEvent):
        is_null = event.value in _NULLS and event.implicit[0]
        return Field(() if is_null else (event.value,), False, line)
    values: list[str] = []
    if isinstance(event, yaml.SequenceStartEvent):
        for item in events:
            if isinstance(item, yaml.SequenceEndEvent):
                return Field(tuple(values), True, line)
            if not isinstance(item, yaml.ScalarEvent):
                break
            values.append(item.value)
    raise KnowledgeFileError(path, f"`{key}` takes a value or a list of values", line)


def _line(event: yaml.Event, first_line: int) -> int:
    return first_line + (event.start_mark.line if event.start_mark else 0)
