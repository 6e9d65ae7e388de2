"""The upstream client against a real HTTP server that does what the test says."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import pytest_asyncio

from retrieval.errors import UpstreamError, UpstreamRefused, UpstreamTimeout
from retrieval.upstream import MAX_EVENT_BYTES, MAX_REPLY_BYTES, Upstream

Respond = Callable[["Handler"], None]
KEY = "a-secret-key"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        self.body = self.rfile.read(int(self.headers["Content-Length"]))
        server: Any = self.server
        server.asked.append(self)
        respond: Respond = server.responses[min(len(server.asked), len(server.responses)) - 1]
        try:
            respond(self)
        except OSError:
            self.close_connection = True

    def send(self, content: bytes, status: int = 200) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *arguments: object) -> None:
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.responses: list[Respond] = [lambda handler: handler.send(b'{"fine": true}')]
        self.asked: list[Handler] = []
        self.closing = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def hang(self, handler: Handler) -> None:
        self.closing.wait()


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield server
    server.closing.set()
    server.shutdown()
    server.server_close()
    thread.join()


@pytest_asyncio.fixture
async def upstream(server: Server) -> AsyncIterator[Upstream]:
    upstream = Upstream("reranker", server.url, api_key=KEY, timeout_seconds=20)
    yield upstream
    await upstream.close()


def refusing(status: int, content: bytes = b"") -> Respond:
    return lambda handler: handler.send(content, status)


def cut_off(handler: Handler) -> None:
    handler.connection.shutdown(socket.SHUT_RDWR)


def events(*chunks: bytes) -> Respond:
    """Sends the chunks one by one, then ends the reply."""

    def respond(handler: Handler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Type", "text/event-stream")
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        for chunk in (*chunks, b""):
            handler.wfile.write(b"%x\r\n%s\r\n" % (len(chunk), chunk))
            time.sleep(0.01)

    return respond


async def test_json_goes_there_and_back(server: Server, upstream: Upstream) -> None:
    assert await upstream.post("/v1/rerank", {"query": "où ça ?"}) == {"fine": True}
    (asked,) = server.asked
    assert asked.path == "/v1/rerank"
    assert json.loads(asked.body) == {"query": "où ça ?"}
    assert asked.headers["Authorization"] == f"Bearer {KEY}"
    assert asked.headers["Content-Type"] == "application/json"


async def test_without_a_key_none_is_sent(server: Server) -> None:
    upstream = Upstream("reranker", server.url)
    await upstream.post("/v1/rerank", {})
    assert "Authorization" not in server.asked[0].headers
    await upstream.close()


@pytest.mark.parametrize("trouble", [refusing(429), refusing(502), refusing(503), cut_off])
async def test_a_moment_of_trouble_is_waited_out(server: Server, upstream: Upstream, trouble: Respond) -> None:
    server.responses = [trouble, trouble, *server.responses]
    assert await upstream.post("/v1/rerank", {}) == {"fine": True}
    assert len(server.asked) == 3


@pytest.mark.parametrize("status", [400, 401, 404, 500, 307])
async def test_a_refusal_is_final(server: Server, upstream: Upstream, status: int) -> None:
    server.responses = [refusing(status, b'{"error": {"message": "There is no\\n such model."}}')]
    with pytest.raises(UpstreamRefused) as caught:
        await upstream.post("/v1/rerank", {})
    assert caught.value.status == status
    assert str(caught.value) == (
        f"The reranker at {server.url}/v1/rerank failed: it answers with status {status}: There is no such model."
    )
    assert len(server.asked) == 1


async def test_a_refusal_does_not_repeat_the_request(server: Server, upstream: Upstream) -> None:
    """Validators put what they were sent behind their message, and that would be written into logs."""
    server.responses = [
        refusing(400, json.dumps({"message": "bad {'type': 'x', 'input': 'my private words'}"}).encode())
    ]
    with pytest.raises(UpstreamRefused) as caught:
        await upstream.post("/v1/rerank", {})
    assert "private" not in str(caught.value)


async def test_trouble_that_stays_is_an_error(server: Server, upstream: Upstream) -> None:
    server.responses = [refusing(503)]
    with pytest.raises(UpstreamRefused, match="status 503"):
        await upstream.post("/v1/rerank", {})
    assert len(server.asked) == 3


async def test_nobody_there_is_an_error_without_secrets(server: Server) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    upstream = Upstream("reranker", f"http://user:password@{address}", timeout_seconds=20)
    with pytest.raises(UpstreamError) as caught:
        await upstream.post("/v1/rerank", {})
    assert str(caught.value).startswith(f"The reranker at http://{address}/v1/rerank failed: ")
    assert "password" not in str(caught.value)
    assert not isinstance(caught.value, UpstreamTimeout)
    await upstream.close()


@pytest.mark.parametrize("content", [b"", b"<html>", b'{"half": ', b"\xff\xfe", b"[" * 200_000])
async def test_what_is_no_json_is_an_error(server: Server, upstream: Upstream, content: bytes) -> None:
    server.responses = [lambda handler: handler.send(content)]
    with pytest.raises(UpstreamError, match="no JSON"):
        await upstream.post("/v1/rerank", {})


async def test_an_endless_reply_is_not_read_to_its_end(server: Server, upstream: Upstream) -> None:
    def endless(handler: Handler) -> None:
        handler.send_response(200)
        handler.end_headers()
        while not server.closing.is_set():
            handler.wfile.write(b" " * 1_000_000)

    server.responses = [endless]
    with pytest.raises(UpstreamError, match=f"longer than {MAX_REPLY_BYTES}"):
        await upstream.post("/v1/rerank", {}, timeout_seconds=60)


def slow_body(handler: Handler) -> None:
    """Never silent for long, and never done."""
    handler.send_response(200)
    handler.send_header("Content-Length", "100000")
    handler.end_headers()
    for _ in range(10_000):
        handler.wfile.write(b" ")
        time.sleep(0.01)


@pytest.mark.parametrize("respond", ["hang", "slow_body"])
async def test_the_deadline_holds_for_the_whole_call(server: Server, upstream: Upstream, respond: str) -> None:
    server.responses = [server.hang if respond == "hang" else slow_body]
    with pytest.raises(UpstreamTimeout, match="did not answer in time"):
        await upstream.post("/v1/rerank", {}, timeout_seconds=0.2)


async def test_tries_and_pauses_do_not_move_the_deadline(server: Server) -> None:
    upstream = Upstream("reranker", server.url, timeout_seconds=0.5, retries=1_000)
    server.responses = [refusing(503)]
    with pytest.raises(UpstreamRefused, match="status 503"):
        await upstream.post("/v1/rerank", {})
    assert len(server.asked) < 20
    await upstream.close()


async def test_events_come_one_by_one(server: Server, upstream: Upstream) -> None:
    server.responses = [
        events(
            b': comment\n\ndata: {"a":',
            b" 1}\n\ndata: one\r\ndata: two\r\n\r\n",
            "data: \u2028 ü\n\n".encode(),
            b"id: 7\n\n",
        )
    ]
    async with upstream.stream("/v1/chat/completions", {}) as found:
        assert [event async for event in found] == ['{"a": 1}', "one\ntwo", "\u2028 ü"]


@pytest.mark.parametrize("piece", [b"x" * 64_000, b"data: x\n" * 8_000, b"data:\n" * 8_000])
async def test_an_endless_event_is_not_read_to_its_end(server: Server, upstream: Upstream, piece: bytes) -> None:
    def endless(handler: Handler) -> None:
        handler.send_response(200)
        handler.end_headers()
        handler.wfile.write(b"data: ")
        while not server.closing.is_set():
            handler.wfile.write(piece)

    server.responses = [endless]
    async with upstream.stream("/x", {}, timeout_seconds=60) as stream:
        with pytest.raises(UpstreamError, match=f"longer than {MAX_EVENT_BYTES}"):
            await anext(stream)


async def test_a_stream_that_falls_silent_ends_in_time(server: Server, upstream: Upstream) -> None:
    def falls_silent(handler: Handler) -> None:
        handler.send_response(200)
        handler.end_headers()
        handler.wfile.write(b"data: one\n\n")
        server.closing.wait()

    server.responses = [falls_silent]
    async with upstream.stream("/x", {}, first_seconds=10, timeout_seconds=0.5) as stream:
        assert await anext(stream) == "one"
        with pytest.raises(UpstreamTimeout):
            await anext(stream)


async def test_the_first_event_has_a_deadline_of_its_own(server: Server, upstream: Upstream) -> None:
    server.responses = [server.hang]
    with pytest.raises(UpstreamTimeout):
        async with upstream.stream("/x", {}, first_seconds=0.1):
            pytest.fail("there was no event")


async def test_leaving_a_stream_hangs_up(server: Server, upstream: Upstream) -> None:
    noticed = threading.Event()

    def endless(handler: Handler) -> None:
        handler.send_response(200)
        handler.end_headers()
        try:
            while True:
                handler.wfile.write(b"data: more\n\n")
                time.sleep(0.005)
        except OSError:
            noticed.set()
            raise

    server.responses = [endless]
    async with upstream.stream("/x", {}) as stream:
        assert await anext(stream) == "more"
    assert await asyncio.to_thread(noticed.wait, 20)


async def test_a_stream_that_is_refused_says_so(server: Server, upstream: Upstream) -> None:
    server.responses = [refusing(401, b'{"detail": "no key"}')]
    with pytest.raises(UpstreamRefused, match="status 401: no key"):
        async with upstream.stream("/x", {}):
            pytest.fail("it was refused")
