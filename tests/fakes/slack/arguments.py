"""What came with a call, as values of the right types."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from tests.fakes.slack.methods import Method
from tests.fakes.slack.refusals import Refused

_TYPES: dict[str, tuple[type, ...]] = {
    "text": (str,),
    "flag": (bool,),
    "number": (int,),
    "list": (list,),
    "object": (dict,),
}


def read(method: Method, given: Mapping[str, Any], is_json: bool) -> dict[str, Any]:
    """The arguments of a call.

    Raises:
        Refused: one is unknown, missing or of another type.
    """
    if is_json and not method.json:
        given = {}
    messages: list[str] = []
    values: dict[str, Any] = {}
    for name, value in given.items():
        # Bolt names the team in each call, for tokens that hold for many.
        kind = method.arguments.get(name, "text" if name == "team_id" else "").rstrip("!")
        if not kind:
            messages.append(f"unknown argument [{name}]")
            continue
        try:
            values[name] = value if is_json else _from_form(kind, value)
        except ValueError:
            messages.append(f"must be valid JSON [json-pointer:/{name}]")
            continue
        # A list or an object may come as JSON within JSON, as the documentation's examples have it.
        if is_json and kind in ("list", "object") and isinstance(value, str):
            try:
                values[name] = json.loads(value)
            except ValueError:
                messages.append(f"must be valid JSON [json-pointer:/{name}]")
                continue
        if not isinstance(values[name], _TYPES[kind]) or (kind == "number" and isinstance(values[name], bool)):
            messages.append(f"must provide a {kind} [json-pointer:/{name}]")
    for name, kind in method.arguments.items():
        if kind.endswith("!") and (name not in given or (given[name] == "" and name != "status")):
            messages.append(f"missing required field: {name}")
    if messages:
        raise Refused("invalid_arguments", messages)
    return values


def _from_form(kind: str, value: str) -> Any:
    if kind == "flag":
        return {"1": True, "true": True, "True": True, "0": False, "false": False, "False": False}.get(value, value)
    if kind == "number":
        return int(value)
    if kind in ("list", "object"):
        return json.loads(value)
    return value
