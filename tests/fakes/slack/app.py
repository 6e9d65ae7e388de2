"""The app as Slack knows it: what its manifest declares, and its secrets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

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
    "reactions:write",
    "users:read",
)
EVENTS = (
    "agent_session_stopped",
    "app_context_changed",
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


@dataclass(slots=True)
class App:
    """An app.

    Attributes:
        request_url: where events, interactions and commands go; empty with Socket Mode.
        agent: whether it declares `agent_view`.
        socket_mode: whether it is reached over websockets.
        commands: with the leading slash.
        shortcuts: callback id → (type, name).
        own_messages: whether it hears of what it posts itself, as it does in Slack.
    """

    id: str = "A0POLYDESK"
    name: str = "Polydesk"
    signing_secret: str = "8f742231b10e8888abcd99yyyzzz85a5"
    client_id: str = "1111.2222"
    client_secret: str = "client-secret"
    app_token: str = "xapp-1-A0POLYDESK-1-secret"
    scopes: tuple[str, ...] = SCOPES
    events: tuple[str, ...] = EVENTS
    commands: tuple[str, ...] = ("/ask",)
    shortcuts: tuple[tuple[str, str, str], ...] = ()
    redirect_urls: tuple[str, ...] = ()
    agent: bool = True
    home_tab: bool = True
    messages_tab: bool = True
    socket_mode: bool = False
    request_url: str = ""
    own_messages: bool = True

    def configure(self, manifest: dict[str, Any]) -> None:
        """Takes over what a manifest declares.

        Raises:
            ValueError: the manifest is not one that Slack would take.
        """
        from tests.fakes.slack.manifest_schema import manifest_problems

        if problems := manifest_problems(manifest):
            raise ValueError("\n".join(problems))
        features, settings = manifest.get("features", {}), manifest.get("settings", {})
        oauth = manifest.get("oauth_config", {})
        self.name = features.get("bot_user", {}).get("display_name", manifest["display_information"]["name"])
        self.scopes = tuple(oauth.get("scopes", {}).get("bot", ()))
        self.redirect_urls = tuple(oauth.get("redirect_urls", ()))
        self.events = tuple(settings.get("event_subscriptions", {}).get("bot_events", ()))
        self.commands = tuple(command["command"] for command in features.get("slash_commands", ()))
        self.shortcuts = tuple((s["callback_id"], s["type"], s["name"]) for s in features.get("shortcuts", ()))
        self.agent = "agent_view" in features
        home = features.get("app_home", {})
        self.home_tab = home.get("home_tab_enabled", False)
        self.messages_tab = home.get("messages_tab_enabled", False)
        self.socket_mode = settings.get("socket_mode_enabled", False)
        if not self.socket_mode:
            self.request_url = settings.get("event_subscriptions", {}).get("request_url", self.request_url)
