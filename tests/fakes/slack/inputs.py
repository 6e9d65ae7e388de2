"""What people choose and type, as interactions carry it."""

from __future__ import annotations

from typing import Any

_SELECTED = {
    "users_select": "selected_user",
    "channels_select": "selected_channel",
    "conversations_select": "selected_conversation",
    "datepicker": "selected_date",
    "timepicker": "selected_time",
    "multi_users_select": "selected_users",
    "multi_channels_select": "selected_channels",
    "multi_conversations_select": "selected_conversations",
}


def action_value(element: dict[str, Any], choice: str | list[str]) -> dict[str, Any]:
    """The fields of an action by which the app learns what was chosen."""
    kind = element["type"]
    if kind == "feedback_buttons":
        for button in (element["positive_button"], element["negative_button"]):
            if choice in (button["value"], button["text"]["text"]):
                return {"text": button["text"], "value": button["value"]}
        raise AssertionError(f"no feedback button {choice}")
    if kind in ("button", "icon_button"):
        return {"text": element["text"], **({"value": element["value"]} if "value" in element else {})}
    return input_value(element, choice)


def input_value(element: dict[str, Any], choice: Any) -> dict[str, Any]:
    """The value of an input, as in `state.values`."""
    kind = element["type"]
    if kind in _SELECTED:
        return {_SELECTED[kind]: choice or None}
    if kind in ("static_select", "radio_buttons", "overflow", "external_select"):
        return {"selected_option": _option(element, choice) if choice else None}
    if kind in ("checkboxes", "multi_static_select"):
        return {"selected_options": [_option(element, value) for value in choice or ()]}
    return {"value": choice or None}


def filled_in(blocks: list[dict[str, Any]], values: dict[str, Any], *, whole: bool = True) -> dict[str, dict[str, Any]]:
    """`state.values` of a view; not `whole`: before it is submitted.

    Raises:
        AssertionError: the person could not submit this: an input is missing, too long, or none of the options.
    """
    state: dict[str, dict[str, Any]] = {}
    known = set()
    for block in blocks:
        element = block.get("element")
        if block["type"] != "input" or not element:
            continue
        action = element.get("action_id", f"a-{block['block_id']}")
        names = {block["block_id"], action}
        known |= names
        given = next((values[name] for name in names if name in values), _initial(element))
        assert given or block.get("optional") or not whole, f"{block['block_id']} must be filled in"
        if element["type"] == "plain_text_input" and given and whole:
            assert len(given) >= element.get("min_length", 0), f"{block['block_id']} is too short"
            assert len(given) <= element.get("max_length", 3000), f"{block['block_id']} is too long"
        state[block["block_id"]] = {action: {"type": element["type"], **input_value(element, given)}}
    assert set(values) <= known, f"the view has no input {set(values) - known}"
    return state


def _initial(element: dict[str, Any]) -> Any:
    for name in ("initial_value", "initial_user", "initial_conversation", "initial_channel", "initial_date"):
        if name in element:
            return element[name]
    if "initial_option" in element:
        return element["initial_option"]["value"]
    return [option["value"] for option in element.get("initial_options", ())]


def _option(element: dict[str, Any], value: str) -> dict[str, Any]:
    options = [
        *element.get("options", ()),
        *(o for group in element.get("option_groups", ()) for o in group["options"]),
    ]
    for option in options:
        if value in (option["value"], option["text"]["text"]):
            return dict(option)
    raise AssertionError(f"no option {value}")
