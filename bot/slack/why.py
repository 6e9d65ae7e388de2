"""Why this answer: what a search found and how the answer was checked, kept with it and shown on demand."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.answer import Answer, AnswerEvent
from bot.slack import blocks
from bot.slack.audiences import Right
from bot.slack.blocks import Block, anchor, line, rich_text, words
from bot.slack.escaping import cut, lines, link
from bot.slack.words import Words

# Of the recalled passages so many are kept after reranking, and the modal shows so many.
KEPT = 5
_SHOWN = 10
_SENTENCES = 20
_BACKED = re.compile(r"(?P<sentence>.*?)\s*(?P<markers>(?:\[\d+\]\s?)+)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Found:
    """A passage that a search found.

    Attributes:
        recalled: its place before reranking, from 1; `rank` after, 0 for one that was folded into another.
        score: the reranker's.
        similarity: cosine between question and passage.
    """

    title: str
    url: str
    audience: str
    recalled: int
    rank: int
    score: float
    similarity: float


@dataclass(frozen=True, slots=True)
class Explanation:
    """What an answer was made from.

    Attributes:
        found: the best after reranking, best first.
        recalled: how many there were before it.
        confidence: compared with `threshold`.
        withheld: sentences that were not shown, by reason.
        now: whether it was searched again for the explanation, because the answer was a remembered one.
    """

    found: tuple[Found, ...]
    recalled: int
    confidence: float
    threshold: float
    revision: int
    reranker: str
    withheld: int = 0
    rewritten: str = ""
    now: bool = False

    def to_json(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.__slots__ if name != "found"} | {
            "found": [{name: getattr(one, name) for name in Found.__slots__} for one in self.found]
        }

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Explanation:
        return cls(**{**values, "found": tuple(Found(**one) for one in values["found"])})


def explanation_of(event: AnswerEvent, threshold: float, reranker: str) -> Explanation | None:
    """The explanation of an answer that was just made; None for a remembered one."""
    if event.search is None:
        return None
    found = tuple(
        Found(
            title=" › ".join(ranked.passage.heading) or ranked.passage.title,
            url=ranked.passage.link,
            audience=ranked.passage.audience,
            recalled=ranked.candidate.rank,
            rank=ranked.rank,
            score=round(ranked.score, 4),
            similarity=round(ranked.candidate.similarity, 4),
        )
        for ranked in event.search.ranked[:_SHOWN]
    )
    return Explanation(
        found,
        len(event.search.candidates),
        round(event.confidence, 4),
        threshold,
        event.search.revision,
        reranker,
        sum(event.withheld.values()),
    )


def explanation_now(values: Mapping[str, Any]) -> Explanation:
    """The explanation from a search made now, as `Service.explain` gives it."""
    ranked = [one for one in values["candidates"] if one["rank"] is not None][:_SHOWN]
    found = tuple(
        Found(
            title=" › ".join(one["heading"]) or one["title"],
            url=one["url"],
            audience=one["audience"],
            recalled=one["rank_recall"],
            rank=one["rank"],
            score=one["score"],
            similarity=one["similarity"],
        )
        for one in ranked
    )
    return Explanation(
        found,
        len(values["candidates"]),
        values["confidence"],
        values["threshold"],
        values["knowledge_revision"],
        values["reranker"],
        rewritten=values["rewritten"],
        now=True,
    )


def why_view(
    question: str, answer: Answer, explanation: Explanation, right: Right, say: Words, public_url: str
) -> Block:
    """The modal for somebody with this right; what they may not see is left out."""
    shown = [one for one in explanation.found if right.allows((one.audience,))]
    facts = [
        say(
            "slack.why.confidence", confidence=f"{explanation.confidence:.2f}", threshold=f"{explanation.threshold:.2f}"
        ),
        say("slack.why.revision", revision=explanation.revision),
        say("slack.why.reranker", name=explanation.reranker),
    ]
    if explanation.now:
        facts.append(say("slack.why.now"))
    if explanation.rewritten:
        facts.append(say("slack.why.understood", question=explanation.rewritten))
    facts += [say(f"degraded.{name}") for name in answer.degraded if say.has(f"degraded.{name}")]
    made = [
        blocks.section(cut(question, 500)),
        blocks.context(*facts),
        blocks.header(say("slack.why.order")),
        blocks.context(say("slack.why.counts", recalled=explanation.recalled, kept=min(KEPT, len(explanation.found)))),
    ]
    if shown:
        made.append(rich_text(*(_row(one, say, public_url) for one in shown)))
    if explanation.withheld:
        made.append(blocks.context(say("slack.why.withheld", count=explanation.withheld)))
    checks = _checks(answer)
    if checks:
        made += [blocks.header(say("slack.why.checks")), rich_text(*(_check(*one, say) for one in checks))]
    return blocks.modal("why", say("slack.why"), made, say("slack.close"))


def _row(one: Found, say: Words, public_url: str) -> blocks.Element:
    place = say(
        "slack.why.row",
        rank=one.rank,
        recalled=one.recalled,
        score=f"{one.score:.3f}",
        similarity=f"{one.similarity:.3f}",
    )
    return line(
        words(f"{one.rank}. ", bold=True),
        anchor(link(one.url, public_url), cut(one.title, 120), bold=True),
        words(f"\n{place}\n"),
    )


def _checks(answer: Answer) -> list[tuple[str, str]]:
    """Each sentence of an answer with the title of what backs it."""
    titles = {citation.n: " › ".join(citation.heading) or citation.title for citation in answer.citations}
    found = []
    for match in _BACKED.finditer(answer.text):
        numbers = [int(number) for number in re.findall(r"\d+", match["markers"])]
        sentence = " ".join(lines(match["sentence"]))
        if sentence and all(number in titles for number in numbers):
            found.append((sentence, "; ".join(dict.fromkeys(titles[number] for number in numbers))))
    return found[:_SENTENCES]


def checked_sentences(answer: Answer) -> int:
    """How many sentences of an answer were checked against what they cite."""
    return len(_checks(answer))


def _check(sentence: str, title: str, say: Words) -> blocks.Element:
    return line(
        words("✓ ", bold=True), words(cut(sentence, 160)), words(f"\n{say('slack.why.stands', title=cut(title, 80))}\n")
    )
