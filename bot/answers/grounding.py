"""Nothing unsupported is shown: what does not stand in a quote, which stands in its passage, is withheld.

`grounded` checks extracts, word for word; `Grounding` checks sentences that a language model wrote.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, Protocol

from bot.answers.claims import plain, read_claim
from bot.answers.facts import lacking
from bot.answers.support import LateSupport, Support
from bot.answers.values import Citation, Draft, Sentence
from retrieval.errors import UpstreamError
from retrieval.languages import LanguageDetector, base_language
from retrieval.passages import Passage, StoredPassage

Reason = Literal[
    "supported", "empty", "marker", "language", "link", "code", "number", "date", "unit", "quote", "support"
]
# What a reranker that follows instructions is told to judge.
INSTRUCTION = "Judge whether the document states the claim"
# Probability from which a passage counts as stating a claim.
LATE_THRESHOLD = 0.55
JUDGE_THRESHOLD = 0.5
# A judge is not believed where late interaction is surer than this that it errs: a model that was loaded wrongly, or is
# swayed by what a sentence says of itself, lets nothing through that has nothing to do with the passage.
PLAUSIBLE = 0.3


class Judge(Protocol):
    """A reranker that follows instructions."""

    async def score(self, query: str, documents: Sequence[str], instruction: str) -> list[float]:
        """Probabilities in [0, 1], in the documents' order.

        Raises:
            UpstreamError: when it cannot be reached or answers nonsense.
        """


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of checking one sentence.

    Attributes:
        supported: whether it may be shown.
        reason: why not, or "supported".
        text: the sentence without its markers.
        quotes: for each passage that backs it, in the order of its markers, the passage's number and the part of its
            text that says so, verbatim; empty unless supported.
        score: the probability that the cited passages state it, in [0, 1]; 0 where it was refused before that.
    """

    supported: bool
    reason: Reason
    text: str
    quotes: tuple[tuple[int, str], ...] = ()
    score: float = 0.0


class Grounding:
    """Checks generated sentences, one at a time. Thread-safe.

    Args:
        judge: scores claims in place of late interaction, which takes over whenever it fails.
    """

    def __init__(self, support: LateSupport, detector: LanguageDetector, judge: Judge | None = None) -> None:
        self._support = support
        self._detector = detector
        self._judge = judge

    async def check(self, sentence: str, passages: Sequence[StoredPassage], language: str) -> Verdict:
        """Whether a sentence may be shown.

        Args:
            sentence: with its markers, wherever in it they stand.
            passages: what the model was given, numbered from 1 in this order.
            language: what the answer is to be written in.
        """
        claim = read_claim(sentence)
        if not any(character.isalnum() for character in claim.text):
            return Verdict(False, "empty", claim.shown)
        if claim.broken or not claim.cited or not all(1 <= n <= len(passages) for n in claim.cited):
            return Verdict(False, "marker", claim.shown)
        if self._detector.question(claim.text, conversation=language, default=language) != language:
            return Verdict(False, "language", claim.shown)
        cited = [passages[n - 1] for n in claim.cited]
        reason = await asyncio.to_thread(lacking, claim.text, language, [one.passage for one in cited])
        if reason is not None:
            return Verdict(False, reason, claim.shown)
        if not _quoted_stands(claim.quoted, language, [one.passage for one in cited]):
            return Verdict(False, "quote", claim.shown)
        found, threshold = await self._supports(claim.text, cited)
        best = max(one.probability for one in found)
        if best < threshold:
            return Verdict(False, "support", claim.shown, score=best)
        quotes = tuple(
            (n, one.quote) for n, one in zip(claim.cited, found, strict=True) if one.probability >= threshold
        )
        return Verdict(True, "supported", claim.shown, quotes, best)

    async def _supports(self, claim: str, cited: Sequence[StoredPassage]) -> tuple[list[Support], float]:
        found = await asyncio.to_thread(self._support.support, claim, cited)
        if self._judge is None:
            return found, LATE_THRESHOLD
        try:
            scores = await self._judge.score(claim, [one.passage.text for one in cited], INSTRUCTION)
        except UpstreamError:
            return found, LATE_THRESHOLD
        judged = zip(found, scores, strict=True)
        return [replace(one, probability=min(score, _trusted(one))) for one, score in judged], JUDGE_THRESHOLD


def _trusted(support: Support) -> float:
    """The most that a judge may say of a passage."""
    return 1.0 if support.probability >= PLAUSIBLE else support.probability


def grounded(draft: Draft, passages: Sequence[Passage]) -> Draft | None:
    """The draft with only what is supported, its citations numbered anew, or None when nothing is left.

    Args:
        passages: what was found; a quote must stand in the passage that its citation leads to.
    """
    sound = {
        citation.n: citation for citation in draft.citations if any(_stands(citation, passage) for passage in passages)
    }
    kept = [sentence for sentence in draft.sentences if _supported(sentence, sound.get(sentence.n))]
    if not kept:
        return None
    order = {n: place for place, n in enumerate(dict.fromkeys(sentence.n for sentence in kept), 1)}
    return replace(
        draft,
        sentences=tuple(replace(sentence, n=order[sentence.n]) for sentence in kept),
        citations=tuple(replace(sound[n], n=place) for n, place in order.items()),
    )


def _stands(citation: Citation, passage: Passage) -> bool:
    leads_there = (citation.path, citation.anchor, citation.url) == (passage.path, passage.anchor, passage.link)
    return leads_there and bool(citation.quote.strip()) and citation.quote in passage.text


def _supported(sentence: Sentence, citation: Citation | None) -> bool:
    return citation is not None and bool(sentence.text.strip()) and sentence.text in citation.quote


def _quoted_stands(quoted: Sequence[str], language: str, passages: Sequence[Passage]) -> bool:
    """Whether what a sentence puts in quotation marks stands in a passage.

    In another language than the passages' it is a translation, which only the support tells; a single word is a name.
    """
    if not all(base_language(one.language) == language for one in passages if one.language):
        return True
    texts = [plain(f"{' '.join(one.heading)} {one.text}") for one in passages]
    return all(
        any(plain(quote).rstrip(".,;:!?") in text for text in texts) for quote in quoted if len(quote.split()) > 1
    )
