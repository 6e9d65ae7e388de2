"""What a message says, held against the rules before it is shown."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from tests.fakes.slack.blocks import block_characters, block_problems
from tests.fakes.slack.calls import Call
from tests.fakes.slack.refusals import Refused
from tests.fakes.slack.texts import (
    BLOCK_CHARACTERS,
    MARKDOWN_CHARACTERS,
    TEXT_CHARACTERS,
    UPDATED_TEXT_CHARACTERS,
    parsed_texts,
    pings,
)

METADATA_BYTES = 16_000


def check_content(call: Call, blocks: Any, texts: Sequence[str]) -> None:
    """Blocks and texts of any message.

    Raises:
        Refused: Slack would not take them.
    """
    check_blocks(call, blocks)
    check_pings(call, [*texts, *parsed_texts(blocks)])


def check_pings(call: Call, texts: Sequence[str]) -> None:
    """That a message notifies nobody."""
    for text in texts:
        for ping in pings(text):
            if ping not in call.slack.allowed_pings:
                call.blame("control_sequence", f"{ping} in {text[:80]!r}")
    if call.get("link_names") or call.get("parse") == "full":
        call.blame("control_sequence", "link_names and parse=full make @here of a text notify people")


def check_blocks(call: Call, blocks: Any, place: str = "message") -> None:
    """Blocks alone."""
    if problems := block_problems(blocks, place):
        only_too_many = place == "message" and len(blocks) > 50 and len(problems) == 1
        raise Refused("msg_blocks_too_many" if only_too_many else "invalid_blocks", problems)
    if place == "message" and (characters := block_characters(blocks)) > BLOCK_CHARACTERS:
        raise Refused("msg_blocks_too_long", [f"{characters} characters in blocks, about {BLOCK_CHARACTERS} allowed"])


def check_message(call: Call) -> None:
    """The content arguments of postMessage, postEphemeral and update.

    Raises:
        Refused: Slack would not take them.
    """
    text, markdown = call.get("text", ""), call.get("markdown_text", "")
    blocks = call.get("blocks", [])
    if call.get("attachments"):
        call.blame("attachments", "secondary attachments are legacy; blocks take their place")
    if markdown and (text or blocks):
        raise Refused("markdown_text_conflict")
    if len(markdown) > MARKDOWN_CHARACTERS:
        raise Refused("msg_too_long", [f"markdown_text has {len(markdown)} characters"])
    updates = call.method == "chat.update"
    if not (
        text.strip()
        or markdown.strip()
        or blocks
        or call.get("attachments")
        or (updates and "metadata" in call.arguments)
    ):
        raise Refused("no_text")
    limit = UPDATED_TEXT_CHARACTERS if updates else TEXT_CHARACTERS
    if len(text) > limit:
        raise Refused("msg_too_long", [f"text has {len(text)} characters, {limit} allowed"])
    if blocks and not text:
        call.blame("fallback_text", "blocks without text: notifications and screen readers have nothing")
    check_content(call, blocks, (text, markdown))
    check_metadata(call)


def check_metadata(call: Call) -> None:
    """The argument `metadata`.

    Raises:
        Refused: Slack would not take it.
    """
    metadata = call.get("metadata")
    if metadata is None or (metadata == {} and call.method == "chat.update"):
        return
    if set(metadata) - {"event_type", "event_payload"} or not isinstance(metadata.get("event_type"), str):
        raise Refused("invalid_metadata_format", ["event_type and event_payload, and nothing else"])
    if not metadata["event_type"] or not isinstance(metadata.get("event_payload"), dict):
        raise Refused("invalid_metadata_format", ["event_type must be text, event_payload an object"])
    if len(json.dumps(metadata).encode()) > METADATA_BYTES:
        raise Refused("metadata_too_large")


def check_looks(call: Call) -> None:
    """Another name or icon takes a scope of its own."""
    if any(call.get(name) for name in ("username", "icon_emoji", "icon_url")):
        call.need("chat:write.customize")
