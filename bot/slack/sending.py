"""Sends the outbox's messages to Slack, and finds out what became of those that may have been sent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import structlog

from bot.outbox import NotSent, Outgoing, Refused, Unsure
from bot.slack.calls import NOT_INSTALLED, Calls, SlackAway, SlackBusy, SlackRefused, SlackUnsure
from bot.slack.message import Message, Place

METADATA_TYPE = "polydesk_message"
# Slack's clock and ours differ; the signatures of its requests allow as much.
CLOCK_SECONDS = 300.0
# So many pages of 200 messages are looked through; what we look for is among the newest.
_PAGES = 5
_AWAY_SECONDS = 2.0
_UNKNOWN_SECONDS = 15.0

log = structlog.get_logger()


def metadata(marker: str, **more: Any) -> dict[str, Any]:
    """What marks a message as ours; apps with the scope for it can read it."""
    return {"event_type": METADATA_TYPE, "event_payload": {"marker": marker, **more}}


def marker_of(message: Mapping[str, Any]) -> str:
    """The marker of a message of ours, "" where there is none."""
    found = message.get("metadata")
    payload = found.get("event_payload") if isinstance(found, dict) else None
    return str(payload.get("marker", "")) if isinstance(payload, dict) else ""


def content(message: Message) -> dict[str, Any]:
    """A message as arguments of the Web API."""
    return {"text": message.text} | ({"blocks": list(message.blocks)} if message.blocks else {})


class Sender:
    """What `Outbox` sends with."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def send(self, message: Outgoing) -> str:
        """Sends one message; returns its ts.

        Raises:
            NotSent, Unsure, Refused: see `Outbox`.
        """
        body = message.body
        to = Place(body["team"], body["channel"], body["thread_ts"])
        try:
            match message.kind:
                case "post":
                    return await self._post(message, to)
                case "ephemeral":
                    thread = {"thread_ts": to.thread_ts} if to.thread_ts else {}
                    arguments = {"channel": to.channel, "user": body["user"], **thread, **body["content"]}
                    reply = await self._calls.once("chat.postEphemeral", to.team, arguments)
                    return str(reply.get("message_ts", ""))
                case _:
                    raise Refused(f"There is no kind of message {message.kind}.")
        except SlackRefused as error:
            if message.unsure and error.error == NOT_INSTALLED:
                # Where an organisation has the app, only an event says which workspaces are its own.
                raise NotSent(str(error), _UNKNOWN_SECONDS) from error
            raise Refused(f"{error.method} {error.error}") from error
        except SlackBusy as error:
            raise NotSent(str(error), error.seconds) from error
        except SlackAway as error:
            raise NotSent(str(error), _AWAY_SECONDS) from error
        except SlackUnsure as error:
            raise Unsure(str(error)) from error

    async def _post(self, message: Outgoing, to: Place) -> str:
        if message.unsure and (ts := await self._sent(message, to)):
            return ts
        thread = {"thread_ts": to.thread_ts} if to.thread_ts else {}
        arguments = {
            "channel": to.channel,
            **thread,
            **message.body["content"],
            "unfurl_links": False,
            "unfurl_media": False,
            "metadata": metadata(message.marker),
        }
        return str((await self._calls.once("chat.postMessage", to.team, arguments))["ts"])

    async def _sent(self, message: Outgoing, to: Place) -> str:
        """The ts of a message that may have been sent; "" where it was not, or where Slack does not say."""
        try:
            found = await self.messages(to, message.put_at)
        except SlackRefused as error:
            if error.error == NOT_INSTALLED:
                raise
            # Rather twice than never. Where it cannot be sent either, Slack says so next.
            log.warning("slack_thread_not_read", reason=str(error))
            return ""
        return next((str(each["ts"]) for each in found if marker_of(each) == message.marker), "")

    async def messages(self, to: Place, since: float) -> list[dict[str, Any]]:
        """Our own messages in a thread, or at the top of a channel, since a moment of our clock; in order.

        Raises:
            SlackRefused: they cannot be read.
        """
        bot = await self._calls.bot(to.team)
        method = "conversations.replies" if to.thread_ts else "conversations.history"
        arguments = {
            "channel": to.channel,
            "oldest": f"{max(0.0, since - CLOCK_SECONDS):.6f}",
            "include_all_metadata": True,
            "limit": 200,
        } | ({"ts": to.thread_ts} if to.thread_ts else {})
        found: list[dict[str, Any]] = []
        cursor = ""
        for _ in range(_PAGES):
            page = {"cursor": cursor} if cursor else {}
            reply = await self._calls.insist(method, to.team, arguments | page)
            found += [message for message in reply.get("messages", ()) if _ours(message, bot.user_id, bot.bot_id)]
            cursor = str((reply.get("response_metadata") or {}).get("next_cursor", ""))
            if not cursor:
                break
        return sorted(found, key=lambda message: str(message.get("ts", "")))


def _ours(message: Mapping[str, Any], user_id: str, bot_id: str) -> bool:
    return message.get("user") == user_id or (bool(bot_id) and message.get("bot_id") == bot_id)
