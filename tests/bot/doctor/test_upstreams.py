"""What the doctor says of upstreams that work, and of each way in which they do not."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bot.config import LLM, AnswerSettings, RerankerSettings, Settings
from bot.doctor.upstreams import examine_upstreams
from tests.fakes.llm import FakeLLM, Reply
from tests.fakes.rerank import FakeReranker, Fault

GENERATED = AnswerSettings(kind="generated")


@pytest.fixture
def reranker() -> Iterator[FakeReranker]:
    with FakeReranker() as server:
        yield server


@pytest.fixture
def llm() -> Iterator[FakeLLM]:
    with FakeLLM("I am ready.") as server:
        yield server


def reranking(server: FakeReranker, *, timeout_seconds: float = 5) -> Settings:
    section = RerankerSettings(
        kind="vllm", base_url=server.base_url, model="Qwen/Qwen3-Reranker-4B", timeout_seconds=timeout_seconds
    )
    return Settings(reranker=section)


def writing(server: FakeLLM) -> Settings:
    section = LLM(base_url=server.base_url, model="scripted", first_token_seconds=1, timeout_seconds=2)
    return Settings(llm=section, answer=GENERATED)


async def said(settings: Settings) -> tuple[bool, str]:
    (finding,) = await examine_upstreams(settings)
    return finding.ok, finding.sentence


async def test_a_desk_without_upstreams_has_nothing_to_try() -> None:
    assert await examine_upstreams(Settings()) == []


async def test_a_reranker_passes_its_self_test_and_ranks_as_many_as_a_question_brings(reranker: FakeReranker) -> None:
    ok, sentence = await said(reranking(reranker))
    assert ok
    assert "Qwen/Qwen3-Reranker-4B" in sentence
    assert "passes its self-test; 50 passages take " in sentence
    assert max(len(body["documents"]) for body in reranker.reranks) == 50


@pytest.mark.parametrize(
    ("fault", "advice"),
    [
        (Fault(status=500), "See the server's log"),
        (Fault(status=401), "Set reranker.api_key"),
        (Fault(status=404), "Set reranker.base_url, without /v1"),
        (Fault(raw="<html>"), "Start it as docs/deploy.md says"),
    ],
)
async def test_a_reranker_that_fails(reranker: FakeReranker, fault: Fault, advice: str) -> None:
    reranker.fault = fault
    ok, sentence = await said(reranking(reranker))
    assert not ok
    assert reranker.base_url in sentence
    assert f"{advice}" in sentence
    assert sentence.endswith("; until then late interaction puts the passages in order.")


async def test_a_reranker_that_scores_all_alike(reranker: FakeReranker) -> None:
    reranker.model = lambda query, document: 0.5
    ok, sentence = await said(reranking(reranker))
    assert not ok
    assert "failed its self-test" in sentence


async def test_a_reranker_that_works_but_is_too_slow_for_the_desk(reranker: FakeReranker) -> None:
    reranker.fault = Fault(seconds=0.2)
    ok, sentence = await said(reranking(reranker, timeout_seconds=0.1))
    assert not ok
    assert "works, but 50 passages take " in sentence
    assert "reranker.timeout_seconds allows 0.1: raise it" in sentence


async def test_a_reranker_that_is_not_there(reranker: FakeReranker) -> None:
    settings = reranking(reranker)
    reranker.kill()
    ok, sentence = await said(settings)
    assert not ok
    assert settings.reranker.base_url in sentence
    assert "Start it as docs/deploy.md says" in sentence


async def test_a_reranker_that_is_set_up_by_half() -> None:
    ok, sentence = await said(Settings(reranker=RerankerSettings(kind="vllm", model="m")))
    assert not ok
    assert "reranker.base_url" in sentence


async def test_a_language_model_writes_a_sentence(llm: FakeLLM) -> None:
    ok, sentence = await said(writing(llm))
    assert ok
    assert "scripted" in sentence
    assert llm.base_url in sentence
    assert llm.requests[0]["stream"] is True


@pytest.mark.parametrize(
    ("reply", "advice"),
    [
        (Reply(status=500), "See the server's log"),
        (Reply(status=403), "Set llm.api_key"),
        (Reply(status=404), "llm.model to a name that the server knows"),
        (Reply("I am", ending="cut"), "Start it as docs/deploy.md says"),
        (Reply("", ending="whole"), "Start it as docs/deploy.md says"),
        (Reply("I am", ending="hang"), "raise the seconds in the section llm"),
    ],
)
async def test_a_language_model_that_fails(llm: FakeLLM, reply: Reply, advice: str) -> None:
    llm.script = reply
    ok, sentence = await said(writing(llm))
    assert not ok
    assert llm.base_url in sentence
    assert advice in sentence
    assert sentence.endswith("; until then answers are extracts.")


async def test_answers_that_need_a_language_model_that_nobody_set_up() -> None:
    ok, sentence = await said(Settings(answer=GENERATED))
    assert not ok
    assert "llm.base_url" in sentence


async def test_each_upstream_has_its_sentence(reranker: FakeReranker, llm: FakeLLM) -> None:
    reranker.fault = Fault(status=500)
    settings = reranking(reranker).model_copy(update={"llm": writing(llm).llm})
    assert [finding.ok for finding in await examine_upstreams(settings)] == [False, True]
