"""Tries each configured upstream by what questions ask of it; none of them is needed for the desk to answer."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import aclosing

import numpy as np

from bot.config import Settings
from bot.doctor.finding import Finding
from bot.llm import LanguageModel, Message
from bot.metrics import Metrics
from bot.parts import configured_reranker, open_language_model
from retrieval.encoder.base import Encoded
from retrieval.errors import ConfigurationError, UpstreamError, UpstreamRefused, UpstreamTimeout
from retrieval.passages import Candidate, Passage
from retrieval.rerank.base import Reranker
from retrieval.rerank.canaries import DOCUMENTS

# Long enough to see how slow a server is that is too slow for the desk.
PATIENCE_SECONDS = 30.0
QUESTIONS = ("How long does a refund take?", "How do I clean the chain of my bicycle?")
SENTENCE = "Say in one short sentence that you are ready."
INSTEAD = {
    "reranker": "until then late interaction puts the passages in order",
    "llm": "until then answers are extracts",
    "translation": "until then questions and answers stay in their own language",
}


async def examine_upstreams(settings: Settings) -> list[Finding]:
    """A sentence for each upstream that is set up, in the order of the settings."""
    findings = []
    if settings.reranker.kind != "late_interaction":
        findings.append(await _reranker(settings))
    if settings.llm.base_url or settings.answer.kind == "generated":
        findings.append(await _language_model(settings))
    return findings


async def _reranker(settings: Settings) -> Finding:
    """The self-test, and then as many passages as a question brings."""
    limit = settings.reranker.timeout_seconds
    patient = settings.reranker.model_copy(update={"timeout_seconds": max(limit, PATIENCE_SECONDS)})
    try:
        reranker = configured_reranker(settings.model_copy(update={"reranker": patient}))
    except ConfigurationError as error:
        return Finding(False, str(error))
    try:
        await reranker.check()
        # The first time a server may still compile, and a connection be made.
        times = [await _rerank_seconds(reranker, question, settings.search.recall) for question in QUESTIONS]
    except UpstreamError as error:
        return _failure(error, "reranker")
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


async def _rerank_seconds(reranker: Reranker, question: str, passages: int) -> float:
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


async def _language_model(settings: Settings) -> Finding:
    """A sentence, streamed as answers are."""
    try:
        model = open_language_model(settings, Metrics(()))
    except ConfigurationError as error:
        return Finding(False, str(error))
    assert model is not None  # It is set up, or the error above has said what is missing.
    try:
        first, total = await _writing_seconds(model, (Message("user", SENTENCE),))
    except UpstreamError as error:
        return _failure(error, "llm")
    finally:
        await model.close()
    return Finding(
        True,
        f"The language model {model.model} at {model.url} writes: its first word after {first:.2f} s, "
        f"a sentence after {total:.2f} s.",
    )


async def _writing_seconds(model: LanguageModel, messages: Sequence[Message]) -> tuple[float, float]:
    """Until the first piece, and until the last."""
    started, first = time.perf_counter(), 0.0
    async with aclosing(model.stream(messages)) as stream:
        async for _ in stream:
            first = first or time.perf_counter() - started
    return first, time.perf_counter() - started


def _failure(error: UpstreamError, section: str) -> Finding:
    """The error's own sentence, and what to do."""
    match error:
        case UpstreamTimeout():
            advice = f"See what else its machine does, or raise the seconds in the section {section}"
        case UpstreamRefused(status=401 | 403):
            advice = f"Set {section}.api_key"
        case UpstreamRefused(status=404):
            advice = f"Set {section}.base_url, without /v1, and {section}.model to a name that the server knows"
        case UpstreamRefused(status=400 | 413 | 422):
            advice = "Start the server with a longer context (--max-model-len), and see its log"
        case UpstreamRefused():
            advice = "See the server's log"
        case _:
            advice = f"Start it as docs/deploy.md says, and see that {section}.base_url and {section}.model are its own"
    return Finding(False, f"{error} {advice}; {INSTEAD[section]}.")
