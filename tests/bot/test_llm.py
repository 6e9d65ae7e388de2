"""The client of a language model against a scripted server: what it passes on, and how long it waits."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import aclosing, asynccontextmanager
from typing import Any

import pytest

from bot.llm import LanguageModel, Message
from retrieval.errors import UpstreamError, UpstreamTimeout
from tests.fakes.llm import FakeLLM, Reply

ASKED = (Message("system", "Be brief."), Message("user", "How long does a refund take?"))
TEXT = "Five working days [1]. The money goes back the way it came [2]."


@asynccontextmanager
async def opened(llm: FakeLLM, **settings: Any) -> AsyncIterator[LanguageModel]:
    model = LanguageModel(llm.base_url, "scripted", **{"probe_seconds": 0.05, **settings})
    try:
        yield model
    finally:
        await model.close()


async def read(model: LanguageModel, pieces: list[str] | None = None) -> str:
    pieces = [] if pieces is None else pieces
    async for piece in model.stream(ASKED):
        pieces.append(piece)
    return "".join(pieces)


def event(**delta: Any) -> bytes:
    choice = {"index": 0, "delta": delta, "finish_reason": None}
    return f"data: {json.dumps({'choices': [choice]})}\n\n".encode()


async def test_a_text_arrives_in_pieces_and_whole() -> None:
    with FakeLLM(TEXT) as llm:
        async with opened(llm, api_key="secret", max_tokens=90) as model:
            pieces: list[str] = []
            assert await read(model, pieces) == TEXT
            assert len(pieces) > 10
            assert await model.complete(ASKED, max_tokens=30) == TEXT
    first, second = llm.requests
    assert first["messages"][0] == {"role": "system", "content": "Be brief."}
    assert (first["model"], first["temperature"], first["max_tokens"], first["stream"]) == ("scripted", 0, 90, True)
    assert first["chat_template_kwargs"] == {"enable_thinking": False}
    assert second["max_tokens"] == 30
    assert llm.headers[0]["authorization"] == "Bearer secret"


async def test_the_first_token_may_have_all_the_time_there_is() -> None:
    with FakeLLM(TEXT) as llm:
        async with opened(llm, first_token_seconds=30, timeout_seconds=20) as model:
            assert await read(model) == TEXT


async def test_reasoning_is_left_out_in_both_ways_of_sending_it() -> None:
    raw = event(role="assistant") + event(reasoning="Hm.") + event(reasoning_content="Hm.") + event(content="Yes [1].")
    with FakeLLM(["<think>They ask.</think>\n" + TEXT, Reply(raw=raw + b"data: [DONE]\n\n")]) as llm:
        async with opened(llm) as model:
            assert await read(model) == TEXT
            assert await read(model) == "Yes [1]."


async def test_reasoning_that_cannot_be_told_from_the_answer_is_an_error_in_a_stream_and_cut_from_a_whole() -> None:
    with FakeLLM("They ask about refunds.</think>" + TEXT) as llm:
        async with opened(llm) as model:
            with pytest.raises(UpstreamError, match="reasoning parser"):
                await read(model)
            assert await model.complete(ASKED) == TEXT


async def test_a_server_that_does_not_know_the_switch_is_asked_without_it_from_then_on() -> None:
    def strict(body: Mapping[str, Any]) -> Reply:
        return Reply(status=400) if "chat_template_kwargs" in body else Reply(TEXT)

    with FakeLLM(strict) as llm:
        async with opened(llm) as model:
            assert await read(model) == TEXT
            assert await read(model) == TEXT
    assert ["chat_template_kwargs" in body for body in llm.requests] == [True, False, False]


@pytest.mark.parametrize(
    ("reply", "cause"),
    [
        (Reply(status=500), "status 500: scripted failure"),
        (Reply(status=404), "status 404"),
        (Reply(TEXT, ending="cut"), "."),
        (Reply(raw=event(content="Five working")), "broke off"),
        (Reply(raw=b"data: [DONE]\n\n"), "empty"),
        (Reply(raw=b"<html>a proxy's page</html>"), "broke off"),
        (Reply(raw=b"data: <html>\n\n"), "no JSON"),
        (Reply(raw=b'data: {"object": "nothing"}\n\n'), "no chat completion"),
        (Reply(raw=b'data: {"error": {"message": "?", "type": "OutOfMemory", "code": 500}}\n\n'), "(OutOfMemory, 500)"),
        (Reply(raw=b'data: {"error": "?"}\n\n'), "reports an error."),
        (Reply(raw=b"data: " + b"[" * 100_000 + b"\n\n"), "no JSON"),
        (Reply(raw=b'data: {"choices": [{"delta": {"content": "Yes"}, "finish_reason": "length"}]}\n\n'), "max_tokens"),
    ],
)
async def test_each_failure_is_a_sentence_with_the_address(reply: Reply, cause: str) -> None:
    with FakeLLM(reply) as llm:
        async with opened(llm) as model:
            with pytest.raises(UpstreamError) as caught:
                await read(model)
    assert llm.base_url in str(caught.value)
    assert cause in str(caught.value)


async def test_what_a_server_says_of_its_error_is_not_passed_on_as_it_may_repeat_the_question() -> None:
    error = {"message": "cannot read: my secret", "type": "my secret", "code": "my secret"}
    with FakeLLM(Reply(raw=f"data: {json.dumps({'error': error})}\n\n".encode())) as llm:
        async with opened(llm) as model:
            with pytest.raises(UpstreamError, match="reports an error\\.") as caught:
                await read(model)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("pieces", "text"),
    [
        (["Fine \ud83d\ude00 [1]."], "Fine 😀 [1]."),
        (["Fine \ud83d", "\ude00 [1]."], "Fine 😀 [1]."),
        (["Fine \ud83d", "", " [1]."], "Fine \ufffd [1]."),
        (["Fine \ude00\ud83d", "\ud83d\ude00 [1]."], "Fine \ufffd\ufffd😀 [1]."),
        (["Fine [1]. \ud83d"], "Fine [1]. \ufffd"),
    ],
)
async def test_halves_of_characters_are_joined_or_replaced(pieces: list[str], text: str) -> None:
    raw = b"".join(event(content=piece) for piece in pieces) + b"data: [DONE]\n\n"
    with FakeLLM(Reply(raw=raw)) as llm:
        async with opened(llm) as model:
            assert await read(model) == text
            assert await model.complete(ASKED) == text


async def test_a_text_far_beyond_its_limit_is_not_read_to_its_end() -> None:
    with FakeLLM(Reply("words " * 100_000, ending="hang")) as llm:
        async with opened(llm, timeout_seconds=60, first_token_seconds=60, max_tokens=10) as model:
            pieces: list[str] = []
            with pytest.raises(UpstreamError, match="far longer than 10 tokens"):
                await read(model, pieces)
            assert 100 < len("".join(pieces)) <= 200
            with pytest.raises(UpstreamError, match="far longer than 30 tokens"):
                await model.complete(ASKED, max_tokens=30)


async def test_what_came_before_a_stream_broke_off_stands() -> None:
    with FakeLLM(Reply(TEXT, ending="cut")) as llm:
        async with opened(llm) as model:
            pieces: list[str] = []
            with pytest.raises(UpstreamError):
                await read(model, pieces)
            assert "".join(pieces) == TEXT


@pytest.mark.parametrize("reply", [Reply(TEXT, first_token_seconds=20), Reply("", ending="hang")])
async def test_a_silent_server_is_waited_for_once(reply: Reply) -> None:
    """It greets at once with an empty event, as servers do; that is no token."""
    with FakeLLM(reply) as llm:
        async with opened(llm, first_token_seconds=0.5, timeout_seconds=60, probe_seconds=60) as model:
            with pytest.raises(UpstreamTimeout, match="wrote nothing within"):
                await read(model)
            assert "within 0.5 seconds" in model.trouble
            with pytest.raises(UpstreamError, match="wrote nothing within"):
                await read(model)
            with pytest.raises(UpstreamError, match="wrote nothing within"):
                await model.complete(ASKED)
    assert len(llm.requests) == 1


async def test_a_server_that_was_given_less_than_its_time_is_asked_again() -> None:
    with FakeLLM(Reply("", ending="hang")) as llm:
        async with opened(llm, first_token_seconds=60, timeout_seconds=60, probe_seconds=60) as model:
            for _ in range(4):
                with pytest.raises(UpstreamError, match="wrote nothing within"):
                    await model.complete(ASKED, timeout_seconds=0.5)
            assert model.trouble
    assert len(llm.requests) == 3


async def test_a_stream_that_falls_silent_ends_at_the_deadline_and_the_server_is_asked_again() -> None:
    with FakeLLM([Reply(TEXT, ending="hang"), Reply(TEXT)]) as llm:
        async with opened(llm, first_token_seconds=0.4, timeout_seconds=0.5) as model:
            pieces: list[str] = []
            with pytest.raises(UpstreamTimeout, match=r"was still writing after 0\.5 seconds"):
                await read(model, pieces)
            assert "".join(pieces) == TEXT
            assert await read(model) == TEXT


async def test_a_dead_server_is_left_alone_and_comes_back_by_itself() -> None:
    with FakeLLM(Reply(status=500)) as llm:
        closed = asyncio.Event()
        async with opened(llm, changed=lambda state, _: closed.set() if state == "closed" else None) as model:
            for _ in range(20):
                with pytest.raises(UpstreamError, match="status 500"):
                    await read(model)
            assert len(llm.requests) == 3
            llm.script = TEXT
            async with asyncio.timeout(10):
                await closed.wait()
            assert await read(model) == TEXT
            assert not model.trouble


@pytest.mark.parametrize(
    "alive",
    [
        event(role="assistant", content="") + event(reasoning_content="They"),
        event(role="assistant", content="") + event(reasoning="They"),
        b'data: {"choices": [{"delta": {"content": ""}, "finish_reason": "length"}]}\n\n',
    ],
)
async def test_a_server_whose_one_token_is_reasoning_is_back(alive: bytes) -> None:
    with FakeLLM(Reply(raw=b"data: " + b"[" * 100_000 + b"\n\n")) as llm:
        closed = asyncio.Event()
        async with opened(llm, changed=lambda state, _: closed.set() if state == "closed" else None) as model:
            for _ in range(3):
                with pytest.raises(UpstreamError):
                    await read(model)
            assert model.trouble
            asked = len(llm.requests)
            llm.script = Reply(raw=alive + b"data: [DONE]\n\n")
            async with asyncio.timeout(10):
                await closed.wait()
    assert llm.requests[asked]["max_tokens"] == 1


@pytest.mark.parametrize("dead", [event(role="assistant", content=""), b'data: {"choices": []}\n\n'])
async def test_a_server_that_only_greets_does_not_write(dead: bytes) -> None:
    with FakeLLM(Reply(raw=dead + b"data: [DONE]\n\n")) as llm:
        async with opened(llm) as model:
            with pytest.raises(UpstreamError, match="empty"):
                await model.probe()


async def test_leaving_a_stream_hangs_up() -> None:
    with FakeLLM(Reply(TEXT * 200, tokens_per_second=100)) as llm:
        async with opened(llm, timeout_seconds=60) as model:
            async with aclosing(model.stream(ASKED)) as pieces:
                async for _ in pieces:
                    break
            async with asyncio.timeout(10):
                while not llm.disconnects:  # noqa: ASYNC110 - the server runs in threads
                    await asyncio.sleep(0.01)
            assert not model.trouble
