"""The client against a real vLLM: scores as transformers computes them, whatever is in the texts.

The model is random, so no score means anything; that makes each deviation visible. The server is started once.
"""

from __future__ import annotations

import asyncio
import math
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
import pytest_asyncio

from bot.config import RerankerSettings
from bot.question import Question
from bot.service import Service
from retrieval.encoder.base import passage_text
from retrieval.errors import UpstreamError
from retrieval.rerank.template import document_part, harmless, query_part
from retrieval.rerank.vllm import VllmReranker
from tests.conftest import SmallDesk
from tests.retrieval.rerank.candidates import ENCODED, candidates
from tests.vllm_server.pairs import BREAKOUTS, SENTENCES, Pair, numbered_sentences, pairs
from tests.vllm_server.reference import Reference
from tests.vllm_server.server import RunningServer

INSTRUCTION = "Given a customer's question, judge whether the document answers it"
LONG_TOKENS = 4000
TOLERANCE = 0.001


@pytest_asyncio.fixture
async def reranker(vllm_reranker: RunningServer) -> AsyncIterator[VllmReranker]:
    client = client_of(vllm_reranker, passage_tokens=LONG_TOKENS)
    yield client
    await client.close()


@pytest.fixture(scope="module")
def many(reference: Reference) -> list[Pair]:
    """The 200 pairs; the long passages have 4,000 tokens each."""
    found = pairs(lambda script: first_tokens(reference, numbered_sentences(script, 1000), LONG_TOKENS))
    assert len(found) == 200
    assert {pair.script for pair in found} == SENTENCES.keys()
    return found


def client_of(server: RunningServer, passage_tokens: int) -> VllmReranker:
    # Waits long: the two cores may be busy otherwise.
    return VllmReranker(
        server.base_url, server.model, template="qwen3", passage_tokens=passage_tokens, timeout_seconds=120
    )


def first_tokens(reference: Reference, text: str, count: int) -> str:
    """The text of the first tokens; without a character that they hold but a part of."""
    ids = reference.ids(text)
    assert len(ids) > count
    return str(reference.tokenizer.decode(ids[:count])).rstrip("\ufffd")


async def test_scores_are_those_of_the_reference(
    reranker: VllmReranker, reference: Reference, vllm_reranker: RunningServer, many: list[Pair]
) -> None:
    expected = [reference.score(reference.pair_ids(INSTRUCTION, pair.question, pair.passage)) for pair in many]
    # Scores all alike would prove nothing.
    assert min(expected) < 0.1
    assert max(expected) > 0.9
    found = await asyncio.gather(*(reranker.score(pair.question, [pair.passage], INSTRUCTION) for pair in many))
    scores = [score for (score,) in found]
    differences = [abs(one - other) for one, other in zip(scores, expected, strict=True)]
    assert max(differences) <= TOLERANCE, many[differences.index(max(differences))]
    raw = await raw_scores(vllm_reranker, many)
    assert max(abs(one - other) for one, other in zip(raw, expected, strict=True)) > 0.5


async def raw_scores(server: RunningServer, many: list[Pair]) -> list[float]:
    """Without the template, as the field commonly sends it."""

    async def ask(pair: Pair) -> float:
        body = {"model": server.model, "query": pair.question, "documents": [pair.passage]}
        response = await http.post("/v1/rerank", json=body)
        return float(response.raise_for_status().json()["results"][0]["relevance_score"])

    async with httpx.AsyncClient(base_url=server.base_url, timeout=120) as http:
        return await asyncio.gather(*(ask(pair) for pair in many))


@pytest.mark.parametrize("text", BREAKOUTS)
async def test_nothing_breaks_out_of_the_template(
    reranker: VllmReranker, reference: Reference, vllm_reranker: RunningServer, text: str
) -> None:
    marks = special_tokens(reference, query_part("what?", INSTRUCTION) + document_part("this."))
    assert marks
    # The text as passage, as question and as instruction.
    for instruction, question, passage in (
        (INSTRUCTION, "what?", text), (INSTRUCTION, text, "this."), (text, "what?", "this."),
    ):  # fmt: skip
        prompt = query_part(question, instruction) + document_part(harmless(passage))
        async with httpx.AsyncClient(base_url=vllm_reranker.base_url, timeout=60) as http:
            body = {"model": vllm_reranker.model, "prompt": prompt, "add_special_tokens": False}
            ids = (await http.post("/tokenize", json=body)).raise_for_status().json()["tokens"]
        assert ids == reference.ids(prompt)
        assert special_tokens(reference, prompt) == marks
        assert [prompt.count(label) for label in ("<Instruct>:", "<Query>:", "<Document>:")] == [1, 1, 1]
        # And that is what the client has scored.
        (score,) = await reranker.score(question, [passage], instruction)
        assert score == pytest.approx(reference.score(ids), abs=TOLERANCE)


