"""An app's manifest as Slack checks it: those parts of the published schema (2.0.0) that a self-hosted agent uses."""

from __future__ import annotations

from typing import Any

from jsonschema import Draft202012Validator


def _text(most: int, least: int = 1, **more: Any) -> dict[str, Any]:
    return {"type": "string", "minLength": least, "maxLength": most, **more}


def _object(required: tuple[str, ...] = (), **properties: Any) -> dict[str, Any]:
    return {"type": "object", "required": list(required), "properties": properties, "additionalProperties": False}


def _list(items: dict[str, Any], most: int, least: int = 0, *, unique: bool = False) -> dict[str, Any]:
    return {"type": "array", "items": items, "minItems": least, "maxItems": most, "uniqueItems": unique}


_FLAG = {"type": "boolean"}
_URL = {"type": "string", "pattern": "^https?://", "maxLength": 3500}
_SCOPES = _list(_text(50, 0), 255)
_EVENTS = _list(_text(50, 0), 100, unique=True)
_OCTET = "([0-9]|[1-9][0-9]|1[0-9]{2}|2[0-4][0-9]|25[0-5])"

SCHEMA: dict[str, Any] = _object(
    ("display_information",),
    **{"$schema": {"type": "string", "format": "uri"}},
    _metadata=_object(
        schema_version={"type": "integer"},
        min_version={"type": "integer"},
        major_version={"type": "integer"},
        minor_version={"type": "integer"},
    ),
    display_information=_object(
        ("name",),
        name=_text(35),
        description=_text(140),
        long_description=_text(4000, 175),
        background_color=_text(7, 4, pattern="^#[0-9a-fA-F]{3}([0-9a-fA-F]{3})?$"),
    ),
    features=_object(
        app_home=_object(home_tab_enabled=_FLAG, messages_tab_enabled=_FLAG, messages_tab_read_only_enabled=_FLAG),
        bot_user=_object(("display_name",), display_name=_text(80), always_online=_FLAG),
        shortcuts=_list(
            _object(
                ("name", "type", "callback_id", "description"),
                name=_text(24),
                type={"enum": ["message", "global"]},
                callback_id=_text(255),
                description=_text(150),
            ),
            10,
            1,
        ),
        slash_commands=_list(
            _object(
                ("command", "description"),
                command=_text(32, 2, pattern="^/"),
                url=_URL | {"maxLength": 3000},
                description=_text(2000),
                usage_hint=_text(1000),
                should_escape=_FLAG,
            ),
            50,
            1,
        ),
        unfurl_domains=_list(_text(255, pattern=r"^(?![.-])[-a-z0-9.]+[a-z0-9]$"), 5, 1, unique=True),
        agent_view=_object(
            agent_description=_text(300, 0),
            suggested_prompts=_list(
                _object(("title", "message"), title={"type": "string"}, message={"type": "string"}), 4
            ),
            actions=_list(
                _object(("name", "description"), name={"type": "string"}, description={"type": "string"}), 1000
            ),
        ),
    ),
    oauth_config=_object(
        redirect_urls=_list(_text(2500, 0), 1000, unique=True),
        scopes=_object(bot=_SCOPES, user=_SCOPES, bot_optional=_SCOPES, user_optional=_SCOPES),
        token_management_enabled=_FLAG,
        pkce_enabled=_FLAG,
    ),
    settings=_object(
        allowed_ip_address_ranges=_list(
            {"type": "string", "pattern": rf"^({_OCTET}\.){{3}}{_OCTET}(/(3[0-2]|[1-2][0-9]|[0-9]))?$"},
            50,
            1,
            unique=True,
        ),
        event_subscriptions=_object(request_url=_URL, bot_events=_EVENTS, user_events=_EVENTS),
        incoming_webhooks=_object(incoming_webhooks_enabled=_FLAG),
        interactivity=_object(("is_enabled",), is_enabled=_FLAG, request_url=_URL, message_menu_options_url=_URL),
        org_deploy_enabled=_FLAG,
        socket_mode_enabled=_FLAG,
        token_rotation_enabled=_FLAG,
        is_hosted=_FLAG,
        is_mcp_enabled=_FLAG,
    ),
)
# Scopes without which Slack refuses to subscribe to an event.
EVENT_SCOPES = {
    "app_mention": "app_mentions:read",
    "message.channels": "channels:history",
    "message.groups": "groups:history",
    "message.im": "im:history",
    "message.mpim": "mpim:history",
    "reaction_added": "reactions:read",
    "member_joined_channel": "channels:read",
    "member_left_channel": "channels:read",
    "channel_shared": "channels:read",
    "channel_unshared": "channels:read",
    "app_context_changed": "assistant:write",
    "link_shared": "links:read",
}


def manifest_problems(manifest: dict[str, Any]) -> list[str]:
    """What Slack would object to. Empty: nothing."""
    found = [
        f"{'/'.join(map(str, error.path))}: {error.message}"
        for error in Draft202012Validator(SCHEMA).iter_errors(manifest)
    ]
    if found:
        return found
    features, settings = manifest.get("features", {}), manifest.get("settings", {})
    scopes = manifest.get("oauth_config", {}).get("scopes", {}).get("bot", [])
    events = settings.get("event_subscriptions", {}).get("bot_events", [])
    found += [
        f"{event} needs {EVENT_SCOPES[event]}" for event in events if EVENT_SCOPES.get(event, "") not in ["", *scopes]
    ]
    if scopes and "bot_user" not in features:
        found.append("bot scopes need features.bot_user")
    if (features.get("slash_commands") or features.get("shortcuts")) and "commands" not in scopes:
        found.append("slash_commands and shortcuts need the scope commands")
    if "agent_view" in features and "assistant:write" not in scopes:
        found.append("agent_view needs the scope assistant:write")
    if not settings.get("socket_mode_enabled"):
        if events and "request_url" not in settings["event_subscriptions"]:
            found.append("settings.event_subscriptions needs request_url, or socket_mode_enabled")
        interactivity = settings.get("interactivity", {})
        if interactivity.get("is_enabled") and "request_url" not in interactivity:
            found.append("settings.interactivity needs request_url, or socket_mode_enabled")
        found += [
            f"{command['command']} needs url" for command in features.get("slash_commands", ()) if "url" not in command
        ]
    return found
