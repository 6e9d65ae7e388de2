"""Near-identical passages become one; of equal passages in several languages, the asker's own is shown."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from difflib import SequenceMatcher

import numpy as np

from retrieval.encoder.base import Floats
from retrieval.passages import Passage, Ranked

# Cosines of language-neutral vectors. Translations of a whole support passage lie at 0.68 to 0.78, and of the
# neighbouring paragraphs of LibreOffice's help 0.02 % lie above 0.6 in another language: rather a translation too many
# in the list than two different passages taken for one.
SAME_LANGUAGE = 0.95
ACROSS_LANGUAGES = 0.60
# Only passages that may be shown are compared: the first of this many.
DEPTH = 12
_SAME_TEXT = 0.9
_LENGTHS = 3.0
_NUMBER = re.compile(r"\d+")


def fold(ranked: Sequence[Ranked], vectors: Mapping[int, Floats], language: str) -> tuple[Ranked, ...]:
    """Folds the equals among the first candidates; the rest keeps its order.

    Args:
        ranked: best first.
        vectors: pooled vectors by passage; a passage without one is never folded.
        language: the asker's, or "" if unknown.

    Returns:
        Ranks anew from 1. A group stands where its best member stood, with that one's score, and is represented by
        the member in the asker's language if there is one, else by the best.
    """
    groups: list[list[Ranked]] = []
    for one in ranked[:DEPTH]:
        for group in groups:
            if _equal(group[0], one, vectors):
                group.append(one)
                break
        else:
            groups.append([one])
    folded = [_represent(group, language) for group in groups] + list(ranked[DEPTH:])
    return tuple(replace(one, rank=rank) for rank, one in enumerate(folded, 1))


def _represent(group: Sequence[Ranked], language: str) -> Ranked:
    chosen = next((one for one in group if language and one.passage.language == language), group[0])
    duplicates = tuple(one.candidate.id for one in group if one is not chosen)
    return replace(chosen, score=group[0].score, duplicates=duplicates)


def _equal(first: Ranked, second: Ranked, vectors: Mapping[int, Floats]) -> bool:
    one, other = vectors.get(first.candidate.id), vectors.get(second.candidate.id)
    if one is None or other is None:
        return False
    cosine = float(np.dot(one, other))
    if cosine < ACROSS_LANGUAGES or not _same_numbers(first.passage, second.passage):
        return False
    if first.passage.language != second.passage.language:
        # In bytes: a script that takes more of them for a character says more with it.
        lengths = sorted(len(one.passage.text.encode()) for one in (first, second))
        return lengths[1] <= _LENGTHS * lengths[0]
    return cosine >= SAME_LANGUAGE and _ratio(first.passage.text, second.passage.text) >= _SAME_TEXT


def _same_numbers(first: Passage, second: Passage) -> bool:
    """Passages that differ in a number say different things, however alike they are."""
    return set(_NUMBER.findall(first.text)) == set(_NUMBER.findall(second.text))


def _ratio(first: str, second: str) -> float:
    matcher = SequenceMatcher(None, first.split(), second.split(), autojunk=False)
    return 1.0 if first == second else matcher.ratio()
