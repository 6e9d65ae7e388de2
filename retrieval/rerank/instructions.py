"""What a reranker is told to judge, for each passage: the nearest instruction holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from retrieval.passages import Passage

INSTRUCTION = "Given a customer's question, judge whether the document answers it"


@dataclass(frozen=True, slots=True)
class Instructions:
    """In English, whatever the languages of question and passage.

    Attributes:
        default: where nothing else is said.
        audiences: by audience.
    """

    default: str
    audiences: Mapping[str, str] = field(default_factory=dict)

    def of(self, passage: Passage, channel: str) -> str:
        """The passage's own, else the channel's, else its audience's, else the default.

        Args:
            channel: of where the question came from, or "".
        """
        return passage.instruction or channel or self.audiences.get(passage.audience) or self.default
