"""The anchors that renderers of Markdown give to headings."""

from __future__ import annotations

import re

_EXPLICIT = re.compile(r"\s*\{#([^\s{}]+)\}\s*$")
_DROPPED = re.compile(r"[^\w\- ]")


class Slugs:
    """GitHub's way: small letters, spaces to hyphens, punctuation dropped, repeated ones numbered."""

    def __init__(self) -> None:
        self._used: dict[str, int] = {}

    def heading(self, text: str) -> tuple[str, str]:
        """The heading without its explicit `{#anchor}`, and its anchor."""
        if explicit := _EXPLICIT.search(text):
            return text[: explicit.start()], explicit[1]
        slug = _DROPPED.sub("", text.strip().lower()).replace(" ", "-")
        count = self._used.get(slug)
        if count is None:
            self._used[slug] = 0
            return text, slug
        while (numbered := f"{slug}-{count + 1}") in self._used:
            count += 1
        self._used[slug] = count + 1
        self._used[numbered] = 0
        return text, numbered
