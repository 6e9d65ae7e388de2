"""What people write in Slack, as text; and the names under which what follows is kept."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from typing import Any

_TOKEN = re.compile(r"<([^<>\n]{1,3000})>")
_MENTION = re.compile(r"<@([A-Z0-9]{2,32})(?:\|[^<>]*)?>")


def spoken(text: str, own_user: str) -> str:
    """A message as it reads: without the app's own mention, links by their label, entities as characters."""

    def said(found: re.Match[str]) -> str:
        token, _, label = found[1].partition("|")
        if token == f"@{own_user}":
            return " "
        if token.startswith("#"):
            return f"#{label or token[1:]}"
        if token.startswith(("@", "!")):
            return f"@{label.lstrip('@')}" if label else " "
        return label or token.removeprefix("mailto:")

    plain = _TOKEN.sub(said, text)
    for entity, character in (("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&")):
        plain = plain.replace(entity, character)
    return "\n".join(" ".join(line.split()) for line in plain.split("\n")).strip()


def mentioned(text: str) -> frozenset[str]:
    """The ids of the people whom a message mentions."""
    return frozenset(_MENTION.findall(text))


def conversation_id(team: str, channel: str, thread: str, audiences: Sequence[str], user: str = "") -> str:
    """The id of a conversation in Slack; nobody reaches it over HTTP, as ids there hold no colon.

    Where other audiences are read it is another conversation, so that what inner answers were about never comes up
    where fewer may see it.

    Args:
        user: of a private one.
    """
    return f"slack:{_digest(team, channel, thread, user, *sorted(set(audiences)))}"


def clicked(body: Mapping[str, Any]) -> Mapping[str, Any]:
    """The element that was clicked or chosen from; empty where nothing was."""
    found = body.get("actions") or ()
    return found[0] if found else {}


def value_of(body: Mapping[str, Any]) -> str:
    """The value of the button that was clicked."""
    return str(clicked(body).get("value") or "")


def typed_into(body: Mapping[str, Any], block: str) -> str:
    """What was typed into a field of a form."""
    values = ((body.get("view") or {}).get("state") or {}).get("values") or {}
    return str(((values.get(block) or {}).get(block) or {}).get("value") or "").strip()


def body_key(body: Mapping[str, Any]) -> str:
    """A name for what a body asks for: the same whenever it is delivered again."""
    if event_id := body.get("event_id"):
        return str(event_id)
    user = body.get("user")
    who = user.get("id") if isinstance(user, dict) else body.get("user_id")
    action = clicked(body)
    view = body.get("view") or {}
    parts = (
        body.get("type", "command"),
        who,
        body.get("trigger_id", ""),
        body.get("action_ts", ""),
        action.get("action_ts", ""),
        action.get("action_id", ""),
        view.get("id", ""),
        view.get("hash", ""),
    )
    return _digest(*(str(part) for part in parts))


def record_id(*parts: str) -> str:
    """The id of the answer to what these parts name for ever."""
    return _digest(*parts)


def _digest(*parts: str) -> str:
    return hashlib.blake2b("\x1f".join(parts).encode("utf-8", "replace"), digest_size=16).hexdigest()
