"""Brings a streamed answer to its end without a stream: by messages written anew, and further ones."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import Mapping, Sequence
from typing import Any

import structlog

from bot.outbox import SETTLE_SECONDS, Outbox, Record
from bot.slack.calls import Calls, SlackAway, SlackBusy, SlackRefused, SlackUnsure
from bot.slack.message import Block, Message, Place
from bot.slack.part import Part
from bot.slack.posting import post, receipt
from bot.slack.sending import Sender, marker_of, metadata
from bot.slack.splitting import characters, head, pieces

# Of one message's Markdown; Slack takes 12,000.
ROOM_CHARACTERS = 11_500
# Of all that the blocks of a message show, the Markdown among them; Slack takes about 13,200.
BLOCK_CHARACTERS = 12_800
_NOTIFICATION_CHARACTERS = 300
_AWAY_SECONDS = 1.0

log = structlog.get_logger()


class Completion:
    """The calls that may be made again and again until the thread shows the answer. Raises SlackRefused."""

    def __init__(self, calls: Calls, outbox: Outbox, sender: Sender) -> None:
        self._calls = calls
        self._outbox = outbox
        self._sender = sender

    async def go_on(
        self, record: Record, to: Place, parts: Sequence[Part], rest: str, blocks: Sequence[Block], notification: str
    ) -> tuple[str, ...]:
        """Corrects messages that may show something else than their text, and adds what is still to be said."""
        sent = [part.ts for part in parts]
        below = list(blocks)
        for part in parts:
            ends = part is parts[-1] and not rest
            if part.exact and not (ends and below):
                continue
            fits = ends and characters(part.text) + shown_characters(below) <= BLOCK_CHARACTERS
            place = sent.index(part.ts)
            sent[place] = await self._update(record, to, part.ts, part.text, below if fits else [], notification, place)
            below = [] if fits else below
        if rest or below:
            sent += await self._post_all(record, to, _planned(rest, below), notification, 0)
        return tuple(sent)

    async def replace(
        self, record: Record, to: Place, known: Sequence[str], text: str, blocks: Sequence[Block], notification: str
    ) -> tuple[str, ...]:
        """Has the messages that are there already, known or not, show the answer; adds and deletes what it takes."""
        # What was sent just before a crash may still be on its way.
        await asyncio.sleep(SETTLE_SECONDS)
        posted = await self._posted(record)
        found = await self._found(record, to, {*known, *posted})
        plan = _planned(text, blocks)
        for message in found:
            if message.get("streaming_state") == "in_progress":
                await self.stop(to, message["ts"], {"channel": to.channel, "ts": message["ts"]}, record)
        there = [str(message["ts"]) for message in found]
        sent = [
            await self._update(record, to, ts, piece, below, notification, place)
            for place, (ts, (piece, below)) in enumerate(zip(there, plan, strict=False))
        ]
        for ts in there[len(plan) :]:
            await self._delete(to, ts)
        return (*sent, *await self._post_all(record, to, plan[len(there) :], notification, len(posted)))

    async def stop(self, to: Place, ts: str, arguments: Mapping[str, Any], record: Record) -> bool:
        """Stops a stream; whether Slack did that with all that came along."""
        while True:
            try:
                await self._calls.once("chat.stopStream", to.team, dict(arguments))
                return True
            except SlackBusy:
                continue  # The limits make it wait.
            except SlackAway:
                await asyncio.sleep(_AWAY_SECONDS)
            except SlackRefused as error:
                log.info("slack_stream_ended", reason=error.error)
                return False
            except SlackUnsure:
                await asyncio.sleep(SETTLE_SECONDS)
                message = await self._looked_up(to, ts, record)
                if message is None or message.get("streaming_state") != "in_progress":
                    return message is not None and marker_of(message) == record.marker and "metadata" in arguments

    async def _update(
        self, record: Record, to: Place, ts: str, text: str, blocks: Sequence[Block], notification: str, place: int
    ) -> str:
        """Has a message show the text; posts it where the message is gone. Returns its ts."""
        message = as_message(text, blocks, notification)
        arguments = {
            "channel": to.channel,
            "ts": ts,
            "text": message.text,
            "blocks": list(message.blocks),
            "metadata": metadata(record.marker),
        }
        try:
            await self._calls.insist("chat.update", to.team, arguments)
        except SlackRefused as error:
            if error.error == "streaming_state_conflict":
                await self.stop(to, ts, {"channel": to.channel, "ts": ts}, record)
                await self._calls.insist("chat.update", to.team, arguments)
            elif error.error in ("message_not_found", "edit_window_closed"):
                return await post(self._outbox, f"{record.key}/again/{place}", to, message)
            else:
                raise
        return ts

    async def _post_all(
        self,
        record: Record,
        to: Place,
        plan: Sequence[tuple[str, Sequence[Block]]],
        notification: str,
        first: int,
    ) -> list[str]:
        return [
            await post(self._outbox, f"{record.key}/{number}", to, as_message(text, blocks, notification))
            for number, (text, blocks) in enumerate(plan, first)
        ]

    async def _delete(self, to: Place, ts: str) -> None:
        try:
            await self._calls.insist("chat.delete", to.team, {"channel": to.channel, "ts": ts})
        except SlackRefused as error:
            if error.error != "message_not_found":
                raise

    async def _posted(self, record: Record) -> list[str]:
        """The further messages of an earlier attempt; those that are not sent yet are waited for."""
        found: list[str] = []
        for number in itertools.count():
            ts = await receipt(self._outbox, f"{record.key}/{number}")
            if ts is None:
                return found
            found.append(ts)
        return found

    async def _found(self, record: Record, to: Place, known: set[str]) -> list[dict[str, Any]]:
        """The answer's messages as they stand in Slack: those that we know, and those that were never noted."""
        try:
            messages = await self._sender.messages(to, record.put_at)
        except SlackRefused as error:
            log.warning("slack_thread_not_read", reason=str(error))
            return [{"ts": ts} for ts in sorted(known)]
        others = {ts for sent in await self._outbox.receipts(record.thread) for ts in _parts(sent)} - known

        def ours(message: Mapping[str, Any]) -> bool:
            marker = marker_of(message)
            # A stream has no marker before it ends. Everything else of ours has one, or a receipt.
            return message["ts"] in known or marker == record.marker or (not marker and message["ts"] not in others)

        return [message for message in messages if ours(message)]

    async def _looked_up(self, to: Place, ts: str, record: Record) -> dict[str, Any] | None:
        try:
            messages = await self._sender.messages(to, record.put_at)
        except SlackRefused:
            return None
        return next((message for message in messages if message["ts"] == ts), None)


