"""An answer, and the events in which it is given."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from bot.answers.values import Citation

if TYPE_CHECKING:
    from retrieval.search import SearchResult

Status = Literal["answered", "no_answer", "handed_off"]
Step = Literal["language", "search", "answer"]


@dataclass(frozen=True, slots=True)
class Original:
    """A text as it was before its translation.

    Attributes:
        language: that most of it is in, "" if unknown.
    """

    text: str
    language: str


@dataclass(frozen=True, slots=True)
class Answer:
    """The contract of `polydesk ask --json` and `POST /api/ask`; fields stand in the order in which they are written.

    Attributes:
        text: markdown with markers such as [1].
        degraded: the parts that this answer had to do without.
        timings_ms: milliseconds by stage; a remembered answer has "cache" instead of the stages.
        translated: whether the text or a quote is shown in another language than its own.
        original: the text before its translation, None where it was not translated.
    """

    id: str
    status: Status
    text: str
    language: str
    translated: bool
    citations: tuple[Citation, ...]
    degraded: tuple[str, ...]
    knowledge_revision: int
    timings_ms: dict[str, float]
    original: Original | None = None

    def to_json(self) -> dict[str, Any]:
        """As plain values, ready for any JSON writer; what a translation adds is there only after one."""
        original = self.original
        added = {} if original is None else {"original": {"text": original.text, "language": original.language}}
        return {
            "id": self.id,
            "status": self.status,
            "text": self.text,
            "language": self.language,
            "translated": self.translated,
            "citations": [citation.to_json() for citation in self.citations],
            "degraded": list(self.degraded),
            "knowledge_revision": self.knowledge_revision,
            "timings_ms": self.timings_ms,
            **added,
        }


@dataclass(frozen=True, slots=True)
class StatusEvent:
    """A step has begun.

    Attributes:
        search: with "answer", what the answer is made from; never sent to customers.
    """

    step: Step
    search: SearchResult | None = None


@dataclass(frozen=True, slots=True)
class DeltaEvent:
    """The next piece of the answer's text."""

    text: str


@dataclass(frozen=True, slots=True)
class AnswerEvent:
    """The whole answer; always the last event.

    Attributes:
        cached: it was remembered; then there was no search.
        search: what the answer was made from, for whoever asks why (`polydesk eval`); never sent to customers.
        confidence: that the knowledge answers the question, in [0, 1], as compared with the threshold.
        withheld: sentences of a language model that were not shown, by reason.
    """

    answer: Answer
    cached: bool = False
    search: SearchResult | None = None
    confidence: float = 0.0
    withheld: Mapping[str, int] = field(default_factory=dict)


Event = StatusEvent | DeltaEvent | AnswerEvent


def new_id() -> str:
    """An id that nobody can guess."""
    return uuid.uuid4().hex