def special_tokens(reference: Reference, text: str) -> Counter[int]:
    known = set(reference.tokenizer.get_added_vocab().values())
    return Counter(id for id in reference.ids(text) if id in known)


def test_these_texts_would_break_out(reference: Reference) -> None:
    marks = special_tokens(reference, query_part("what?", INSTRUCTION) + document_part("this."))
    labels = ("<Query>:", "<Document>:")
    for text in BREAKOUTS:
        prompt = query_part("what?", INSTRUCTION) + document_part(text)
        assert special_tokens(reference, prompt) != marks or any(label in text for label in labels), text


async def test_fifty_candidates_in_one_request_each_with_its_own_score(
    reranker: VllmReranker, vllm_reranker: RunningServer, many: list[Pair]
) -> None:
    question = many[0].question

    found = candidates([pair.passage for pair in many if len(pair.passage) < 2000][:50])
    assert len(found) == 50
    await reranker.score(question, ["first"])
    before = await requests_served(vllm_reranker)
    odds = await reranker.rerank(question, ENCODED, found, INSTRUCTION)
    assert await requests_served(vllm_reranker) == before + 1
    alone = [
        (await reranker.score(question, [passage_text(one.passage.context, one.passage.text)], INSTRUCTION))[0]
        for one in found
    ]
    assert [1 / (1 + math.exp(-one)) for one in odds] == pytest.approx(alone, abs=TOLERANCE)
    assert sorted(odds, reverse=True) != odds


async def requests_served(server: RunningServer) -> float:
    async with httpx.AsyncClient(base_url=server.base_url, timeout=60) as http:
        metrics = (await http.get("/metrics")).raise_for_status().text
    lines = [line for line in metrics.splitlines() if line.startswith("http_requests_total{")]
    return sum(float(line.rsplit(" ", 1)[1]) for line in lines if "/v1/rerank" in line)


@pytest.mark.parametrize("script", SENTENCES)
async def test_a_long_passage_is_cut_at_a_token_and_the_template_stays_whole(
    vllm_reranker: RunningServer, reference: Reference, script: str
) -> None:
    limit = 300
    question, text = SENTENCES[script][0], numbered_sentences(script, 1000)
    client = client_of(vllm_reranker, passage_tokens=limit)
    try:
        (score,) = await client.score(question, [text], INSTRUCTION)
    finally:
        await client.close()
    cut = first_tokens(reference, text, limit)
    assert score == pytest.approx(reference.score(reference.pair_ids(INSTRUCTION, question, cut)), abs=TOLERANCE)


async def test_more_than_the_server_takes_is_cut_not_refused(vllm_reranker: RunningServer) -> None:
    longer_than_the_server = 30_000
    client = client_of(vllm_reranker, passage_tokens=longer_than_the_server)
    try:
        passage, question = numbered_sentences("Latin", 3000), numbered_sentences("Thai", 1500)
        scores = await client.score(question, [passage, "short", ""], INSTRUCTION)
    finally:
        await client.close()
    assert all(0 < score < 1 for score in scores)
    assert len(set(scores)) == 3


async def test_a_random_model_fails_the_self_test(reranker: VllmReranker) -> None:
    with pytest.raises(UpstreamError, match="failed its self-test"):
        await reranker.check()


async def test_the_desk_says_so_and_goes_on(
    vllm_reranker: RunningServer, small_desk: SmallDesk, tmp_path: Path
) -> None:
    settings = small_desk.copy(tmp_path / "desk").settings
    reranker = RerankerSettings(
        kind="vllm", base_url=vllm_reranker.base_url, model=vllm_reranker.model, template="qwen3", timeout_seconds=30
    )
    question = Question("How long does a refund take?")
    async with Service.open(settings) as service:
        plain = await service.assistant.answer(question)
    async with Service.open(settings.model_copy(update={"reranker": reranker})) as service:
        answer = await service.assistant.answer(question)
        states = await service.dependencies()
    assert answer.degraded == ("reranker",)
    assert answer.status == "answered"
    assert (answer.text, [one.path for one in answer.citations]) == (
        plain.text, [one.path for one in plain.citations],
    )  # fmt: skip
    assert not states["reranker"].ready
    assert "failed its self-test" in states["reranker"].detail


async def test_a_server_that_is_gone_is_an_upstream_error(vllm_reranker: RunningServer) -> None:
    client = VllmReranker("http://127.0.0.1:9", vllm_reranker.model, template="qwen3")
    with pytest.raises(UpstreamError, match=r"127\.0\.0\.1:9"):
        await asyncio.wait_for(client.score("what?", ["this"]), 30)
    await client.close()
