"""The rules for what stands in blocks: texts, buttons, menus, inputs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from slack_sdk.errors import SlackObjectFormationError
from slack_sdk.models.blocks import BlockElement

_SELECTS = {"static_select", "external_select", "users_select", "conversations_select", "channels_select"}
_MULTIPLE = {f"multi_{kind}" for kind in _SELECTS}
_CHOICES = {"checkboxes", "radio_buttons", "datepicker", "timepicker", "datetimepicker"}
_ALLOWED = {
    "actions": _SELECTS | _MULTIPLE | _CHOICES | {"button", "overflow", "workflow_button"},
    "accessory": _SELECTS | _MULTIPLE | _CHOICES | {"button", "overflow", "workflow_button", "image"},
    "context_actions": {"feedback_buttons", "icon_button"},
    "input": _SELECTS
    | _MULTIPLE
    | _CHOICES
    | {"plain_text_input", "email_text_input", "url_text_input", "number_input", "rich_text_input", "file_input"},
}
_REQUIRED: dict[str, tuple[str, ...]] = {
    "button": ("text",),
    "feedback_buttons": ("positive_button", "negative_button"),
    "icon_button": ("icon", "text"),
    "overflow": ("options",),
    "checkboxes": ("options",),
    "radio_buttons": ("options",),
    "image": ("alt_text",),
    "number_input": ("is_decimal_allowed",),
}
_ICONS = {"trash"}


def text_problems(text: Any, pointer: str, limit: int, *, plain: bool = False) -> Iterator[tuple[str, str]]:
    """Of a text object."""
    kinds = ("plain_text",) if plain else ("plain_text", "mrkdwn")
    if not isinstance(text, dict) or text.get("type") not in kinds:
        yield pointer, f"must be a text object of type {' or '.join(kinds)}"
        return
    allowed = {"type", "text", "emoji" if text["type"] == "plain_text" else "verbatim"}
    yield from ((f"{pointer}/{name}", "unknown field") for name in sorted(set(text) - allowed))
    if not isinstance(text.get("text"), str) or not 1 <= len(text["text"]) <= limit:
        yield f"{pointer}/text", f"must be 1 to {limit} characters"


def element_problems(element: Any, pointer: str, place: str) -> Iterator[tuple[str, str]]:
    """Of an element in a block of this kind; `accessory` and `input` are places too."""
    if not isinstance(element, dict):
        yield pointer, "must be an object"
        return
    kind = element.get("type")
    if place == "context":
        yield from _context(element, pointer)
        return
    if kind not in _ALLOWED[place]:
        yield f"{pointer}/type", f"unsupported type in {place}: {kind}"
        return
    for name in _REQUIRED.get(kind, ()):
        if name not in element:
            yield pointer, f"missing required field: {name}"
            return
    try:
        model = BlockElement.parse(element)
        assert model is not None
        yield from ((f"{pointer}/{name}", "unknown field") for name in sorted(set(element) - model.attributes))
        model.to_dict()
    except (SlackObjectFormationError, TypeError, AttributeError, KeyError) as error:
        yield pointer, str(error)
        return
    if "action_id" in element and not 1 <= len(str(element["action_id"])) <= 255:
        yield f"{pointer}/action_id", "must be 1 to 255 characters"
    yield from _own_rules(element, str(kind), pointer)


def _own_rules(element: dict[str, Any], kind: str, pointer: str) -> Iterator[tuple[str, str]]:
    if kind == "button":
        yield from text_problems(element["text"], f"{pointer}/text", 75, plain=True)
        if element.get("style", "primary") not in ("primary", "danger"):
            yield f"{pointer}/style", "must be primary or danger"
        yield from _value(element, pointer)
        if "url" in element and not element["url"].startswith(("https://", "http://", "slack://", "mailto:", "tel:")):
            yield f"{pointer}/url", "must be a URL"
    elif kind == "feedback_buttons":
        for name in ("positive_button", "negative_button"):
            button = element[name]
            yield from text_problems(button.get("text"), f"{pointer}/{name}/text", 75, plain=True)
            if "value" not in button:
                yield f"{pointer}/{name}", "missing required field: value"
            yield from _value(button, f"{pointer}/{name}")
    elif kind == "icon_button":
        yield from text_problems(element["text"], f"{pointer}/text", 75, plain=True)
        if element["icon"] not in _ICONS:
            yield f"{pointer}/icon", f"must be one of {', '.join(_ICONS)}"
    if "options" in element:
        most = {"checkboxes": 10, "radio_buttons": 10, "overflow": 5}.get(kind, 100)
        if not 1 <= len(element["options"]) <= most:
            yield f"{pointer}/options", f"1 to {most} options"
        for number, option in enumerate(element["options"]):
            yield from _option(option, f"{pointer}/options/{number}", plain=kind not in ("checkboxes", "radio_buttons"))
    for initial in _initial(element):
        if initial not in [option for group in _groups(element) for option in group]:
            yield f"{pointer}/initial_option", "must be one of the options, exactly"
    if "placeholder" in element:
        yield from text_problems(element["placeholder"], f"{pointer}/placeholder", 150, plain=True)
    if "confirm" in element:
        yield from _confirm(element["confirm"], f"{pointer}/confirm")
    if kind == "plain_text_input" and not 0 <= int(element.get("min_length", 0)) <= int(
        element.get("max_length", 3000)
    ):
        yield f"{pointer}/min_length", "must be at most max_length"
    if kind == "plain_text_input" and not 1 <= int(element.get("max_length", 3000)) <= 3000:
        yield f"{pointer}/max_length", "must be 1 to 3000"


def _value(element: dict[str, Any], pointer: str) -> Iterator[tuple[str, str]]:
    value = element.get("value", "-")
    if not isinstance(value, str) or not 1 <= len(value) <= 2_000:
        yield f"{pointer}/value", "must be 1 to 2000 characters"


def _option(option: Any, pointer: str, *, plain: bool) -> Iterator[tuple[str, str]]:
    if not isinstance(option, dict) or set(option) - {"text", "value", "description", "url"}:
        yield pointer, "must be an option object"
        return
    yield from text_problems(option.get("text"), f"{pointer}/text", 75, plain=plain)
    if not isinstance(option.get("value"), str) or not 1 <= len(option["value"]) <= 150:
        yield f"{pointer}/value", "must be 1 to 150 characters"
    if "description" in option:
        yield from text_problems(option["description"], f"{pointer}/description", 75, plain=plain)


def _confirm(confirm: Any, pointer: str) -> Iterator[tuple[str, str]]:
    for name, limit in (("title", 100), ("text", 300), ("confirm", 30), ("deny", 30)):
        yield from text_problems(confirm.get(name), f"{pointer}/{name}", limit, plain=name != "text")


def _context(element: dict[str, Any], pointer: str) -> Iterator[tuple[str, str]]:
    if element.get("type") == "image":
        if not element.get("alt_text") or ("image_url" in element) == ("slack_file" in element):
            yield pointer, "an image needs alt_text and one of image_url and slack_file"
    else:
        yield from text_problems(element, pointer, 3_000)


def _groups(element: dict[str, Any]) -> list[list[Any]]:
    return [element.get("options", []), *(group["options"] for group in element.get("option_groups", ()))]


def _initial(element: dict[str, Any]) -> list[Any]:
    return [*element.get("initial_options", ()), *([element["initial_option"]] if "initial_option" in element else ())]
