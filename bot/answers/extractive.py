"""Answers without a language model: the units of the best passages that answer the question, verbatim."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from bot.answers.confidence import Confidence
from bot.answers.evidence import Evidence, Parts, parts, read
from bot.answers.selection import Limits, select
from bot.answers.units import Unit
from bot.answers.values import Citation, Draft, Sentence, cite
from retrieval import token_vectors
from retrieval.encoder.base import Encoded, Encoder
from retrieval.identifiers import identifiers
from retrieval.passages import Passage, Ranked
from retrieval.search import SearchResult

# Another passage is quoted only where it covers the question about as well as the first: at most this much less of it.
CLOSE = 0.04
# A further passage adds one point; the first gives the answer.
FIRST = Limits(units=3, tokens=140, whole=90)
FURTHER = Limits(units=1, tokens=70, whole=0)
# A section that was cut for its length is read as one, up to this many of its passages, as they were ranked.
MOST_OF_SECTION = 6


class TokenBlobs(Protocol):
    """Where the packed token vectors of passages are kept; the store."""

    def token_blobs(self, ids: Sequence[int]) -> dict[int, bytes]:
        """The blobs by passage; one that is gone is left out."""


@dataclass(frozen=True, slots=True, eq=False)
class _Part:
    """A passage of a section, with the places of the units that hold what was asked for literally."""

    evidence: Evidence
    units: Parts
    exact: list[int]


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
        sections: dict[tuple[str, ...], list[_Part]] = {}
        for place, found in enumerate(evidence[: self._passages]):
            if found.cover < evidence[0].cover - CLOSE:
                continue
            section = _section(found.passage)
            if section not in sections:
                sections[section] = self._read_section(result, section)
            if not sections[section]:
                continue
            part = sections[section].pop(0)
            passage = part.evidence.passage
            shown = {sentence.text for sentence in sentences}
            n = len(citations) + 1
            limits = self._first if place == 0 else FURTHER
            quoted = _sentences(passage.text, part.units, limits, n, shown, part.exact)
            if quoted:
                chosen, quote = quoted
                sentences.extend(chosen)
                citations.append(cite(n, passage, quote, _score(part.evidence)))
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

    def _read_section(self, result: SearchResult, section: tuple[str, ...]) -> list[_Part]:
        """The passages of a section, taken apart, the one with the best unit first."""
        ranked = [one for one in result.ranked if _section(one.passage) == section]
        _, evidence = self._evidence(result, ranked[:MOST_OF_SECTION])
        found = [
            _Part(one, own, _holding(result.identifiers, one.passage.text, own))
            for one, own in zip(evidence, parts(self._encoder, result.question, evidence), strict=True)
        ]
        return sorted(found, key=lambda part: (not part.exact, -part.units.scores.max(initial=-1.0)))

    def _read(self, result: SearchResult) -> tuple[list[int], list[Evidence]]:
        """The best passages' ids, and the passages read against the question."""
        if not result.ranked or not len(result.question.layers[0]):
            return [], []
        return self._evidence(result, result.ranked[: max(self._passages, Confidence.DEPTH)])

    def _evidence(self, result: SearchResult, ranked: Sequence[Ranked]) -> tuple[list[int], list[Evidence]]:
        blobs = self._store.token_blobs([one.candidate.id for one in ranked])
        # A file published anew since the search has taken its old token vectors along.
        there = [one for one in ranked if one.candidate.id in blobs]
        found = [(one.passage, token_vectors.unpack(blobs[one.candidate.id])) for one in there]
        return [one.candidate.id for one in there], read(result.question, found)


def _section(passage: Passage) -> tuple[str, ...]:
    return (passage.path, passage.anchor, *passage.heading)


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
