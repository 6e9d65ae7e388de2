"""Answers for tests of what is shown."""

from __future__ import annotations

from dataclasses import replace

from bot.answer import Answer
from bot.answers.values import Citation

CITATION = Citation(
    1,
    "Refunds",
    "/help/refunds#how-long-a-refund-takes",
    "refunds.md",
    "how-long-a-refund-takes",
    ("Refunds", "How long a refund takes"),
    "We refund within five working days after the parcel has arrived at our warehouse.",
    "en",
    0.93,
)
ANSWER = Answer(
    id="0" * 32,
    status="answered",
    text="We refund within five working days after the parcel has arrived at our warehouse. [1]",
    language="en",
    translated=False,
    citations=(CITATION,),
    degraded=(),
    knowledge_revision=1,
    timings_ms={"total": 12.0},
)


def answer(text: str, *citations: Citation) -> Answer:
    """An answer that says this."""
    return replace(ANSWER, text=text, citations=citations or (CITATION,))
