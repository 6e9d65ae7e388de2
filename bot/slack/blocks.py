"""Slack's blocks, each by a pure function that keeps to the lengths Slack takes. Text is cut, never refused."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Literal

from bot.slack.escaping import cut, length

Block = dict[str, Any]
Element = dict[str, Any]
Style = Literal["", "primary", "danger"]

MOST_VIEW_BLOCKS = 100
LONGEST_MARKDOWN = 12_000
_TEXT, _HEADER, _BUTTON, _VALUE, _ID, _TITLE, _LABEL, _PLACEHOLDER = 3_000, 150, 75, 2_000, 255, 24, 2_000, 150
_METADATA = 3_000


def plain(text: str, longest: int = _TEXT) -> Element:
    """Text that Slack shows literally; it takes none that is empty."""
    return {"type": "plain_text", "text": cut(text, longest) or " ", "emoji": False}


def header(text: str) -> Block:
    return {"type": "header", "text": plain(text, _HEADER)}


def section(text: str, accessory: Element | None = None) -> Block:
    block: Block = {"type": "section", "text": plain(text)}
    return block if accessory is None else block | {"accessory": accessory}


def context(*texts: str) -> Block:
    """Small print; at most ten texts."""
    return {"type": "context", "elements": [plain(text, 2_000) for text in texts[:10]]}


def divider() -> Block:
    return {"type": "divider"}


def markdown_block(text: str) -> Block:
    """Markdown that was made safe already (`escaping.markdown`); a message holds 12,000 characters of it in all."""
    return {"type": "markdown", "text": cut(text, LONGEST_MARKDOWN) or " "}


def button(text: str, action: str, value: str = "", style: Style = "") -> Element:
    element: Element = {"type": "button", "text": plain(text, _BUTTON), "action_id": cut(action, _ID)}
    if value:
        element["value"] = cut(value, _VALUE)
    return element | {"style": style} if style else element


def actions(*elements: Element) -> Block:
    return {"type": "actions", "elements": list(elements[:25])}


def feedback(action: str, good: str, bad: str, value: str) -> Block:
    """The thumbs that Slack draws itself; their values are `value` with :good or :bad behind.

    Args:
        good, bad: what screen readers say.
    """

    def thumb(sign: str, label: str, side: str) -> Element:
        return {
            "text": plain(sign, _BUTTON),
            "accessibility_label": cut(label, _BUTTON),
            "value": f"{cut(value, _VALUE - 5)}:{side}",
        }

    buttons = {"positive_button": thumb("👍", good, "good"), "negative_button": thumb("👎", bad, "bad")}
    return {"type": "context_actions", "elements": [{"type": "feedback_buttons", "action_id": action, **buttons}]}


def select(action: str, options: Sequence[tuple[str, str]], chosen: str) -> Element:
    """A menu of texts and values.

    Args:
        chosen: the value that is shown.
    """
    made = [{"text": plain(text, _BUTTON), "value": cut(value, 150)} for text, value in options[:100]]
    element: Element = {"type": "static_select", "action_id": action, "options": made}
    initial = next((option for option in made if option["value"] == chosen), None)
    return element if initial is None else element | {"initial_option": initial}


def text_input(
    block_id: str, label: str, *, placeholder: str = "", value: str = "", longest: int = 3_000, optional: bool = False
) -> Block:
    """A field of several lines; what is typed is found under its id, as block and as action."""
    element: Element = {"type": "plain_text_input", "action_id": block_id, "multiline": True, "max_length": longest}
    if placeholder:
        element["placeholder"] = plain(placeholder, _PLACEHOLDER)
    if value:
        element["initial_value"] = cut(value, longest)
    return {
        "type": "input",
        "block_id": block_id,
        "optional": optional,
        "label": plain(label, _LABEL),
        "element": element,
    }


def modal(
    callback: str, title: str, blocks: Sequence[Block], close: str, *, submit: str = "", metadata: str = ""
) -> Block:
    """A window over the conversation; `metadata` comes back with what is done in it."""
    view: Block = {
        "type": "modal",
        "callback_id": callback,
        "title": plain(title, _TITLE),
        "close": plain(close, _TITLE),
        "blocks": list(blocks[:MOST_VIEW_BLOCKS]),
        "private_metadata": metadata if length(metadata) <= _METADATA else "",
    }
    return view | {"submit": plain(submit, _TITLE)} if submit else view


def home(blocks: Sequence[Block]) -> Block:
    return {"type": "home", "blocks": list(blocks[:MOST_VIEW_BLOCKS])}


def rich_text(*parts: Element) -> Block:
    return {"type": "rich_text", "elements": list(parts)}


def line(*elements: Element) -> Element:
    return {"type": "rich_text_section", "elements": list(elements)}


def quote(*elements: Element) -> Element:
    return {"type": "rich_text_quote", "elements": list(elements)}


def preformatted(text: str, longest: int = _TEXT) -> Element:
    return {"type": "rich_text_preformatted", "elements": [words(cut(text, longest))]}


def words(text: str, *, bold: bool = False, italic: bool = False) -> Element:
    """A run of rich text, shown literally."""
    style = {name: True for name, wanted in (("bold", bold), ("italic", italic)) if wanted}
    element: Element = {"type": "text", "text": text or " "}
    return element | {"style": style} if style else element


def anchor(url: str, text: str, *, bold: bool = False) -> Element:
    """A link in rich text, or the text alone where there is no address to link to."""
    if not url:
        return words(text, bold=bold)
    element: Element = {"type": "link", "url": url, "text": text or url}
    return element | {"style": {"bold": True}} if bold else element


def moment(timestamp: int, fallback: str) -> Element:
    """A date and time in rich text; Slack writes it in the reader's language and time zone."""
    return {
        "type": "date",
        "timestamp": timestamp,
        "format": "{date_short_pretty}, {time}",
        "fallback": fallback,
    }


def texts(value: object) -> Iterable[str]:
    """Every text anywhere in blocks or a view, for logs, tests and drawings."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for part in value.values():
            yield from texts(part)
    elif isinstance(value, list | tuple):
        for part in value:
            yield from texts(part)
