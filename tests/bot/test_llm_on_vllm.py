"""The client's protocol against a real vLLM, whose tiny random model writes fluent nonsense."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import aclosing

import pytest
import pytest_asyncio

from bot.llm import LanguageModel, Message
from retrieval.errors import UpstreamError, UpstreamRefused
from tests.vllm_server.server import RunningServer

ASKED = (Message("system", "Be brief."), Message("user", "How long does a refund take?"))
# The first request of all compiles, on a machine that others use, too.
SECONDS = 240.0


@pytest_asyncio.fixture
async def model(vllm_chat: RunningServer) -> AsyncIterator[LanguageModel]:
    model = LanguageModel(
        vllm_chat.base_url, vllm_chat.model, first_token_seconds=SECONDS, timeout_seconds=SECONDS, max_tokens=30
    )
    yield model
    await model.close()


async def streamed(model: LanguageModel) -> tuple[str, str]:
    """All that came, and the error that ended it."""
    pieces: list[str] = []
    error = ""
    try:
        async for piece in model.stream(ASKED):
            pieces.append(piece)  # noqa: PERF401 - what came before an error counts
    except UpstreamError as caught:
        error = str(caught)
    return "".join(pieces), error


async def test_a_text_is_streamed_and_its_longest_is_told(model: LanguageModel) -> None:
    text, error = await streamed(model)
    again, _ = await streamed(model)
    assert text
    assert text == again, "the temperature is 0"
    assert not error or "max_tokens" in error


async def test_the_probe_and_a_client_that_leaves_do_no_harm(model: LanguageModel) -> None:
    await model.probe()
    async with aclosing(model.stream(ASKED, max_tokens=4_000)) as pieces:
        async for _ in pieces:
            break
    text, _ = await streamed(model)
    assert text
    assert not model.trouble


async def test_a_model_that_is_not_there_is_named(vllm_chat: RunningServer) -> None:
    model = LanguageModel(vllm_chat.base_url, "another", first_token_seconds=SECONDS, timeout_seconds=SECONDS)
    with pytest.raises(UpstreamRefused, match="another") as caught:
        await model.complete(ASKED)
    await model.close()
    assert caught.value.status == 404
