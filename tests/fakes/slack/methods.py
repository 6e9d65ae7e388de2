"""The Web API's methods that the stand-in has: arguments, scopes, limits. Facts from docs.slack.dev, November 2026.

Types of arguments: text, flag, number, list, object. A trailing ! marks those that must be there.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

TIER_1, TIER_2, TIER_3, TIER_4 = 1, 20, 50, 100


@dataclass(frozen=True, slots=True)
class Method:
    """How a method may be called.

    Attributes:
        arguments: name → type, with a trailing ! where it is required.
        scopes: one of them is needed; none listed: any token will do. `*` stands for the kind of conversation.
        per_minute: calls in a workspace; 0 where something else limits it.
        token: which kind it takes.
        json: whether it reads arguments from a JSON body; methods that only read do not, and miss all of them.
    """

    arguments: dict[str, str] = field(default_factory=dict)
    scopes: tuple[str, ...] = ()
    per_minute: int = TIER_3
    token: Literal["bot", "app", "none"] = "bot"
    json: bool = True


_LOOKS = {"username": "text", "icon_emoji": "text", "icon_url": "text"}
_CONTENT = {"text": "text", "blocks": "list", "attachments": "list", "markdown_text": "text"}
_PAGE = {"cursor": "text", "limit": "number"}
_SPAN = {"oldest": "text", "latest": "text", "inclusive": "flag", "include_all_metadata": "flag"}
_WRITE = ("chat:write",)

METHODS: dict[str, Method] = {
    "api.test": Method({"error": "text", "foo": "text"}, (), TIER_4, "none"),
    "auth.test": Method({}, (), 600),
    "auth.revoke": Method({"test": "flag"}, (), TIER_3),
    "apps.uninstall": Method({"client_id": "text!", "client_secret": "text!"}, (), TIER_1),
    # Of Tier 1; but Bolt and the SDKs open up to ten connections at once and are not refused.
    "apps.connections.open": Method({}, (), 20, "app"),
    "oauth.v2.access": Method(
        {
            "client_id": "text",
            "client_secret": "text",
            "code": "text",
            "redirect_uri": "text",
            "grant_type": "text",
            "refresh_token": "text",
        },
        (),
        TIER_4,
        "none",
    ),
    "chat.postMessage": Method(
        {
            "channel": "text!",
            "thread_ts": "text",
            "reply_broadcast": "flag",
            "unfurl_links": "flag",
            "unfurl_media": "flag",
            "unfurl_app_links": "flag",
            "metadata": "object",
            "mrkdwn": "flag",
            "parse": "text",
            "link_names": "flag",
            **_CONTENT,
            **_LOOKS,
        },
        _WRITE,
        0,
    ),
    "chat.postEphemeral": Method(
        {
            "channel": "text!",
            "user": "text!",
            "thread_ts": "text",
            "parse": "text",
            "link_names": "flag",
            **_CONTENT,
            **_LOOKS,
        },
        _WRITE,
        TIER_4,
    ),
    "chat.update": Method(
        {
            "channel": "text!",
            "ts": "text!",
            "metadata": "object",
            "parse": "text",
            "link_names": "flag",
            "reply_broadcast": "flag",
            **_CONTENT,
        },
        _WRITE,
        TIER_3,
    ),
    "chat.delete": Method({"channel": "text!", "ts": "text!"}, _WRITE, TIER_3),
    "chat.getPermalink": Method({"channel": "text!", "message_ts": "text!"}, (), 600, json=False),
    "chat.startStream": Method(
        {
            "channel": "text!",
            "thread_ts": "text!",
            "markdown_text": "text",
            "chunks": "list",
            "recipient_team_id": "text",
            "recipient_user_id": "text",
            "task_display_mode": "text",
            **_LOOKS,
        },
        _WRITE,
        TIER_2,
    ),
    "chat.appendStream": Method(
        {"channel": "text!", "ts": "text!", "markdown_text": "text", "chunks": "list"}, _WRITE, TIER_4
    ),
    "chat.stopStream": Method(
        {
            "channel": "text!",
            "ts": "text!",
            "markdown_text": "text",
            "chunks": "list",
            "blocks": "list",
            "metadata": "object",
            "session_status": "text",
        },
        _WRITE,
        TIER_2,
    ),
    "assistant.threads.setStatus": Method(
        {"channel_id": "text!", "thread_ts": "text!", "status": "text!", "loading_messages": "list", **_LOOKS},
        ("chat:write", "assistant:write"),
        60,
    ),
    "assistant.threads.setSuggestedPrompts": Method(
        {"channel_id": "text!", "prompts": "list!", "thread_ts": "text", "title": "text"}, ("assistant:write",), TIER_4
    ),
    "assistant.threads.setTitle": Method(
        {"channel_id": "text!", "thread_ts": "text!", "title": "text!"}, ("assistant:write",), TIER_3
    ),
    "agents.sessions.setStatus": Method(
        {
            "status": "text!",
            "channel_id": "text!",
            "thread_ts": "text!",
            "title": "text",
            "initiator_user_id": "text",
            **_LOOKS,
        },
        _WRITE,
        TIER_3,
    ),
    "agents.sessions.rename": Method({"channel_id": "text!", "thread_ts": "text!", "title": "text!"}, _WRITE, TIER_3),
    "conversations.info": Method(
        {"channel": "text!", "include_locale": "flag", "include_num_members": "flag"}, ("*:read",), TIER_3, json=False
    ),
    "conversations.members": Method({"channel": "text!", **_PAGE}, ("*:read",), TIER_4, json=False),
    "conversations.replies": Method(
        {"channel": "text!", "ts": "text!", **_PAGE, **_SPAN}, ("*:history",), TIER_3, json=False
    ),
    "conversations.history": Method({"channel": "text!", **_PAGE, **_SPAN}, ("*:history",), TIER_3, json=False),
    "conversations.open": Method(
        {"users": "text", "channel": "text", "return_im": "flag", "prevent_creation": "flag"}, ("im:write",), TIER_3
    ),
    "users.info": Method({"user": "text!", "include_locale": "flag"}, ("users:read",), TIER_4, json=False),
    "users.list": Method({**_PAGE, "include_locale": "flag"}, ("users:read",), TIER_2, json=False),
    "views.open": Method({"view": "object!", "trigger_id": "text", "interactivity_pointer": "text"}, (), TIER_4),
    "views.push": Method({"view": "object!", "trigger_id": "text", "interactivity_pointer": "text"}, (), TIER_4),
    "views.update": Method({"view": "object!", "view_id": "text", "external_id": "text", "hash": "text"}, (), TIER_4),
    "views.publish": Method({"view": "object!", "user_id": "text!", "hash": "text"}, (), TIER_4),
    "reactions.add": Method({"channel": "text!", "name": "text!", "timestamp": "text!"}, ("reactions:write",), TIER_3),
    "reactions.remove": Method({"name": "text!", "channel": "text", "timestamp": "text"}, ("reactions:write",), TIER_2),
}
