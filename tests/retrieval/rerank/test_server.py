"""Which server it is, whichever it is."""

from __future__ import annotations

import pytest

from retrieval.errors import UpstreamError, UpstreamRefused
from retrieval.rerank.server import Server, recognise
from retrieval.upstream import Upstream
from tests.fakes.rerank import FakeReranker, Fault, Kind, Templates


async def recognised(server: FakeReranker) -> Server:
    upstream = Upstream("reranker", server.base_url, timeout_seconds=20)
    try:
        return await recognise(upstream, "model")
    finally:
        await upstream.close()


@pytest.mark.parametrize(
    ("kind", "templates", "expected"),
    [
        ("vllm", "client", Server("/v1/rerank", templates=False, longest=8_192, counts=True)),
        ("vllm", "nobody", Server("/v1/rerank", templates=False, longest=8_192, counts=True)),
        ("vllm", "server", Server("/v1/rerank", templates=True, longest=8_192, counts=True)),
        ("cohere", "nobody", Server("/v1/rerank")),
        ("tei", "nobody", Server("/rerank", most=32)),
    ],
)
async def test_each_kind_is_recognised(kind: Kind, templates: Templates, expected: Server) -> None:
    with FakeReranker(kind, templates) as server:
        assert await recognised(server) == expected


async def test_what_is_no_rerank_server_says_what_it_said() -> None:
    with FakeReranker() as server:
        server.fault = Fault(status=404)
        with pytest.raises(UpstreamRefused, match="/v1/rerank failed: it answers with status 404: scripted"):
            await recognised(server)


@pytest.mark.parametrize("status", [401, 500, 503])
async def test_trouble_is_not_taken_for_an_answer(status: int) -> None:
    with FakeReranker() as server:
        server.fault = Fault(status=status)
        with pytest.raises(UpstreamRefused, match=f"status {status}"):
            await recognised(server)
        assert {path for path, _ in server.requests} == {"/tokenize"}


async def test_nobody_there_is_an_error() -> None:
    server = FakeReranker()
    server.start()
    server.kill()
    with pytest.raises(UpstreamError, match="failed"):
        await recognised(server)
