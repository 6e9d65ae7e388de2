"""Block Kit's rules: which blocks may stand where, how many, how long. The SDK's own models check most lengths."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from slack_sdk.errors import SlackObjectFormationError
from slack_sdk.models.blocks import Block

from tests.fakes.slack.elements import element_problems, text_problems
from tests.fakes.slack.rich_text import rich_text_problems
from tests.fakes.slack.texts import MARKDOWN_CHARACTERS, all_texts

# The SDK says in its log what it does not know, and goes on; here that is an error.
logging.getLogger("slack_sdk.models").setLevel(logging.ERROR)

_EVERYWHERE = {"section", "divider", "image", "actions", "context", "header", "input", "rich_text", "video"}
_MESSAGE_ONLY = {
    "markdown", "context_actions", "table", "task_card", "plan", "card", "carousel", "container", "alert", "file",
}  # fmt: skip
KINDS = {
    "message": _EVERYWHERE | _MESSAGE_ONLY,
    "modal": _EVERYWHERE | {"alert", "container", "card", "carousel"},
    "home": _EVERYWHERE | {"alert", "container", "card", "carousel"},
}
MOST_BLOCKS = {"message": 50, "modal": 100, "home": 100}
_REQUIRED: dict[str, tuple[str, ...]] = {
    "actions": ("elements",),
    "context": ("elements",),
    "context_actions": ("elements",),
    "header": ("text",),
    "input": ("label", "element"),
    "image": ("alt_text",),
    "markdown": ("text",),
    "rich_text": ("elements",),
    "table": ("rows",),
    "task_card": ("task_id", "title"),
    "plan": ("title",),
    "carousel": ("elements",),
    "container": ("child_blocks",),
    "alert": ("text",),
    "video": ("alt_text", "title", "video_url", "thumbnail_url"),
}
TABLE_ROWS, TABLE_CELLS, TABLE_CHARACTERS = 100, 20, 10_000


def block_problems(blocks: Any, place: str = "message") -> list[str]:
    """What Slack would object to, each with the pointer to where it stands. Empty: nothing."""
    if not isinstance(blocks, list):
        return ["must provide an array [json-pointer:/blocks]"]
    problems = []
    if len(blocks) > MOST_BLOCKS[place]:
        problems.append(f"no more than {MOST_BLOCKS[place]} items allowed, {len(blocks)} given [json-pointer:/blocks]")
    for place_number, block in enumerate(blocks):
        pointer = f"/blocks/{place_number}"
        problems += [f"{text} [json-pointer:{at}]" for at, text in _one(block, place, pointer)]
    problems += _repeated("block_id", [str(block["block_id"]) for block in _nested(blocks) if block.get("block_id")])
    problems += _repeated("action_id", list(_action_ids(blocks)))
    markdown = sum(len(block["text"]) for block in _nested(blocks) if _is_markdown(block))
    if markdown > MARKDOWN_CHARACTERS:
        problems.append(f"markdown blocks have {markdown} characters, {MARKDOWN_CHARACTERS} allowed")
    if sum(block.get("type") == "table" for block in _nested(blocks)) > 1:
        problems.append("only_one_table_allowed")
    return problems


def block_characters(blocks: Sequence[Any]) -> int:
    """How much text there is in all."""
    return sum(map(len, all_texts(list(blocks))))


def elements_of(blocks: Sequence[Any]) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Every interactive element with the block it stands in; of feedback buttons the pair."""
    for block in _nested(list(blocks)):
        candidates = [
            *block.get("elements", ()),
            block.get("accessory"),
            block.get("element"),
            *block.get("actions", ()),
        ]
        for element in candidates:
            if isinstance(element, dict) and "action_id" in element:
                yield block, element


def _one(block: Any, place: str, pointer: str) -> Iterator[tuple[str, str]]:
    if not isinstance(block, dict):
        yield pointer, "must be an object"
        return
    kind = block.get("type")
    if kind not in KINDS[place]:
        yield f"{pointer}/type", f"unsupported type: {kind}"
        return
    for name in _REQUIRED.get(kind, ()):
        if name not in block:
            yield pointer, f"missing required field: {name}"
            return
    try:
        model = Block.parse(block)
        assert model is not None, f"the SDK does not know {kind}"
        yield from ((f"{pointer}/{name}", "unknown field") for name in sorted(set(block) - model.attributes))
        model.to_dict()
    except (SlackObjectFormationError, TypeError, AttributeError, KeyError) as error:
        yield pointer, str(error)
        return
    yield from _own_rules(block, kind, place, pointer)


