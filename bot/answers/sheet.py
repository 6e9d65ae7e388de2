"""Checked sentences → the pieces of an answer, each final when shown; citations are numbered by appearance."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence

from bot.answers.grounding import Verdict
from bot.answers.sentence_stream import StreamedSentence
from bot.answers.values import Citation, cite
from retrieval.passages import StoredPassage

_STEP = re.compile(r"\s*\d{1,2}[.)]\s")
_INTRODUCES = re.compile(r"[:：][*_]*\Z")

_Checked = tuple[StreamedSentence, Verdict]


class Sheet:
    """What an answer's reader sees so far.

    A sentence that introduces something waits for what it introduces. The steps of a numbered list wait for each other:
    they are shown all or none, as one that is missing may be the one that matters.

    Args:
        passages: those that the sentences cite, numbered from 1 in this order.
        scores: how well each passage covers the question, in [0, 1], by its id.

    Attributes:
        withheld: sentences that are not shown, by reason.
    """

    def __init__(self, passages: Sequence[StoredPassage], scores: Mapping[int, float]) -> None:
        self.withheld: Counter[str] = Counter()
        self._passages = passages
        self._scores = scores
        self._quotes: dict[int, tuple[int, int]] = {}
        self._said: set[str] = set()
        self._introduction: _Checked | None = None
        self._steps: list[_Checked] = []
        self._gap = ""
        self._begun = False

    @property
    def citations(self) -> tuple[Citation, ...]:
        """Of what is shown; a quote runs from the first to the last part of its passage that backs something."""
        found = []
        for n, (number, (start, end)) in enumerate(self._quotes.items(), 1):
            stored = self._passages[number - 1]
            quote = stored.passage.text[start:end]
            found.append(cite(n, stored.passage, quote, self._scores.get(stored.id, 0.0)))
        return tuple(found)

    def add(self, sentence: StreamedSentence, verdict: Verdict) -> list[str]:
        """The pieces that may be shown now that this sentence was checked."""
        if _STEP.match(sentence.text):
            self._steps.append((sentence, verdict))
            return []
        pieces = self._list_ended(whole=True)
        if not _backed(verdict):
            self._withhold(sentence, verdict.reason)
        elif verdict.text in self._said:
            self._withhold(sentence, "repeated")
        elif _INTRODUCES.search(verdict.text):
            self._drop_introduction()
            self._introduction = (sentence, verdict)
        else:
            pieces += self._introduced([(sentence, verdict)])
        return pieces

    def finish(self, whole: bool) -> list[str]:
        """What still waited.

        Args:
            whole: whether the answer came to its end; otherwise a list's last steps may be missing.
        """
        pieces = self._list_ended(whole)
        self._drop_introduction()
        return pieces

    def _list_ended(self, whole: bool) -> list[str]:
        steps, self._steps = self._steps, []
        if not steps:
            return []
        if whole and all(_backed(verdict) for _, verdict in steps):
            return self._introduced(steps)
        for sentence, verdict in steps:
            self._withhold(sentence, "step" if _backed(verdict) else verdict.reason)
        return []

    def _introduced(self, checked: list[_Checked]) -> list[str]:
        introduction, self._introduction = self._introduction, None
        return [self._piece(*one) for one in ([introduction, *checked] if introduction else checked)]

    def _piece(self, sentence: StreamedSentence, verdict: Verdict) -> str:
        gap = max(self._gap, sentence.gap, key=len) if "\n" in self._gap + sentence.gap else sentence.gap
        gap = gap if self._begun else ""
        self._begun, self._gap = True, ""
        self._said.add(verdict.text)
        markers = "".join(f" [{self._cited(number, quote)}]" for number, quote in verdict.quotes if quote)
        return f"{gap}{verdict.text}{markers}"

    def _cited(self, number: int, quote: str) -> int:
        start = self._passages[number - 1].passage.text.index(quote)
        end = start + len(quote)
        if number in self._quotes:
            first, last = self._quotes[number]
            start, end = min(first, start), max(last, end)
        self._quotes[number] = (start, end)
        return list(self._quotes).index(number) + 1

    def _drop_introduction(self) -> None:
        if self._introduction:
            self._withhold(self._introduction[0], "introduction")
            self._introduction = None

    def _withhold(self, sentence: StreamedSentence, reason: str) -> None:
        self.withheld[reason] += 1
        # What follows begins a paragraph of its own where the sentence left out began one.
        if "\n" in sentence.gap:
            self._gap = max(self._gap, sentence.gap, key=len)


def _backed(verdict: Verdict) -> bool:
    """Whether a sentence may be shown; one that there is nothing to quote for may not."""
    return verdict.supported and any(quote for _, quote in verdict.quotes)
