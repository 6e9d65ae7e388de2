from __future__ import annotations

import copy
from typing import Any

import pytest

from tests.fakes.slack.app import EVENTS, SCOPES, App
from tests.fakes.slack.manifest_schema import manifest_problems

MANIFEST: dict[str, Any] = {
    "display_information": {"name": "Polydesk", "description": "Answers from your help pages"},
    "features": {
        "app_home": {"home_tab_enabled": True, "messages_tab_enabled": True},
        "bot_user": {"display_name": "Polydesk"},
        "agent_view": {"agent_description": "Answers", "suggested_prompts": [{"title": "a", "message": "b"}]},
        "shortcuts": [{"name": "Answer this", "type": "message", "callback_id": "answer", "description": "Answers it"}],
        "slash_commands": [{"command": "/ask", "description": "Asks"}],
    },
    "oauth_config": {"scopes": {"bot": list(SCOPES)}},
    "settings": {
        "event_subscriptions": {"bot_events": list(EVENTS)},
        "interactivity": {"is_enabled": True},
        "socket_mode_enabled": True,
    },
}


def test_what_an_app_takes_from_it() -> None:
    assert not manifest_problems(MANIFEST)
    app = App()
    app.configure(MANIFEST)
    assert (app.agent, app.socket_mode, app.home_tab) == (True, True, True)
    assert app.commands == ("/ask",)
    assert app.shortcuts == (("answer", "message", "Answer this"),)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("display_information/name", "x" * 36),
        ("features/shortcuts/0/name", "x" * 25),
        ("features/shortcuts/0/type", "channel"),
        ("features/slash_commands/0/command", "ask"),
        ("features/assistant_views", {}),
        ("features/agent_view/suggested_prompts", [{"title": "a", "message": "b"}] * 5),
        ("oauth_config/scopes/bot", ["chat:write"]),
        ("settings/event_subscriptions/bot_events", ["app_mention", "app_mention"]),
        ("settings/socket_mode_enabled", False),
        ("settings/interactivity/request_url", "desk.example"),
    ],
)
def test_what_it_refuses(path: str, value: Any) -> None:
    manifest = copy.deepcopy(MANIFEST)
    *way, name = path.split("/")
    place: Any = manifest
    for step in way:
        place = place[int(step) if isinstance(place, list) else step]
    place[name] = value
    assert manifest_problems(manifest)
    with pytest.raises(ValueError, match=r"."):
        App().configure(manifest)
