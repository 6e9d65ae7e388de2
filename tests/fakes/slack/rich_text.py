"""The rules for rich_text, which the SDK's models hardly check."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

_INLINE: dict[str, tuple[set[str], set[str]]] = {
    # type: what must be there, what may be
    "text": ({"text"}, {"style"}),
    "link": ({"url"}, {"text", "unsafe", "style"}),
    "emoji": ({"name"}, {"unicode", "skin_tone", "style"}),
    "user": ({"user_id"}, {"style"}),
    "usergroup": ({"usergroup_id"}, {"style"}),
    "channel": ({"channel_id"}, {"style"}),
    "broadcast": ({"range"}, {"style"}),
    "team": ({"team_id"}, {"style"}),
    "color": ({"value"}, {"style"}),
    "date": ({"timestamp", "format"}, {"url", "fallback", "style"}),
}
_STYLES = {"bold", "italic", "strike", "code", "underline", "highlight", "client_highlight", "unlink"}
_PARTS = {
    "rich_text_section": {"type", "elements"},
    "rich_text_list": {"type", "elements", "style", "indent", "offset", "border"},
    "rich_text_preformatted": {"type", "elements", "border", "language"},
    "rich_text_quote": {"type", "elements", "border"},
}


def rich_text_problems(block: dict[str, Any], pointer: str) -> Iterator[tuple[str, str]]:
    """Of a rich_text block, or a cell of one."""
    for number, part in enumerate(block.get("elements", ())):
        yield from _part(part, f"{pointer}/elements/{number}")


def _part(part: Any, pointer: str) -> Iterator[tuple[str, str]]:
    kind = part.get("type") if isinstance(part, dict) else None
    if kind not in _PARTS:
        yield pointer, f"unsupported type: {kind}"
        return
    yield from ((f"{pointer}/{name}", "unknown field") for name in sorted(set(part) - _PARTS[kind]))
    if not isinstance(part.get("elements"), list):
        yield pointer, "missing required field: elements"
        return
    if kind == "rich_text_list" and part.get("style") not in ("bullet", "ordered"):
        yield f"{pointer}/style", "must be bullet or ordered"
    if kind == "rich_text_list" and not 0 <= part.get("indent", 0) <= 8:
        yield f"{pointer}/indent", "must be 0 to 8"
    for number, element in enumerate(part["elements"]):
        at = f"{pointer}/elements/{number}"
        if kind == "rich_text_list":
            section = isinstance(element, dict) and element.get("type") == "rich_text_section"
            yield from _part(element, at) if section else iter([(at, "a list holds rich_text_section")])
        else:
            yield from _inline(element, at, kind)


def _inline(element: Any, pointer: str, inside: str) -> Iterator[tuple[str, str]]:
    kind = element.get("type") if isinstance(element, dict) else None
    if kind not in _INLINE or (inside == "rich_text_preformatted" and kind not in ("text", "link")):
        yield pointer, f"unsupported type in {inside}: {kind}"
        return
    needed, allowed = _INLINE[kind]
    yield from ((pointer, f"missing required field: {name}") for name in sorted(needed - set(element)))
    yield from ((f"{pointer}/{name}", "unknown field") for name in sorted(set(element) - needed - allowed - {"type"}))
    for name in ("text", "url"):
        if name in element and (not isinstance(element[name], str) or not element[name]):
            yield f"{pointer}/{name}", "must be more than 0 characters"
    style = element.get("style", {})
    if not isinstance(style, dict) or set(style) - _STYLES or not all(isinstance(on, bool) for on in style.values()):
        yield f"{pointer}/style", "must be flags"
    if kind == "date" and not isinstance(element.get("timestamp"), int):
        yield f"{pointer}/timestamp", "must be a number"
