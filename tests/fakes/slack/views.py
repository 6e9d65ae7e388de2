"""views.*: modals and homes."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from slack_sdk.errors import SlackObjectFormationError
from slack_sdk.models.views import View as ViewModel

from tests.fakes.slack.blocks import block_problems
from tests.fakes.slack.calls import Call
from tests.fakes.slack.content import check_pings
from tests.fakes.slack.elements import text_problems
from tests.fakes.slack.model import View
from tests.fakes.slack.refusals import Refused
from tests.fakes.slack.shapes import view_json
from tests.fakes.slack.texts import parsed_texts

MOST_MODALS = 3
VIEW_BYTES = 250_000
_MODAL = {
    "type", "title", "blocks", "close", "submit", "private_metadata", "callback_id", "clear_on_close",
    "notify_on_close", "external_id",
}  # fmt: skip
_HOME = {"type", "blocks", "private_metadata", "callback_id", "external_id"}


def open_view(call: Call) -> dict[str, Any]:
    body = checked(call, "modal")
    user = call.slack.use_trigger(call, call.get("trigger_id", ""))
    if call.slack.opened.get(user):
        raise Refused("push_limit_reached", ["a modal is open; views.push puts another on it"], fault=False)
    return {"view": view_json(call.slack, place(call, body, user))}


def push_view(call: Call) -> dict[str, Any]:
    body = checked(call, "modal")
    user = call.slack.use_trigger(call, call.get("trigger_id", ""))
    if not call.slack.opened.get(user):
        raise Refused("exchanged_trigger_id", ["no modal is open"], fault=False)
    return {"view": view_json(call.slack, place(call, body, user))}


def update_view(call: Call) -> dict[str, Any]:
    body = checked(call, "modal", "home")
    if ("view_id" in call.arguments) == ("external_id" in call.arguments):
        raise Refused("invalid_arguments", ["needs one of view_id and external_id"])
    by_external = (
        view for view in call.slack.views.values() if view.body.get("external_id") == call.get("external_id")
    )
    view = call.slack.views.get(call.get("view_id", "")) if "view_id" in call.arguments else next(by_external, None)
    if view is None:
        raise Refused("not_found")
    if call.get("hash") not in (None, view.hash):
        raise Refused("hash_conflict")
    replace(call, view, body)
    return {"view": view_json(call.slack, view)}


def publish(call: Call) -> dict[str, Any]:
    body = checked(call, "home")
    user = call.arguments["user_id"]
    if not call.slack.app.home_tab:
        raise Refused("not_enabled")
    if user not in call.slack.users:
        raise Refused("invalid_arguments", ["user_id"])
    home = call.slack.homes.get(user)
    if home is None:
        if call.get("hash"):
            raise Refused("hash_conflict")
        home = View(call.slack.identifier("V"), call.home.id, user, body, _hash(body))
        call.slack.homes[user] = call.slack.views[home.id] = home
        call.slack.touch()
    else:
        if call.get("hash") not in (None, home.hash):
            raise Refused("hash_conflict")
        replace(call, home, body)
    return {"view": view_json(call.slack, home)}


def place(call: Call, body: dict[str, Any], user: str) -> View:
    """Puts a modal on top of those that a person has open."""
    stack = call.slack.opened.setdefault(user, [])
    if len(stack) >= MOST_MODALS:
        raise Refused("push_limit_reached")
    view = View(call.slack.identifier("V"), call.home.id, user, body, _hash(body))
    if stack:
        view.root, view.previous = stack[0].id, stack[-1].id
    stack.append(view)
    call.slack.views[view.id] = view
    call.slack.touch()
    return view


def replace(call: Call, view: View, body: dict[str, Any]) -> None:
    """Another body for a view; what was filled in stays where its inputs stay."""
    view.body, view.hash = body, _hash(body)
    kept = {block.get("block_id") for block in body["blocks"]}
    view.values = {name: values for name, values in view.values.items() if name in kept}
    call.slack.touch()


def checked(call: Call, *kinds: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
    """A view with an id for each block.

    Raises:
        Refused: Slack would not take it.
    """
    view = call.arguments["view"] if body is None else body
    kind = view.get("type")
    problems = [] if kind in kinds else [f"type must be {' or '.join(kinds)} [json-pointer:/view/type]"]
    allowed = _MODAL if kind == "modal" else _HOME
    problems += [f"unknown field {name} [json-pointer:/view]" for name in sorted(set(view) - allowed)]
    if kind == "modal":
        problems += [text for _, text in text_problems(view.get("title"), "/view/title", 24, plain=True)]
        for name in ("submit", "close"):
            if name in view:
                problems += [f"{name}: {text}" for _, text in text_problems(view[name], "", 24, plain=True)]
    blocks = view.get("blocks")
    problems += block_problems(blocks, str(kind) if kind in kinds else kinds[0])
    if not problems and kind == "modal" and any(b["type"] == "input" for b in blocks or ()) and "submit" not in view:
        problems.append("must define `submit` to use `input` block [json-pointer:/view/blocks]")
    if not problems:
        try:
            ViewModel(**view).to_dict()
        except (SlackObjectFormationError, TypeError) as error:
            problems.append(str(error))
    if problems:
        raise Refused("invalid_arguments", problems)
    if len(json.dumps(view).encode()) > VIEW_BYTES:
        raise Refused("view_too_large")
    # A view notifies nobody, so it may name people; it is not for calling everybody either.
    check_pings(call, [text for text in parsed_texts(blocks) if "<!" in text])
    return view | {"blocks": [{"block_id": f"b{number}", **block} for number, block in enumerate(blocks or ())]}


def _hash(body: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()[:16]
