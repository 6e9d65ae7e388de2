"""The windows over a conversation: ask, look at an answer, suggest a correction."""

from __future__ import annotations

from collections.abc import Sequence

from bot.slack import blocks
from bot.slack.answer_blocks import Card, sources
from bot.slack.blocks import Block
from bot.slack.escaping import cut
from bot.slack.rich_answer import rich_answer
from bot.slack.words import Words

QUESTION, SUGGESTION, SOURCE = "question", "suggestion", "source"
_LONGEST_QUESTION = 3_000
_LONGEST_ANSWER = 9_000


def ask_view(say: Words) -> Block:
    """Asks for a question."""
    field = blocks.text_input(
        QUESTION,
        say("widget.question"),
        placeholder=say("widget.placeholder"),
        longest=_LONGEST_QUESTION,
    )
    return blocks.modal("ask", say("slack.find"), [field], say("slack.cancel"), submit=say("slack.ask"))


def waiting_view(say: Words, question: str) -> Block:
    """Stands until the answer is there."""
    made = [*_asked(question), blocks.context(say("widget.searching"))]
    return blocks.modal("answer", say("slack.find"), made, say("slack.close"))


def answer_view(card: Card, say: Words, question: str, *, shareable: bool, notes: Sequence[str] = ()) -> Block:
    """An answer that one person sees alone."""
    choices = [
        blocks.button(say("slack.why"), "why", card.id),
        blocks.button(say("slack.correct"), "correct", card.id),
    ]
    if shareable:
        choices.insert(0, blocks.button(say("slack.share"), "share", card.id, "primary"))
    degraded = [say(f"degraded.{name}") for name in card.answer.degraded if say.has(f"degraded.{name}")]
    made = [
        *_asked(question),
        blocks.context(say("slack.draft")),
        rich_answer(card.answer.text, card.public_url, _LONGEST_ANSWER),
        *sources(card, say),
        blocks.actions(*choices),
        blocks.context(*notes, *degraded, say("ai.notice")),
    ]
    return blocks.modal("answer", say("slack.find"), made, say("slack.close"))


def notice_view(say: Words, text: str) -> Block:
    """One sentence."""
    return blocks.modal("notice", say("slack.find"), [blocks.section(text)], say("slack.close"))


def correction_view(say: Words, answer_id: str, question: str) -> Block:
    """Asks what an answer should have been."""
    made = [
        *_asked(question),
        blocks.text_input(SUGGESTION, say("slack.correction.label")),
        blocks.text_input(SOURCE, say("slack.correction.source"), longest=1_000, optional=True),
    ]
    return blocks.modal(
        "correction",
        say("slack.correction.title"),
        made,
        say("slack.cancel"),
        submit=say("slack.send"),
        metadata=answer_id,
    )


def _asked(question: str) -> list[Block]:
    return [blocks.rich_text(blocks.quote(blocks.words(cut(question, 500))))] if question.strip() else []
