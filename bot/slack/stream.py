"""An answer shown while it is written, whatever becomes of the stream, of Slack, or of the desk.

Each piece of the answer belongs to one message. A message that Slack took as sent is left alone; one of which that is
not known is written anew when the answer is complete, and so is every message that a crash left behind.
"""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

import structlog
from sqlalchemy.exc import SQLAlchemyError

from bot.outbox import Outbox, Record
from bot.slack.calls import Calls, SlackAway, SlackBusy, SlackRefused, SlackUnsure
from bot.slack.completion import Completion
from bot.slack.message import Block, Place, Recipient, TaskStatus
from bot.slack.pace import Pace
from bot.slack.part import Part
from bot.slack.posting import thread_of
from bot.slack.sending import Sender, metadata
from bot.slack.splitting import head, octets

# Slack documents 12,000 characters. Measured, it is about 10,600 bytes of UTF-8 as soon as there are tasks, whose
# titles count once and whose details twice.
ROOM_BYTES = 10_000
# Slack ends a stream after five minutes, however lively it is.
LONGEST_SECONDS = 270.0
# Somebody waits for the first words; where Slack's limits do not let a stream begin by then, the answer comes whole.
START_PATIENCE_SECONDS = 1.0
_TASK_CHARACTERS = 250
_ENDED = "message_not_in_streaming_state"

log = structlog.get_logger()


@dataclass(slots=True)
class _Pending:
    """What is to be shown next."""

    text: str = ""
    tasks: dict[str, dict[str, str]] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.text or self.tasks)


