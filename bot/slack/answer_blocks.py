"""What stands below an answer: its sources, the rating, and what can be asked about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.answer import Answer
from bot.answers.values import Citation
from bot.slack import blocks
from bot.slack.blocks import Block, Element, anchor, line, quote, rich_text, words
from bot.slack.escaping import cut, lines, link, markdown
from bot.slack.words import Words

# Slack takes some 13,000 characters in all blocks of a message, of which the answer may need 11,500.
_TITLE, _QUOTE, _SOURCES, _NOTE = 120, 240, 5, 300
# What an answer in a window or draft may have of its blocks' characters.
_LONGEST_TEXT = 9_000


@dataclass(frozen=True, slots=True)
class Card:
    """An answer as it is shown.

    Attributes:
        id: of its record, which the buttons carry.
        public_url: of the desk, for links to its own pages.
    """

    id: str
    answer: Answer
    public_url: str = ""


def below(card: Card, say: Words, notes: Sequence[str] = ()) -> list[Block]:
    """The blocks below an answer in a thread."""
    return [
        *sources(card, say),
        *_small_print(card, say, notes),
        feedback(card, say),
        blocks.actions(*_asks(card, say)),
    ]


def draft(card: Card, say: Words, *, shareable: bool, notes: Sequence[str] = ()) -> list[Block]:
    """An answer that one person sees alone, with what they can do with it."""
    choices: list[Element] = []
    if shareable:
        choices = [
            blocks.button(say("slack.share"), "share", card.id, "primary"),
            blocks.button(say("slack.keep"), "keep", card.id),
        ]
    return [
        blocks.context(say("slack.draft")),
        text_block(card),
        *sources(card, say),
        *_small_print(card, say, notes),
        blocks.actions(*choices, *_asks(card, say)),
    ]


def shared(card: Card, say: Words, name: str, question: str) -> list[Block]:
    """A draft that somebody of this name has shared, for everybody in the channel."""
    asked = line(words(cut(name, 80), bold=True), words(f"  {cut(question, 300)}"))
    return [rich_text(asked), text_block(card), *below(card, say)]


def text_block(card: Card) -> Block:
    """The answer's text, as much of it as a message with blocks takes."""
    return blocks.markdown_block(cut(markdown(card.answer.text, card.public_url), _LONGEST_TEXT))


def sources(card: Card, say: Words) -> list[Block]:
    """Each source with its quote; nothing where nothing is cited."""
    citations = card.answer.citations[:_SOURCES]
    if not citations:
        return []
    parts: list[Element] = [line(words(say("widget.sources"), bold=True))]
    for citation in citations:
        parts += _source(citation, card.public_url)
    return [rich_text(*parts)]


def feedback(card: Card, say: Words) -> Block:
    return blocks.feedback("feedback", say("slack.helpful"), say("slack.unhelpful"), card.id)


def _source(citation: Citation, public_url: str) -> tuple[Element, Element]:
    place = " › ".join(citation.heading) or citation.title
    head = line(words(f"[{citation.n}] "), anchor(link(citation.url, public_url), cut(place, _TITLE)))
    said = [words(_quoted(citation.quote))]
    if citation.translation:
        said = [words(_quoted(citation.translation)), words("\n"), *said]
    return head, quote(*said)


def _quoted(text: str) -> str:
    return cut("\n".join(lines(text)), _QUOTE)


def _asks(card: Card, say: Words) -> list[Element]:
    return [
        blocks.button(say("slack.why"), "why", card.id),
        blocks.button(say("slack.correct"), "correct", card.id),
    ]


def _small_print(card: Card, say: Words, notes: Sequence[str]) -> list[Block]:
    said = [*notes, *(say(f"degraded.{name}") for name in card.answer.degraded if say.has(f"degraded.{name}"))]
    return [blocks.context(*(cut(text, _NOTE) for text in said), say("ai.notice"))]
