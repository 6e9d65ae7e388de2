"""chat.startStream, appendStream, stopStream: messages that grow.

Limits: five minutes from the start whatever comes; about 12,000 characters. People who measured it found that the
second is one of UTF-8 bytes (10,571 accepted, 10,821 refused) of text, plan and task titles, and task details twice, as
soon as there are tasks beside the text; Slack documents characters. Held here: both.
"""

from __future__ import annotations

from typing import Any

from tests.fakes.slack.blocks import source_problems
from tests.fakes.slack.calls import Call
from tests.fakes.slack.content import check_blocks, check_content, check_looks, check_metadata, check_pings
from tests.fakes.slack.model import STREAM_CHARACTERS, STREAM_SECONDS, Message, Stream
from tests.fakes.slack.refusals import Refused
from tests.fakes.slack.shapes import message_json
from tests.fakes.slack.texts import parsed_texts

BYTES_WITH_TASKS = 10_600
BYTES_OF_TEXT = 12_000
TASK_FIELD_CHARACTERS = 256
MOST_TASKS = 50
_STATES = ("pending", "in_progress", "complete", "error")
_FIELDS = {
    "markdown_text": {"type", "text"},
    "task_update": {"type", "id", "title", "status", "details", "output", "sources"},
    "plan_update": {"type", "title"},
    "blocks": {"type", "blocks"},
}


def start(call: Call) -> dict[str, Any]:
    channel = call.channel()
    check_looks(call)
    root = call.root(channel)
    if channel.kind != "im":
        for name in ("recipient_team_id", "recipient_user_id"):
            if not call.get(name):
                raise Refused(f"missing_{name}")
    recipient = call.get("recipient_user_id", "")
    if recipient:
        person = call.slack.users.get(recipient)
        if person is None:
            raise Refused("user_not_found", fault=True)
        if call.get("recipient_team_id") not in (None, person.team):
            raise Refused("team_not_found", [f"{recipient} is of {person.team}"])
    display = call.get("task_display_mode", "timeline")
    if display not in ("timeline", "plan", "dense"):
        raise Refused("invalid_arguments", ["task_display_mode must be timeline, plan or dense"])
    stream = Stream(call.slack.clock.now(), recipient, display)
    _grow(call, stream)
    message = call.slack.add_message(channel, call.home.bot, thread_ts=root, app=True, stream=stream)
    call.slack.said(message)
    return {"channel": channel.id, "ts": message.ts}


def append(call: Call) -> dict[str, Any]:
    message, stream = _running(call)
    if not call.get("markdown_text") and not call.get("chunks"):
        raise Refused("no_text")
    _grow(call, stream)
    call.slack.touch()
    return {"channel": message.channel, "ts": message.ts}


def stop(call: Call) -> dict[str, Any]:
    message, stream = _running(call)
    blocks = call.get("blocks", [])
    status = call.get("session_status", "active")
    if status not in ("active", "processing", "suspended", "closed"):
        raise Refused("invalid_arguments", [f"session_status {status}"])
    check_content(call, blocks, ())
    check_metadata(call)
    _grow(call, stream)
    stream.stopped_by = "app"
    message.blocks = blocks
    message.metadata = call.get("metadata") or message.metadata
    call.slack.set_session(message.channel, message.thread_ts, status)
    call.slack.changed(message)
    return {"channel": message.channel, "ts": message.ts, "message": message_json(call.slack, message)}


def expire(stream: Stream, now: float) -> None:
    """Ends a stream whose time is over."""
    if not stream.stopped_by and now - stream.started > STREAM_SECONDS:
        stream.stopped_by = "time"


def _running(call: Call) -> tuple[Message, Stream]:
    message = call.own_message()
    if message.stream is None:
        raise Refused("message_not_in_streaming_state", fault=True)
    expire(message.stream, call.slack.clock.now())
    if message.stream.stopped_by:
        # Time and people stop a stream without asking; that the app itself stopped it, it knows.
        raise Refused("message_not_in_streaming_state", fault=message.stream.stopped_by == "app")
    return message, message.stream


