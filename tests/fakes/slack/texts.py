"""Texts that people would see: their length, and what in them would ping somebody."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

# Mass mentions, people, groups: a support desk pings nobody.
_PINGS = re.compile(r"<!(?:channel|here|everyone)(?:\|[^>]*)?>|<@[UW][A-Z0-9]*(?:\|[^>]*)?>|<!subteam\^[^>]*>")
TEXT_CHARACTERS = 40_000
UPDATED_TEXT_CHARACTERS = 4_000
MARKDOWN_CHARACTERS = 12_000
BLOCK_CHARACTERS = 13_200


def pings(text: str) -> list[str]:
    """The control sequences of a text that notify people."""
    return _PINGS.findall(text)


def parsed_texts(value: Any) -> Iterator[str]:
    """All strings in blocks that Slack reads as mrkdwn or Markdown."""
    if isinstance(value, list):
        for item in value:
            yield from parsed_texts(item)
    elif isinstance(value, dict):
        if value.get("type") in ("mrkdwn", "markdown", "markdown_text") and isinstance(value.get("text"), str):
            yield value["text"]
        elif value.get("type") == "user":
            yield f"<@{value.get('user_id')}>"
        elif value.get("type") == "broadcast":
            yield f"<!{value.get('range')}>"
        elif value.get("type") in ("task_update", "plan_update"):
            yield from (str(value.get(key, "")) for key in ("title", "details", "output"))
        else:
            for item in value.values():
                yield from parsed_texts(item)


def all_texts(value: Any) -> Iterator[str]:
    """All strings in blocks that are shown."""
    if isinstance(value, list):
        for item in value:
            yield from all_texts(item)
    elif isinstance(value, dict):
        for key, item in value.items():
            if key in ("text", "alt_text") and isinstance(item, str):
                yield item
            elif isinstance(item, dict | list):
                yield from all_texts(item)
