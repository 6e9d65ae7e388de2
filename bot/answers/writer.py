"""One way of writing for all answers: an extract, and where a language model is set up, its answer before it."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Literal

import structlog

from bot.answers.extractive import Extractive
from bot.answers.generated import Ended, Generated, Shown
from bot.answers.grounding import grounded
from bot.answers.values import Citation, Draft, pieces
from retrieval.encoder.base import Floats
from retrieval.search import SearchResult

# Confidence from which an extract is given though the model says that the passages do not answer: the knowledge more
# likely has the answer than not, so that a hesitant model, or a passage that tells it to be silent, withholds nothing.
SURE = 0.5

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Extract:
    """What the passages say word for word.

    Attributes:
        draft: None where nothing may be shown.
        confidence: that the knowledge answers the question, in [0, 1].
        matches: for each token of the question its best match in the first passage, shape (tokens,).
    """

    draft: Draft | None
    confidence: float
    matches: Floats | None = None


@dataclass(frozen=True, slots=True)
class Written:
    """An answer's words.

    Attributes:
        kind: by whom; "nothing" where the knowledge does not say.
        pieces: they make the text when joined.
        shown: whether the pieces were given out one by one already.
        degraded: "llm" where the model failed, and the answer is an extract, or ends early.
        withheld: sentences of the model that were not shown, by reason.
    """

    kind: Literal["nothing", "extractive", "generated"]
    pieces: tuple[str, ...] = ()
    citations: tuple[Citation, ...] = ()
    shown: bool = False
    degraded: tuple[str, ...] = ()
    withheld: Mapping[str, int] = field(default_factory=dict)
    timings_ms: Mapping[str, float] = field(default_factory=dict)

    @property
    def text(self) -> str:
        return "".join(self.pieces)


class Writer:
    """Writes answers. Used from one event loop; `extract` blocks for some milliseconds.

    Args:
        generated: None without a language model.
        threshold: confidence below which there is no answer, and no model is asked for one.
    """

    def __init__(self, extractive: Extractive, generated: Generated | None, threshold: float) -> None:
        self._extractive = extractive
        self._generated = generated
        self._threshold = threshold

    def focused(self, result: SearchResult, start: int) -> SearchResult:
        """A search seen from what its question says from a character on, see `Extractive`. Blocks likewise."""
        return self._extractive.focused(result, start)

    def extract(self, result: SearchResult) -> Extract:
        """The extract from what a search found, already checked."""
        draft = self._extractive.write(result)
        if not draft.sentences or draft.confidence < self._threshold:
            return Extract(None, draft.confidence, draft.matches)
        checked = grounded(draft, [ranked.passage for ranked in result.ranked])
        return Extract(checked, draft.confidence, draft.matches)

    async def write(
        self, question: str, language: str, name: str, result: SearchResult, extract: Extract, spent: float
    ) -> AsyncGenerator[Shown | Written]:
        """What may be shown of a model's answer, as it is checked; then the answer. Closing the iterator ends all work.

        Args:
            language, name: to answer in.
            spent: seconds since the question came.
        """
        if extract.draft is None:
            yield Written("nothing")
            return
        if self._generated is None:
            yield _extractive(extract.draft)
            return
        shown: list[str] = []
        ended: Ended | None = None
        writing = self._generated.write(question, language, result, name=name, scores=extract.draft.scores, spent=spent)
        async with aclosing(writing) as events:
            async for event in events:
                if isinstance(event, Shown):
                    shown.append(event.text)
                    yield event
                else:
                    ended = event
        assert ended is not None  # `write` ends with it.
        yield _after(ended, tuple(shown), extract)


def _after(ended: Ended, shown: tuple[str, ...], extract: Extract) -> Written:
    assert extract.draft is not None  # Otherwise no model was asked.
    degraded = ("llm",) if ended.ending == "failed" else ()
    if ended.trouble:
        log.warning("language_model_failed", reason=ended.trouble, shown=len(shown))
    if shown:
        return Written("generated", shown, ended.citations, True, degraded, ended.withheld, ended.timings_ms)
    if ended.ending == "not_answered" and extract.confidence < SURE:
        return Written("nothing", timings_ms=ended.timings_ms, withheld=ended.withheld)
    return _extractive(extract.draft, degraded, ended)


def _extractive(draft: Draft, degraded: tuple[str, ...] = (), ended: Ended | None = None) -> Written:
    return Written(
        "extractive",
        tuple(pieces(draft.sentences)),
        draft.citations,
        degraded=degraded,
        withheld=ended.withheld if ended else {},
        timings_ms=ended.timings_ms if ended else {},
    )
