"""Candidates made of texts, for rerankers that look at nothing else."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from retrieval.encoder.base import Encoded
from retrieval.passages import Candidate, Passage

# Of a question that nothing is known of but its text.
ENCODED = Encoded(np.ones(1, np.float32), (), np.empty((0, 2), np.int32))


def candidates(texts: Sequence[str], *, audience: str = "public", instruction: str = "") -> list[Candidate]:
    """One candidate a text, in recall order, each under the heading "Help"."""
    passages = [
        Passage(f"{number}.md", "Help", "", "", ("Help",), text, audience, instruction=instruction)
        for number, text in enumerate(texts)
    ]
    return [Candidate(number, passage, number + 1, 0.5) for number, passage in enumerate(passages)]