class Stream:
    """One streamed answer. Nothing is shown before the first `append` or `task`; nothing is lost, whatever Slack does.

    Where Slack refuses to stream, is busy, or ends the stream early, the answer is completed by plain messages. Text
    that is longer than one message goes on in the next. Leaving the block without `finish`, as after an error, leaves
    what is shown; the same key takes it up again, and then shows the answer when it is complete.
    """

    def __init__(
        self,
        key: str,
        to: Place,
        recipient: Recipient,
        calls: Calls,
        outbox: Outbox,
        sender: Sender,
        open_streams: Counter[str],
    ) -> None:
        self._key = key
        self._to = to
        self._recipient = recipient
        self._calls = calls
        self._outbox = outbox
        self._completion = Completion(calls, outbox, sender)
        self._open_streams = open_streams
        self._parts: list[Part] = []
        self._pending = _Pending()
        self._record: Record | None = None
        self._live = False
        # A stream may have begun of which we do not know.
        self._lost = False
        self._sending = asyncio.Lock()
        self._wake = asyncio.Event()
        self._pump: asyncio.Task[None] | None = None
        self._pace = Pace()

    async def __aenter__(self) -> Self:
        self._record = await self._outbox.record(self._key, thread_of(self._to))
        self._live = self._record.fresh and bool(self._to.thread_ts)
        if self._live:
            self._pump = asyncio.create_task(self._run())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stop_pump()
        for part in self._parts:
            self._ended(part)

    async def append(self, text: str) -> None:
        """Adds Markdown to what is shown, at most about once a second; returns at once."""
        self._pending.text += text
        self._wake.set()

    async def task(self, id: str, title: str, status: TaskStatus, details: str = "") -> None:
        """Shows a step of the work, or how it stands by now, in the progress card; returns at once.

        Args:
            details: are added to those that are shown.
        """
        before = self._pending.tasks.get(id, {})
        update = {"id": id, "title": title[:_TASK_CHARACTERS], "status": status}
        if said := (before.get("details", "") + details)[:_TASK_CHARACTERS]:
            update["details"] = said
        self._pending.tasks[id] = update
        self._wake.set()

    async def finish(
        self, blocks: Sequence[Block], text: str, *, notification: str = "", session_status: str = ""
    ) -> tuple[str, ...]:
        """Completes the answer; returns when Slack has all of it.

        Args:
            blocks: set below the text of the last message.
            text: the whole answer in Markdown. Where it does not begin with what was appended, it replaces that.
            notification: in mrkdwn, for notifications where the answer is sent as plain messages; "" takes the text.
            session_status: of the agent session from here on, such as "active"; "" leaves it.

        Returns:
            The ts of each message of the answer, in order.

        Raises:
            DeliveryRefused: Slack does not take it.
        """
        record = self._record
        assert record is not None  # It was entered.
        await self._stop_pump()
        if record.done:
            return tuple(json.loads(record.receipt or "[]"))
        ended = False
        shown = "".join(part.text for part in self._parts)
        rest, below = text.removeprefix(shown), list(blocks)
        last = self._parts[-1] if self._parts else None
        if record.fresh and not self._lost and text.startswith(shown) and last is not None and last.open:
            piece = head(rest, ROOM_BYTES - last.weight - self._weight_of_tasks(), octets)
            whole = piece == rest
            ended = await self._end(last, piece, below if whole else [], session_status if whole else "")
            rest = rest[len(piece) :]
            below = [] if whole and ended and last.exact else below
        for part in self._parts:
            if part.open:
                await self._end(part, "", [], "")
        if record.fresh and not self._lost and text.startswith(shown):
            sent = await self._completion.go_on(record, self._to, self._parts, rest, below, notification)
        else:
            known = [part.ts for part in self._parts] or list(json.loads(record.receipt or "[]"))
            sent = await self._completion.replace(record, self._to, known, text, below, notification)
        if session_status and not (ended and not rest):
            await self._set_session(session_status)
        await self._note(sent, done=True)
        return sent

    async def _run(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._live and self._pending:
                await asyncio.sleep(self._pause())
                async with self._sending:
                    await self._show()

    async def _stop_pump(self) -> None:
        """Lets a call that is under way end, and begins no other."""
        if self._pump is None:
            return
        async with self._sending:
            self._pump.cancel()
        await asyncio.wait((self._pump,))
        if not self._pump.cancelled() and (error := self._pump.exception()) is not None:
            # The answer is completed all the same.
            log.error("slack_stream_failed", key=self._key, exc_info=error)
        self._pump = None

    def _pause(self) -> float:
        """How long the next call must wait."""
        wait = self._pace.wait_seconds()
        if self._parts and self._parts[-1].open:
            wait = max(wait, self._calls.limits.wait_seconds(self._to.team, "chat.appendStream"))
        return wait

    async def _show(self) -> None:
        """Sends what is pending: all that fits into one message."""
        if not self._pending:
            return
        self._pace.went()
        part = self._parts[-1] if self._parts and self._parts[-1].open else None
        if part is not None and _now() - part.opened_at > LONGEST_SECONDS:
            await self._end(part, "", [], "")
            part = None
        if part is None:
            await self._begin()
            return
        room = ROOM_BYTES - part.weight - self._weight_of_tasks()
        piece = head(self._pending.text, room, octets) if room > 0 else ""
        full = piece != self._pending.text
        if (piece or self._pending.tasks) and not await self._append(part, piece):
            return
        if full and part.open:
            await self._end(part, "", [], "")

    async def _begin(self) -> None:
        """Starts a stream with what is pending; where that does not go, the answer is shown when it is complete."""
        team, limits = self._to.team, self._calls.limits
        # Each stream must be stopped again, by a method that is as limited.
        if limits.left(team, "chat.stopStream") <= self._open_streams[team]:
            self._live = False
            return
        piece = head(self._pending.text, ROOM_BYTES - self._weight_of_tasks(), octets)
        arguments = {
            "channel": self._to.channel,
            "thread_ts": self._to.thread_ts,
            "recipient_team_id": self._recipient.team,
            "recipient_user_id": self._recipient.user,
            "chunks": self._chunks(piece),
        }
        try:
            reply = await self._calls.once("chat.startStream", team, arguments, patience=START_PATIENCE_SECONDS)
        except (SlackRefused, SlackBusy, SlackAway) as error:
            log.info("slack_stream_not_begun", reason=str(error))
            self._live = False
            return
        except SlackUnsure as error:
            log.info("slack_stream_unsure", reason=str(error))
            self._live, self._lost = False, True
            return
        self._parts.append(Part(str(reply["ts"]), piece, octets(piece) + self._weight_of_tasks(), _now()))
        self._open_streams[team] += 1
        self._taken(piece)
        await self._note([part.ts for part in self._parts])

    async def _append(self, part: Part, piece: str) -> bool:
        """Sends a piece on a stream; whether Slack has it."""
        arguments = {"channel": self._to.channel, "ts": part.ts, "chunks": self._chunks(piece)}
        weight = octets(piece) + self._weight_of_tasks()
        try:
            await self._calls.once("chat.appendStream", self._to.team, arguments, patience=0)
        except SlackBusy as error:
            self._pace.pause(error.seconds)
        except SlackAway:
            self._pace.pause(1.0)
        except SlackUnsure:
            part.text, part.weight, part.exact = part.text + piece, part.weight + weight, False
            self._taken(piece)
            await self._end(part, "", [], "")
        except SlackRefused as error:
            log.info("slack_stream_ended", reason=error.error)
            if error.error == _ENDED:
                self._ended(part)
            else:
                part.exact, self._live = False, False
        else:
            part.text, part.weight = part.text + piece, part.weight + weight
            self._taken(piece)
            return True
        return False

    async def _end(self, part: Part, piece: str, blocks: list[Block], session_status: str) -> bool:
        """Stops a stream; whether Slack did that with all that came along. Otherwise the part is not exact."""
        arguments: dict[str, Any] = {"channel": self._to.channel, "ts": part.ts}
        assert self._record is not None
        arguments["metadata"] = metadata(self._record.marker)
        if chunks := self._chunks(piece):
            arguments["chunks"] = chunks
        if blocks:
            arguments["blocks"] = blocks
        if session_status:
            arguments["session_status"] = session_status
        part.text += piece
        self._taken(piece)
        stopped = await self._completion.stop(self._to, part.ts, arguments, self._record)
        part.exact = part.exact and (stopped or not (piece or blocks))
        self._ended(part)
        return stopped

    def _ended(self, part: Part) -> None:
        if part.open:
            part.open = False
            self._open_streams[self._to.team] -= 1

    def _chunks(self, piece: str) -> list[dict[str, str]]:
        tasks = [{"type": "task_update", **task} for task in self._pending.tasks.values()]
        return [*tasks, *([{"type": "markdown_text", "text": piece}] if piece else [])]

    def _taken(self, piece: str) -> None:
        self._pending.text = self._pending.text[len(piece) :]
        self._pending.tasks = {}

    def _weight_of_tasks(self) -> int:
        return sum(octets(task["title"]) + 2 * octets(task.get("details", "")) for task in self._pending.tasks.values())

    async def _set_session(self, status: str) -> None:
        arguments = {"channel_id": self._to.channel, "thread_ts": self._to.thread_ts, "status": status}
        try:
            await self._calls.once("agents.sessions.setStatus", self._to.team, arguments)
        except (SlackRefused, SlackBusy, SlackAway, SlackUnsure) as error:
            log.info("slack_session_not_set", status=status, reason=str(error))

    async def _note(self, sent: Sequence[str], *, done: bool = False) -> None:
        try:
            await self._outbox.note(self._key, json.dumps(list(sent)), done=done)
        except SQLAlchemyError as error:
            # It is found again in Slack.
            log.warning("outbox_not_written", key=self._key, reason=str(error))


def _now() -> float:
    return asyncio.get_running_loop().time()