def _own_rules(block: dict[str, Any], kind: str, place: str, pointer: str) -> Iterator[tuple[str, str]]:
    if kind == "section":
        if "text" in block:
            yield from text_problems(block["text"], f"{pointer}/text", 3_000)
        for number, field in enumerate(block.get("fields", ())):
            yield from text_problems(field, f"{pointer}/fields/{number}", 2_000)
        if "accessory" in block:
            yield from element_problems(block["accessory"], f"{pointer}/accessory", "accessory")
    elif kind == "header":
        yield from text_problems(block["text"], f"{pointer}/text", 150, plain=True)
    elif kind == "markdown":
        if not isinstance(block["text"], str) or not 1 <= len(block["text"]) <= MARKDOWN_CHARACTERS:
            yield f"{pointer}/text", f"must be 1 to {MARKDOWN_CHARACTERS} characters"
    elif kind in ("actions", "context", "context_actions"):
        if not block["elements"]:
            yield f"{pointer}/elements", "must not be empty"
        for number, element in enumerate(block["elements"]):
            yield from element_problems(element, f"{pointer}/elements/{number}", kind)
    elif kind == "input":
        yield from text_problems(block["label"], f"{pointer}/label", 2_000, plain=True)
        if "hint" in block:
            yield from text_problems(block["hint"], f"{pointer}/hint", 2_000, plain=True)
        yield from element_problems(block["element"], f"{pointer}/element", "input")
    elif kind == "rich_text":
        yield from rich_text_problems(block, pointer)
    elif kind == "table":
        yield from _table(block, pointer)
    elif kind == "card":
        for name, limit in (("title", 150), ("subtitle", 150), ("body", 200), ("subtext", 200)):
            if name in block:
                yield from text_problems(block[name], f"{pointer}/{name}", limit)
        for number, element in enumerate(block.get("actions", ())):
            yield from element_problems(element, f"{pointer}/actions/{number}", "actions")
    elif kind == "carousel":
        for number, card in enumerate(block["elements"]):
            yield from _one(card, place, f"{pointer}/elements/{number}")
    elif kind == "container":
        for number, child in enumerate(block["child_blocks"]):
            yield from _one(child, place, f"{pointer}/child_blocks/{number}")
    elif kind == "plan":
        for number, task in enumerate(block.get("tasks", ())):
            yield from _one(task, place, f"{pointer}/tasks/{number}")
    elif kind == "task_card":
        yield from _task_card(block, pointer)
    elif kind == "alert":
        yield from text_problems(block["text"], f"{pointer}/text", 3_000)
    elif kind == "image" and ("image_url" in block) == ("slack_file" in block):
        yield pointer, "needs one of image_url and slack_file"


def _table(block: dict[str, Any], pointer: str) -> Iterator[tuple[str, str]]:
    rows = block["rows"]
    if not 1 <= len(rows) <= TABLE_ROWS:
        yield f"{pointer}/rows", f"1 to {TABLE_ROWS} rows, {len(rows)} given"
    for number, row in enumerate(rows):
        if not isinstance(row, list) or not 1 <= len(row) <= TABLE_CELLS:
            yield f"{pointer}/rows/{number}", f"1 to {TABLE_CELLS} cells"
            continue
        for column, cell in enumerate(row):
            if not isinstance(cell, dict) or cell.get("type") not in ("raw_text", "raw_number", "rich_text"):
                yield f"{pointer}/rows/{number}/{column}", "a cell is raw_text, raw_number or rich_text"
            elif cell["type"] == "raw_text" and not cell.get("text"):
                yield f"{pointer}/rows/{number}/{column}", "text must have at least 1 character"
            elif cell["type"] == "rich_text":
                yield from rich_text_problems(cell, f"{pointer}/rows/{number}/{column}")
    if len(block.get("column_settings", ())) > TABLE_CELLS:
        yield f"{pointer}/column_settings", f"no more than {TABLE_CELLS}"
    if (characters := sum(map(len, all_texts(rows)))) > TABLE_CHARACTERS:
        yield f"{pointer}/rows", f"{characters} characters, {TABLE_CHARACTERS} allowed"


def _task_card(block: dict[str, Any], pointer: str) -> Iterator[tuple[str, str]]:
    for name in ("details", "output"):
        if name in block and (not isinstance(block[name], dict) or block[name].get("type") != "rich_text"):
            yield f"{pointer}/{name}", "must be rich_text"
        elif name in block:
            yield from rich_text_problems(block[name], f"{pointer}/{name}")
    for number, source in enumerate(block.get("sources", ())):
        yield from source_problems(source, f"{pointer}/sources/{number}")


def source_problems(source: Any, pointer: str) -> Iterator[tuple[str, str]]:
    """Of a url element, as tasks list their sources."""
    if not isinstance(source, dict) or source.get("type") != "url" or set(source) - {"type", "url", "text", "icon_url"}:
        yield pointer, "must be a url element"
    elif not str(source.get("url", "")).startswith(("https://", "http://")) or not source.get("text"):
        yield pointer, "needs url and text"


def _nested(blocks: list[Any]) -> Iterator[dict[str, Any]]:
    for block in blocks:
        if isinstance(block, dict):
            yield block
            if block.get("type") == "carousel":
                yield from _nested(block.get("elements", []))
            yield from _nested(block.get("child_blocks", []))


def _action_ids(blocks: list[Any]) -> Iterator[str]:
    for _, element in elements_of(blocks):
        yield str(element["action_id"])


def _is_markdown(block: dict[str, Any]) -> bool:
    return block.get("type") == "markdown" and isinstance(block.get("text"), str)


def _repeated(name: str, values: Sequence[str]) -> list[str]:
    return [f"duplicate {name}: {value}" for value, count in Counter(values).items() if count > 1]