def _grow(call: Call, stream: Stream) -> None:
    text, chunks = call.get("markdown_text", ""), call.get("chunks", [])
    if text and chunks:
        raise Refused("cannot_provide_both_markdown_text_and_chunks")
    mode = "text" if text else "chunks" if chunks else ""
    if mode and stream.mode and mode != stream.mode:
        raise Refused("streaming_mode_mismatch", [f"it was started with {stream.mode}"])
    if len(text) > STREAM_CHARACTERS:
        raise Refused("msg_too_long", [f"markdown_text has {len(text)} characters"])
    pieces = [{"type": "markdown_text", "text": text}] if text else chunks
    for number, piece in enumerate(pieces):
        _check_piece(call, piece, f"/chunks/{number}")
    check_pings(call, [*parsed_texts(pieces)])
    grown = Stream(
        stream.started, plan_title=stream.plan_title, segments=list(stream.segments), tasks=dict(stream.tasks)
    )
    for piece in pieces:
        _add(grown, piece)
    _check_size(grown)
    stream.segments, stream.tasks, stream.plan_title = grown.segments, grown.tasks, grown.plan_title
    stream.mode = stream.mode or mode


def _add(stream: Stream, piece: dict[str, Any]) -> None:
    kind = piece["type"]
    if kind == "markdown_text":
        if stream.segments and stream.segments[-1][0] == "text":
            stream.segments[-1] = ("text", stream.segments[-1][1] + piece["text"])
        else:
            stream.segments.append(("text", piece["text"]))
    elif kind == "plan_update":
        stream.plan_title = piece["title"]
    elif kind == "blocks":
        stream.segments.append(("blocks", piece["blocks"]))
    else:
        if piece["id"] not in stream.tasks:
            stream.segments.append(("task", piece["id"]))
        # What an update does not name stays; details and output grow.
        before = stream.tasks.get(piece["id"], {})
        grown = {name: before.get(name, "") + piece[name] for name in ("details", "output") if piece.get(name)}
        stream.tasks[piece["id"]] = before | piece | grown


def _check_piece(call: Call, piece: Any, pointer: str) -> None:
    kind = piece.get("type") if isinstance(piece, dict) else None
    if kind not in _FIELDS:
        raise Refused("invalid_chunks", [f"unsupported type: {kind} [json-pointer:{pointer}]"])
    problems = [f"unknown field {name}" for name in sorted(set(piece) - _FIELDS[kind])]
    texts = {"markdown_text": ("text",), "task_update": ("id", "title", "status"), "plan_update": ("title",)}.get(
        kind, ()
    )
    problems += [f"{name} must be text" for name in texts if not isinstance(piece.get(name), str) or not piece[name]]
    if kind == "task_update":
        if piece.get("status") not in _STATES:
            problems.append(f"status must be one of {', '.join(_STATES)}")
        for name in ("details", "output"):
            if name in piece and not isinstance(piece[name], str):
                problems.append(f"{name} must be text")
        sources = piece.get("sources", [])
        problems += [text for source in sources for _, text in source_problems(source, pointer)]
    if problems:
        raise Refused("invalid_chunks", [f"{text} [json-pointer:{pointer}]" for text in problems])
    if kind == "blocks":
        check_blocks(call, piece["blocks"])
    # Documented, though a test against Slack found far longer ones accepted in September 2026.
    for name in ("id", "title", "details", "output"):
        if kind in ("task_update", "plan_update") and len(str(piece.get(name, ""))) > TASK_FIELD_CHARACTERS:
            call.blame("task_length", f"{name} has {len(piece[name])} characters, {TASK_FIELD_CHARACTERS} documented")


def _check_size(stream: Stream) -> None:
    text = stream.text
    if len(text) > STREAM_CHARACTERS:
        raise Refused("msg_too_long", [f"{len(text)} characters in the stream, {STREAM_CHARACTERS} allowed"])
    if len(stream.tasks) > MOST_TASKS or stream.block_count > 50:
        raise Refused("msg_blocks_too_many")
    if text:
        tasks = stream.tasks.values()
        weight = len(text.encode()) + len(stream.plan_title.encode())
        weight += sum(len(task["title"].encode()) for task in tasks)
        weight += sum(2 * len((task.get("details", "") + task.get("output", "")).encode()) for task in tasks)
        limit = BYTES_WITH_TASKS if stream.tasks else BYTES_OF_TEXT
        if weight > limit:
            raise Refused("msg_too_long", [f"{weight} bytes of UTF-8 in text and tasks, about {limit} allowed"])
