"""Cutting texts at tokens that a server counts."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio

from retrieval.errors import UpstreamError
from retrieval.rerank.truncation import Truncation
from retrieval.upstream import Upstream
from tests.fakes.rerank import FakeReranker, Fault, split_tokens

TEXTS = ("word " * 300, "Straße " * 200, "語言模型" * 100, "🙂" * 200, "กขค" * 150, "a", "")


@pytest.fixture
def server() -> Iterator[FakeReranker]:
    with FakeReranker() as server:
        yield server


@pytest_asyncio.fixture
async def truncation(server: FakeReranker) -> AsyncIterator[Truncation]:
    upstream = Upstream("reranker", server.base_url, timeout_seconds=20)
    yield Truncation(upstream, "model")
    await upstream.close()


@pytest.mark.parametrize("limit", [1, 7, 64, 100])
async def test_what_is_left_are_the_first_tokens(truncation: Truncation, limit: int) -> None:
    for text, cut in zip(TEXTS, await truncation.cut(TEXTS, limit), strict=True):
        assert text.startswith(cut)
        first = b"".join(split_tokens(text)[:limit])
        # A character whose bytes are parted between two tokens goes whole.
        assert cut == first.decode(errors="ignore")
        assert 0 <= len(first) - len(cut.encode()) <= 3


async def test_what_cannot_be_too_long_is_not_asked_about(server: FakeReranker, truncation: Truncation) -> None:
    texts = ["x" * 100, "é" * 50, ""]
    assert await truncation.cut(texts, 100) == texts
    assert server.requests == []
    await truncation.cut(["é" * 51], 100)
    assert len(server.requests) == 1


async def test_a_text_is_asked_about_once(server: FakeReranker, truncation: Truncation) -> None:
    first = await truncation.cut(TEXTS, 64)
    asked = len(server.requests)
    assert asked == 5
    assert await truncation.cut(TEXTS, 64) == first
    assert len(server.requests) == asked


async def test_tokens_are_counted(truncation: Truncation) -> None:
    assert await truncation.count("Straße 語") == len(split_tokens("Straße 語"))


@pytest.mark.parametrize(
    "raw", ["{}", "[]", '{"token_strs": null}', '{"token_strs": ["\u2581word"]}', '{"token_strs": [1, 2]}']
)
async def test_a_server_that_does_not_count_in_bytes_is_no_help(
    server: FakeReranker, truncation: Truncation, raw: str
) -> None:
    server.fault = Fault(raw=raw)
    with pytest.raises(UpstreamError, match="tokens made of bytes"):
        await truncation.cut(["word " * 100], 10)
