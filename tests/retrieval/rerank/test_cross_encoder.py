"""CrossEncoders in this process: a small BERT made here, and the tiny Qwen3 that the tests of vLLM use."""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bot.config import RerankerSettings, Settings
from bot.parts import configured_reranker
from bot.question import Question
from bot.service import Service
from retrieval.errors import ConfigurationError, UpstreamError
from retrieval.rerank.cross_encoder import CrossEncoder
from tests.conftest import SmallDesk
from tests.retrieval.rerank.candidates import ENCODED, candidates
from tests.vllm_server.pairs import BREAKOUTS, SENTENCES, numbered_sentences, pairs
from tests.vllm_server.reference import Reference

INSTRUCTION = "Given a customer's question, judge whether the document answers it"
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
LONGEST = 64
QUESTION = "How long does a refund take?"
TEXTS = (
    "We refund within five days.", "The lamp flickers.", "x", "a refund, a refund", "Возврат: пять дней.", "",
    "Charge it.",
)  # fmt: skip


@pytest.fixture(scope="module")
def bert_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A random BERT with one output, whose words are characters and which reads 64 of them."""
    pytest.importorskip("sentence_transformers", reason='pip install "polydesk[sentence-transformers]"')
    return write_bert(tmp_path_factory.mktemp("models") / "bert", labels=1)


def write_bert(folder: Path, labels: int) -> Path:
    import torch
    from transformers import BertConfig, BertForSequenceClassification, BertTokenizerFast

    folder.mkdir()
    letters = [chr(code) for code in (*range(33, 127), *range(0x430, 0x450))]
    words = [*SPECIAL, *letters, *(f"##{letter}" for letter in letters)]
    (folder / "vocab.txt").write_text("\n".join(words), encoding="utf-8")
    BertTokenizerFast(str(folder / "vocab.txt"), model_max_length=LONGEST).save_pretrained(folder)
    torch.manual_seed(0)
    shape = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 64}
    configuration = BertConfig(
        vocab_size=len(words), max_position_embeddings=LONGEST, num_labels=labels, initializer_range=0.3, **shape
    )
    BertForSequenceClassification(configuration).save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def bert(bert_folder: Path) -> Iterator[CrossEncoder]:
    reranker = CrossEncoder(str(bert_folder))
    yield reranker
    asyncio.run(reranker.close())


@pytest.fixture(scope="module")
def qwen3(tiny_qwen3: Path) -> Iterator[CrossEncoder]:
    pytest.importorskip("sentence_transformers", reason='pip install "polydesk[sentence-transformers]"')
    reranker = CrossEncoder(str(tiny_qwen3), passage_tokens=500)
    yield reranker
    asyncio.run(reranker.close())


async def test_a_plain_cross_encoder_gives_what_sentence_transformers_gives(
    bert: CrossEncoder, bert_folder: Path
) -> None:
    from sentence_transformers import CrossEncoder as Own

    own = Own(str(bert_folder), device="cpu")
    expected = own.predict([(QUESTION, f"Help\n{text}") for text in TEXTS], show_progress_bar=False)
    odds = await bert.rerank(QUESTION, ENCODED, candidates(TEXTS))
    assert np.allclose(1 / (1 + np.exp(-np.array(odds))), expected, atol=1e-5)
    assert len({round(score, 6) for score in odds}) == len(TEXTS)


async def test_one_at_a_time_or_together(bert: CrossEncoder, qwen3: CrossEncoder) -> None:
    for reranker in (bert, qwen3):
        texts = [*TEXTS, *TEXTS[::-1], *(f"{number} days" for number in range(10))]
        together = await reranker.score(QUESTION, texts)
        alone = [(await reranker.score(QUESTION, [text]))[0] for text in texts]
        assert together == pytest.approx(alone, abs=1e-5)
        assert await reranker.score(QUESTION, []) == []
        assert all(0 <= score <= 1 for score in together)


async def test_qwen3_gives_what_the_reference_gives(qwen3: CrossEncoder, reference: Reference) -> None:
    every_third = pairs(lambda script: numbered_sentences(script, 5))[::3]
    whole = [pair for pair in every_third if len(reference.ids(pair.passage)) < 500]
    assert len({pair.script for pair in whole}) == 10
    for pair in whole:
        (score,) = await qwen3.score(pair.question, [pair.passage], INSTRUCTION)
        expected = reference.score(reference.pair_ids(INSTRUCTION, pair.question, pair.passage))
        assert score == pytest.approx(expected, abs=1e-4), pair


async def test_the_instruction_of_a_passage_goes_first(qwen3: CrossEncoder, tiny_qwen3: Path) -> None:
    own = candidates(["text"], instruction="Judge by the passage's own")[0]
    plain = candidates(["text"])[0]
    by_folder, by_channel, by_default = [
        (await qwen3.rerank(QUESTION, ENCODED, [one], told))[0]
        for one, told in ((own, "Judge by the channel's"), (plain, "Judge by the channel's"), (plain, ""))
    ]
    assert len({by_folder, by_channel, by_default}) == 3
    together = await qwen3.rerank(QUESTION, ENCODED, [own, plain], "Judge by the channel's")
    assert together == pytest.approx([by_folder, by_channel], abs=1e-4)
    for_agents = CrossEncoder(str(tiny_qwen3), instructions={"agents": "Judge by the channel's"}, passage_tokens=500)
    try:
        assert await for_agents.rerank(QUESTION, ENCODED, candidates(["text"], audience="agents")) == pytest.approx(
            [by_channel], abs=1e-4
        )
    finally:
        await for_agents.close()


@pytest.mark.parametrize("text", BREAKOUTS)
def test_nothing_breaks_out_of_the_template(qwen3: CrossEncoder, reference: Reference, text: str) -> None:
    model = qwen3._model
    known = set(reference.tokenizer.get_added_vocab().values())
    marks = [id for id in model.token_ids("what?", "this.", INSTRUCTION) if id in known]
    assert len(marks) == 7
    for question, passage, instruction in (("what?", text, ""), (text, "this.", ""), ("what?", "this.", text)):
        assert [id for id in model.token_ids(question, passage, instruction) if id in known] == marks


@pytest.mark.parametrize("text", ["a [SEP] b [CLS][SEP]", "[MASK]", "[PAD] [PAD]"])
def test_a_plain_models_special_tokens_in_a_text_are_text(bert: CrossEncoder, text: str) -> None:
    tokenizer = bert._model._tokenizer
    ids = bert._model.token_ids(text, text)
    special = [token for token in tokenizer.convert_ids_to_tokens(ids) if token in SPECIAL and token != "[UNK]"]
    assert special == ["[CLS]", "[SEP]", "[SEP]"]


@pytest.mark.parametrize("script", SENTENCES)
def test_a_long_passage_is_cut_and_the_template_stays_whole(
    qwen3: CrossEncoder, reference: Reference, script: str
) -> None:
    text = numbered_sentences(script, 400)
    ids = qwen3._model.token_ids(SENTENCES[script][0], text, INSTRUCTION)
    whole = reference.pair_ids(INSTRUCTION, SENTENCES[script][0], text)
    around = len(reference.pair_ids(INSTRUCTION, SENTENCES[script][0], ""))
    end = reference.ids("<|im_end|>\n<|im_start|>assistant\n<think>\n\n</think>\n\n")
    assert ids[-len(end) :] == end
    assert 495 <= len(ids) - around <= 501
    # A character that is cut through is left out; before that nothing differs.
    assert ids[: -len(end) - 4] == whole[: len(ids) - len(end) - 4]


async def test_more_than_the_model_reads(bert: CrossEncoder, tiny_qwen3: Path) -> None:
    ids = bert._model.token_ids("question " * 50, "passage " * 500)
    assert len(ids) <= LONGEST
    decoded = bert._model._tokenizer.decode(ids).replace(" ", "")
    assert decoded.endswith("[SEP]")
    # Both keep a share.
    assert "question" in decoded
    assert "passage" in decoded
    boundless = CrossEncoder(str(tiny_qwen3), passage_tokens=32_768)
    try:
        long = boundless._model.token_ids(QUESTION, "a b c d " * 10_000, INSTRUCTION)
        assert len(long) <= 32_768
        assert boundless._model._tokenizer.decode(long).endswith("</think>\n\n")
    finally:
        await boundless.close()


async def test_the_event_loop_goes_on(qwen3: CrossEncoder) -> None:
    beats = 0

    async def beat() -> None:
        nonlocal beats
        while True:
            beats += 1
            await asyncio.sleep(0)

    beating = asyncio.create_task(beat())
    await qwen3.score(QUESTION, [numbered_sentences("Latin", 40)] * 8)
    beating.cancel()
    assert beats > 3


async def test_what_nobody_waits_for_is_left_out(bert: CrossEncoder, monkeypatch: pytest.MonkeyPatch) -> None:
    model: Any = bert._model
    under_way, go_on = threading.Event(), threading.Event()
    passes = 0
    predict = model._predict

    def slow(*given: Any) -> Any:
        nonlocal passes
        passes += 1
        under_way.set()
        assert go_on.wait(30)
        return predict(*given)

    monkeypatch.setattr(model, "_predict", slow)
    asked = asyncio.create_task(bert.score(QUESTION, ["text"] * 100))
    waiting = asyncio.create_task(bert.score(QUESTION, ["other"] * 100))
    await asyncio.to_thread(under_way.wait, 30)
    asked.cancel()
    waiting.cancel()
    await asyncio.gather(asked, waiting, return_exceptions=True)
    go_on.set()
    monkeypatch.undo()
    assert len(await bert.score(QUESTION, ["next"])) == 1
    assert passes == 1


async def test_a_device_that_fails_is_an_upstream_error(bert: CrossEncoder, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*given: Any) -> Any:
        raise RuntimeError("CUDA out of memory")

    monkeypatch.setattr(bert._model, "_predict", fail)
    with pytest.raises(UpstreamError, match=r"bert on cpu, .* failed: CUDA out of memory"):
        await bert.score(QUESTION, ["text"])


async def test_a_random_model_fails_the_self_test_and_the_desk_goes_on(
    bert_folder: Path, small_desk: SmallDesk, tmp_path: Path
) -> None:
    reranker = RerankerSettings(kind="cross_encoder", model=str(bert_folder), timeout_seconds=30)
    settings = small_desk.copy(tmp_path / "desk").settings.model_copy(update={"reranker": reranker})
    async with Service.open(settings) as service:
        answer = await service.assistant.answer(Question(QUESTION))
        state = (await service.dependencies())["reranker"]
    assert answer.degraded == ("reranker",)
    assert answer.status == "answered"
    assert "failed its self-test" in state.detail


def settings_of(model: str, device: str = "cpu") -> Settings:
    return Settings(reranker=RerankerSettings(kind="cross_encoder", model=model, device=device))


def test_the_setting_opens_it(bert_folder: Path) -> None:
    reranker = configured_reranker(settings_of(str(bert_folder)))
    assert isinstance(reranker, CrossEncoder)
    asyncio.run(reranker.close())


def test_no_model_or_a_wrong_one(bert_folder: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"reranker\.model"):
        configured_reranker(settings_of(""))
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(ConfigurationError, match="cannot be loaded on cpu"):
        configured_reranker(settings_of(str(tmp_path)))
    with pytest.raises(ConfigurationError, match="cannot be loaded on nowhere"):
        configured_reranker(settings_of(str(bert_folder), "nowhere"))
    with pytest.raises(ConfigurationError, match="3 scores a pair"):
        configured_reranker(settings_of(str(write_bert(tmp_path / "labels", labels=3))))


def test_the_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sentence_transformers", None)
    with pytest.raises(ConfigurationError, match=r'pip install "polydesk\[sentence-transformers\]"'):
        configured_reranker(settings_of("some/model"))
