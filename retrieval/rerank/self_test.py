"""Whether a reranker can tell a true pair from a false one: the one thing that its health is about.

A server that answers may still score at random: without its template, with a head that was not loaded, with yes and no
swapped, or with a template whose end was cut off. Any sound reranker passes by a wide margin.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import Any

from retrieval.concurrency import all_of
from retrieval.rerank.canaries import CANARIES, DOCUMENTS, INSTRUCTION

# Of one question, each true passage must be so much above each false one. A sound Qwen3-Reranker is above by 0.9; the
# same one read without its template is about as often below as above.
LEAST_MARGIN = 0.2

Score = Callable[[str, Sequence[str], str], Coroutine[Any, Any, list[float]]]


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a self-test went.

    Attributes:
        margin: the least difference between a true and a false passage of one question, in [-1, 1].
        reason: what was wrong, as the end of a sentence; "" where nothing was.
    """

    margin: float
    reason: str

    @property
    def passed(self) -> bool:
        return not self.reason


async def self_test(score: Score) -> Verdict:
    """Scores the canaries.

    Args:
        score: probabilities in [0, 1] of documents, given a question and an instruction.

    Raises:
        UpstreamError: whatever `score` raises.
    """
    found = await all_of(*(score(canary.question, DOCUMENTS, INSTRUCTION) for canary in CANARIES))
    least, reason = 2.0, ""
    for canary, scores in zip(CANARIES, found, strict=True):
        true = min(scores[place] for place in canary.answers)
        false = max(score for place, score in enumerate(scores) if place not in canary.answers)
        if true - false < least:
            least = true - false
            reason = f'to "{canary.question}" it scored an answer {true:.3f} and what is none {false:.3f}'
    return Verdict(least, "" if least >= LEAST_MARGIN else reason)
