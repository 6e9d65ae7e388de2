"""Nothing unsupported is shown: what does not stand in a quote, which stands in its passage, is withheld."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bot.answers.values import Citation, Draft, Sentence
from retrieval.passages import Passage


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
