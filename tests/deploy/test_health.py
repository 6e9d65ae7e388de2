"""The health check of the vLLM containers, against servers that work and servers that do not."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from deploy.vllm.health import main
from tests.fakes.llm import FakeLLM, Reply

GOOD = [{"index": 1, "relevance_score": 0.02}, {"index": 0, "relevance_score": 0.98}]


@contextmanager
def rerank_server(reply: Any, status: int = 200, key: str = "") -> Iterator[str]:
    """Answers /v1/models, and /v1/rerank with the reply, where the key is right."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._send({"data": [{"id": "reranker"}]}, 200)

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            assert (body["model"], len(body["documents"])) == ("reranker", 2)
            self._send(reply, status)

        def _send(self, value: Any, status: int) -> None:
            allowed = not key or self.headers["Authorization"] == f"Bearer {key}"
            content = value if isinstance(value, bytes) else json.dumps(value).encode()
            self.send_response(status if allowed else 401)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_a_reranker_that_scores_is_healthy() -> None:
    with rerank_server({"results": GOOD}) as url:
        assert main(["rerank", url], "") == 0


@pytest.mark.parametrize(
    ("reply", "status"),
    [
        ({"error": "out of memory"}, 500),
        (b"<html>", 200),
        ({"results": GOOD[:1]}, 200),
        ({"results": [{"index": 0, "relevance_score": float("nan")}, GOOD[0]]}, 200),
        ({"results": [{"index": 0, "relevance_score": 3.2}, GOOD[0]]}, 200),
        ({"scores": [0.5, 0.5]}, 200),
        ([], 200),
    ],
)
def test_a_reranker_that_does_not_is_not(reply: Any, status: int, capsys: pytest.CaptureFixture[str]) -> None:
    with rerank_server(reply, status) as url:
        assert main(["rerank", url], "") == 1
    assert capsys.readouterr().err.count("\n") == 1


def test_the_key_is_sent() -> None:
    with rerank_server({"results": GOOD}, key="k-1") as url:
        assert main(["rerank", url], "k-1") == 0
        assert main(["rerank", url], "") == 1


def test_a_language_model_that_writes_is_healthy() -> None:
    with FakeLLM("yes") as llm:
        assert main(["chat", llm.base_url], "") == 0
        assert llm.requests[0]["max_tokens"] == 1


@pytest.mark.parametrize("reply", [Reply(status=500), Reply(raw=b"{}"), Reply(raw=b"not json")])
def test_a_language_model_that_does_not_is_not(reply: Reply, capsys: pytest.CaptureFixture[str]) -> None:
    with FakeLLM(reply) as llm:
        assert main(["chat", llm.base_url], "") == 1
    assert capsys.readouterr().err


def test_a_server_that_is_not_there_is_not_healthy(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rerank", "http://127.0.0.1:1"], "") == 1
    assert "ConnectionRefusedError" in capsys.readouterr().err
