"""Answers without a language model: the units of the best passages that answer the question, verbatim."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

from bot.answers.confidence import Confidence
from bot.answers.evidence import Evidence, Parts, parts, read
from bot.answers.selection import Limits, select
from bot.answers.units import Unit
from bot.answers.values import Citation, Draft, Sentence, cite
from retrieval import token_vectors
from retrieval.encoder.base import Encoded, Encoder
from retrieval.identifiers import identifiers
from retrieval.search import SearchResult

# Another passage is quoted only where it covers the question about as well as the first: at most this much less of it.
CLOSE = 0.04
# A further passage adds one point; the first gives the answer.
FIRST = Limits(units=3, tokens=140, whole=90)
FURTHER = Limits(units=1, tokens=70, whole=0)


class TokenBlobs(Protocol):
    """Where the packed token vectors of passages are kept; the store."""

    def token_blobs(self, ids: Sequence[int]) -> dict[int, bytes]:
        """The blobs by passage; one that is gone is left out."""


class Extractive:
    """Writes drafts. Thread-safe; blocks for about two milliseconds, so the service calls it from a thread.

    Args:
        passages: quoted at most.
        sentences: taken from the first passage at most.
    """

    def __init__(
        self,
        encoder: Encoder,
        store: TokenBlobs,
        *,
        passages: int = 3,
        sentences: int = FIRST.units,
        confidence: Confidence | None = None,
    ) -> None:
        self._encoder = encoder
        self._store = store
        self._passages = passages
        self._first = Limits(sentences, FIRST.tokens, FIRST.whole)
        self._confidence = confidence or Confidence.load()

    def write(self, result: SearchResult) -> Draft:
        """The answer to a question that was searched for; without sentences where nothing was found."""
        read_ids, evidence = self._read(result)
        if not evidence:
            return Draft((), (), 0.0)
        confidence = self._confidence.of(result, evidence)
        sentences: list[Sentence] = []
        citations: list[Citation] = []
        for place, found in enumerate(evidence[: self._passages]):
            if found.cover < evidence[0].cover - CLOSE:
                continue
            shown = {sentence.text for sentence in sentences}
            n = len(citations) + 1
            limits = self._first if place == 0 else FURTHER
            read_apart = parts(self._encoder, result.question, found)
            exact = _holding(result.identifiers, found.passage.text, read_apart)
            quoted = _sentences(found.passage.text, read_apart, limits, n, shown, exact)
            if quoted:
                chosen, quote = quoted
                sentences.extend(chosen)
                citations.append(cite(n, found.passage, quote, _score(found)))
        scores = {id: _score(found) for id, found in zip(read_ids, evidence, strict=True)}
        return Draft(tuple(sentences), tuple(citations), confidence, scores, evidence[0].best)

    def focused(self, result: SearchResult, start: int) -> SearchResult:
        """The same search seen from what its question says from a character on, read in the light of what is before.

        The best passages are ordered by how well they match either part, so that neither outweighs the other by its
        length; what is written from them is chosen by the second part alone. Blocks like `write`.
        """
        own = result.question.offsets[:, 0] >= start
        ids, evidence = self._read(result)
        if not evidence or not own.any() or own.all():
            return result
        matched = {
            id: float(found.best[own].mean() + found.best[~own].mean()) for id, found in zip(ids, evidence, strict=True)
        }
        read_ones = [one for one in result.ranked if one.candidate.id in matched]
        best = sorted(read_ones, key=lambda one: -matched[one.candidate.id])
        rest = [one for one in result.ranked if one.candidate.id not in matched]
        question = Encoded(
            result.question.pooled, tuple(layer[own] for layer in result.question.layers), result.question.offsets[own]
        )
        ranked = tuple(replace(one, rank=rank) for rank, one in enumerate([*best, *rest], 1))
        return replace(result, question=question, ranked=ranked)

    def _read(self, result: SearchResult) -> tuple[list[int], list[Evidence]]:
        """The best passages' ids, and the passages read against the question."""
        if not result.ranked or not len(result.question.layers[0]):
            return [], []
        ranked = result.ranked[: max(self._passages, Confidence.DEPTH)]
        blobs = self._store.token_blobs([one.candidate.id for one in ranked])
        # A file published anew since the search has taken its old token vectors along.
        there = [one for one in ranked if one.candidate.id in blobs]
        found = [(one.passage, token_vectors.unpack(blobs[one.candidate.id])) for one in there]
        return [one.candidate.id for one in there], read(result.question, found)


def _holding(asked: frozenset[str], text: str, found: Parts) -> list[int]:
    """The places of the units that hold a code or number of the question: of ten error codes the one asked for."""
    if not asked:
        return []
    return [place for place, unit in enumerate(found.units) if asked & identifiers(text[unit.start : unit.end])]


def _sentences(
    text: str, found: Parts, limits: Limits, n: int, shown: set[str], exact: Sequence[int]
) -> tuple[list[Sentence], str] | None:
    chosen = select(found, limits, exact)
    if not chosen:
        return None
    picked = [found.units[place] for place in chosen]
    quote = text[picked[0].start : picked[-1].end]
    sentences = [
        Sentence(text[start:end], n, gap) for start, end, gap in _joined(picked, text) if text[start:end] not in shown
    ]
    return (sentences, quote) if sentences else None


def _joined(picked: Sequence[Unit], text: str) -> list[tuple[int, int, str]]:
    """Start, end and the gap before each shown piece. Headings and table rows are one piece with what follows them."""
    found: list[tuple[int, int, str]] = []
    for place, unit in enumerate(picked):
        before = picked[place - 1] if place else None
        between = text[before.end : unit.start] if before else ""
        if before and before.kind in ("heading", "header", "row") and not between.strip():
            found[-1] = (found[-1][0], unit.end, found[-1][2])
        else:
            found.append((unit.start, unit.end, _gap(between)))
    return found


def _gap(between: str) -> str:
    """The white space to show between two units: that of the source, without what was left out."""
    feeds = between.count("\n")
    return "\n\n" if feeds > 1 and between.isspace() else "\n" if feeds else " "


def _score(found: Evidence) -> float:
    return round(min(1.0, max(0.0, found.cover)), 4)
