"""Whether the configured reranker tells true from false, and is fast enough for the desk to wait for."""

from __future__ import annotations

import time

import numpy as np

from bot.config import Settings
from bot.doctor.failure import INSTEAD, PATIENCE_SECONDS, failure
from bot.doctor.finding import Finding
from bot.parts import configured_reranker
from retrieval.encoder.base import Encoded
from retrieval.errors import ConfigurationError, UpstreamError
from retrieval.passages import Candidate, Passage
from retrieval.rerank.base import Reranker
from retrieval.rerank.canaries import DOCUMENTS

# The second one is timed: for the first a server may still compile, and a connection is made.
QUESTIONS = ("How long does a refund take?", "How do I clean the chain of my bicycle?")


async def examine_reranker(settings: Settings) -> Finding:
    """The self-test, and then as many passages as a question brings."""
    limit = settings.reranker.timeout_seconds
    patient = settings.reranker.model_copy(update={"timeout_seconds": max(limit, PATIENCE_SECONDS)})
    try:
        reranker = configured_reranker(settings.model_copy(update={"reranker": patient}))
    except ConfigurationError as error:
        return Finding(False, str(error))
    try:
        await reranker.check()
        times = [await _seconds(reranker, question, settings.search.recall) for question in QUESTIONS]
    except UpstreamError as error:
        return failure(error, "reranker")
    finally:
        await reranker.close()
    took = f"{settings.search.recall} passages take {times[-1]:.2f} s"
    if times[-1] > limit:
        return Finding(
            False,
            f"The reranker {reranker.description} works, but {took} where reranker.timeout_seconds allows {limit:g}: "
            f"raise it, or use a smaller model or a faster card; {INSTEAD['reranker']}.",
        )
    return Finding(True, f"The reranker {reranker.description} passes its self-test; {took}.")


async def _seconds(reranker: Reranker, question: str, passages: int) -> float:
    nothing = Encoded(np.zeros(1, np.float32), (), np.zeros((0, 2), np.int32))
    candidates = [_candidate(number, DOCUMENTS[number % len(DOCUMENTS)]) for number in range(passages)]
    started = time.perf_counter()
    await reranker.rerank(question, nothing, candidates)
    return time.perf_counter() - started


def _candidate(number: int, text: str) -> Candidate:
    passage = Passage(
        path="doctor.md", title="", url="", anchor="", heading=(f"Page {number}",), text=text, audience="public"
    )
    return Candidate(id=number, passage=passage, rank=number + 1, similarity=0)
