"""The app's manifest for what is configured: pasted into Slack, it makes the app."""

from __future__ import annotations

from typing import Any

from bot.config import SlackSettings
from bot.slack.escaping import cut
from bot.slack.words import Words

SCOPES = (
    "app_mentions:read",
    "assistant:write",
    "channels:history",
    "channels:read",
    "chat:write",
    "commands",
    "groups:history",
    "groups:read",
    "im:history",
    "im:read",
    "im:write",
    "users:read",
)
EVENTS = (
    "agent_session_stopped",
    "app_home_opened",
    "app_mention",
    "app_uninstalled",
    "channel_shared",
    "channel_unshared",
    "member_joined_channel",
    "message.channels",
    "message.groups",
    "message.im",
    "tokens_revoked",
)
NAME = "Polydesk"
_SHORTCUT_NAME, _SHORTCUT_TEXT, _DESCRIPTION, _SHORT = 24, 150, 300, 140


def manifest(slack: SlackSettings, url: str, say: Words, *, socket: bool = False) -> dict[str, Any]:
    """The manifest.

    Args:
        url: where Slack reaches the desk, such as https://help.example.com; not needed with `socket`.
        say: the language that the app presents itself in.
        socket: the desk calls Slack instead.
    """
    address = {} if socket else {"url": f"{url}/slack/events"}
    request = {} if socket else {"request_url": f"{url}/slack/events"}
    oauth: dict[str, Any] = {"scopes": {"bot": list(SCOPES)}}
    if slack.client_id and url:
        oauth["redirect_urls"] = [f"{url}/slack/oauth_redirect"]
    description = say("slack.manifest.description")
    return {
        "_metadata": {"major_version": 2, "minor_version": 1},
        "display_information": {"name": NAME, "description": cut(description, _SHORT)},
        "features": {
            "agent_view": {"agent_description": cut(f"{description} {say('ai.notice')}", _DESCRIPTION)},
            "app_home": {
                "home_tab_enabled": True,
                "messages_tab_enabled": True,
                "messages_tab_read_only_enabled": False,
            },
            "bot_user": {"display_name": NAME, "always_online": True},
            "shortcuts": [
                _shortcut("message", "find_answer", say("slack.find"), say("slack.manifest.find")),
                _shortcut("global", "ask", say("slack.manifest.ask_name"), say("slack.manifest.ask")),
            ],
            "slash_commands": [
                {
                    "command": "/ask",
                    **address,
                    "description": cut(say("slack.manifest.ask"), _SHORTCUT_TEXT),
                    "usage_hint": cut(say("widget.question"), 100),
                    "should_escape": False,
                }
            ],
        },
        "oauth_config": oauth,
        "settings": {
            "event_subscriptions": {**request, "bot_events": list(EVENTS)},
            "interactivity": {"is_enabled": True, **request},
            "org_deploy_enabled": bool(slack.client_id),
            "socket_mode_enabled": socket,
            "token_rotation_enabled": False,
        },
    }


def _shortcut(kind: str, callback: str, name: str, description: str) -> dict[str, str]:
    return {
        "name": cut(name, _SHORTCUT_NAME),
        "type": kind,
        "callback_id": callback,
        "description": cut(description, _SHORTCUT_TEXT),
    }