def as_message(text: str, blocks: Sequence[Block], notification: str) -> Message:
    """A part of an answer as a plain message."""
    short = notification or escaped(head(text, _NOTIFICATION_CHARACTERS)) or "…"
    markdown: list[Block] = [{"type": "markdown", "text": text}] if text else []
    return Message(short, (*markdown, *blocks))


def escaped(text: str) -> str:
    """A text that says in mrkdwn what it says, and calls nobody. Entities that stand in it stay as they are."""
    return text.replace("<", "&lt;").replace(">", "&gt;")


def shown_characters(value: Any) -> int:
    """How many characters blocks show."""
    if isinstance(value, Mapping):
        texts = sum(len(item) for item in value.values() if isinstance(item, str))
        return texts + sum(shown_characters(item) for item in value.values() if not isinstance(item, str))
    if isinstance(value, Sequence) and not isinstance(value, str):
        return sum(shown_characters(item) for item in value)
    return 0


def _planned(text: str, blocks: Sequence[Block]) -> list[tuple[str, Sequence[Block]]]:
    """The messages that an answer takes; the blocks stand below the last."""
    texts = pieces(text, ROOM_CHARACTERS)
    room = BLOCK_CHARACTERS - shown_characters(blocks)
    if texts and characters(texts[-1]) > room:
        last = texts.pop()
        first = head(last, max(room, ROOM_CHARACTERS // 2)) if room > 0 else last
        texts += [part for part in (first, last[len(first) :]) if part]
        if characters(texts[-1]) > room:
            texts.append("")
    if not texts:
        texts = [""] if blocks else []
    return [(piece, blocks if number == len(texts) else ()) for number, piece in enumerate(texts, 1)]


def _parts(receipt: str) -> Sequence[str]:
    """The messages of a receipt: of a stream a list, of others one."""
    if not receipt.startswith("["):
        return (receipt,)
    return [str(ts) for ts in json.loads(receipt)]
