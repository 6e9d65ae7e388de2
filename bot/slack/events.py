"""Reads what Slack sends, over HTTP or a socket, into events for the inbox."""

from __future__ import annotations

import hashlib
import math
import re
import time
from collections.abc import Mapping
from typing import Any, Literal
from urllib.parse import parse_qsl

import orjson

from bot.inbox import Event
from retrieval.errors import PolydeskError

Kind = Literal["event", "interaction", "command"]

# Slack's own nest a dozen levels deep. What is deeper could not be written as JSON again.
DEEPEST = 100
_MOST_FIELDS = 100
_EVENT_ID = re.compile(r"[A-Za-z0-9_-]{1,64}\Z")
# They are about a message in a thread, and must not overtake each other.
_IN_THREADS = frozenset({"message", "app_mention"})


class BadBody(PolydeskError):
    """A body is not what Slack sends."""


def read_body(body: bytes, content_type: str) -> dict[str, Any]:
    """The payload of a signed request: of an event, an interaction, a command, or a `url_verification`.

    Raises:
        BadBody: it is none of them.
    """
    if content_type.split(";")[0].strip().lower() == "application/x-www-form-urlencoded":
        try:
            pairs = parse_qsl(
                body.decode(), keep_blank_values=True, encoding="utf-8", errors="strict", max_num_fields=_MOST_FIELDS
            )
        except ValueError as error:
            raise BadBody("The form cannot be read.") from error
        fields: dict[str, Any] = dict(pairs)
        return _json(fields["payload"].encode("utf-8", "surrogatepass")) if "payload" in fields else fields
    return _json(body)


def as_event(payload: Mapping[str, Any], now: float | None = None) -> Event | None:
    """The payload as an event for the inbox, None for one that needs nothing done: what the app itself said.

    Raises:
        BadBody: it lacks what every payload of its kind has.
    """
    now = time.time() if now is None else now
    try:
        body = orjson.dumps(payload)
    except orjson.JSONEncodeError as error:
        raise BadBody("The payload cannot be written as JSON.") from error
    if payload.get("type") == "event_callback":
        return _event(payload, body, now)
    kind: Kind = "command" if isinstance(payload.get("command"), str) else "interaction"
    if kind == "interaction" and not (isinstance(payload.get("type"), str) and isinstance(payload.get("user"), dict)):
        raise BadBody("The payload is of no kind that there is.")
    # Each has a trigger or a time stamp of its own; sent again, its bytes are the same.
    digest = hashlib.blake2b(orjson.dumps(payload, option=orjson.OPT_SORT_KEYS), digest_size=20).hexdigest()
    id = f"{kind}:{digest}"
    return Event(id, kind, id, body, now, urgent=True)


def _event(payload: Mapping[str, Any], body: bytes, now: float) -> Event | None:
    event = payload.get("event")
    if not isinstance(event, dict) or not isinstance(event.get("type"), str):
        raise BadBody("The event has no type.")
    if _own(payload, event):
        return None
    given = payload.get("event_id")
    id = given if isinstance(given, str) and _EVENT_ID.match(given) else hashlib.sha256(body).hexdigest()
    thread = id
    if event["type"] in _IN_THREADS and not isinstance(event.get("message", event.get("previous_message")), dict):
        root = event.get("thread_ts") or event.get("ts")
        thread = f"{_text(payload.get('team_id'))}:{_text(event.get('channel'))}:{_text(root)}"
    try:
        happened_at = float(event.get("event_ts") or event.get("ts") or payload.get("event_time") or now)
    except (TypeError, ValueError):
        happened_at = now
    if not math.isfinite(happened_at):
        happened_at = now
    # A Stop button and a Home tab wait for nobody's answer.
    return Event(id, "event", thread, body, happened_at, urgent=event["type"] not in _IN_THREADS)


def _own(payload: Mapping[str, Any], event: Mapping[str, Any]) -> bool:
    """Whether it is a message of the app itself, or about one."""
    app = payload.get("api_app_id")
    message = event.get("message", event.get("previous_message", event))
    return bool(app) and isinstance(message, dict) and message.get("app_id") == app


def _json(text: bytes) -> dict[str, Any]:
    try:
        found = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise BadBody("The JSON cannot be read.") from error
    if not isinstance(found, dict):
        raise BadBody("The JSON is no object.")
    _check_depth(found)
    return found


def _check_depth(value: Any) -> None:
    level = [value]
    for _ in range(DEEPEST):
        level = [
            item
            for each in level
            if isinstance(each, dict | list)
            for item in (each.values() if isinstance(each, dict) else each)
        ]
        if not level:
            return
    raise BadBody("The JSON is nested too deep.")


def _text(value: Any) -> str:
    return value[:40] if isinstance(value, str) else ""
