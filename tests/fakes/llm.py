"""A scripted stand-in of an OpenAI-compatible server: real HTTP, streamed tokens at a given pace, and every failure.

    with FakeLLM("The frame has five years [1].") as llm:
        ...  # llm.base_url, llm.requests; llm.script = Reply(ending="hang") changes what comes next

It runs in threads of its own, so tests with and without an event loop may use it.
"""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Literal, Self, cast

Ending = Literal["whole", "cut", "hang"]
_TOKEN = re.compile(r"\s*(?:[A-Za-z]{1,5}|[^\sA-Za-z]{1,2})")


@dataclass(frozen=True, slots=True)
class Reply:
    """What the server does with one request.

    Attributes:
        text: what the model writes.
        tokens_per_second: 0 sends each token at once.
        first_token_seconds: silence before the first token.
        status: other than 200 answers with an error of that status.
        ending: "cut" drops the connection and "hang" falls silent after `text`, neither saying that it is finished.
        raw: sent in place of anything sensible, with status 200.
    """

    text: str = ""
    tokens_per_second: float = 0.0
    first_token_seconds: float = 0.0
    status: int = 200
    ending: Ending = "whole"
    raw: bytes | None = None


# One for all requests; one for each in turn, the last for all that follow; or what the request's body calls for.
Script = str | Reply | Sequence[str | Reply] | Callable[[Mapping[str, Any]], str | Reply]


class FakeLLM:
    """The server, as a context manager.

    Attributes:
        script: may be changed at any time.
        requests: the bodies of all chat requests so far.
        headers: their headers, names in lower case.
        disconnects: streams that the client left before their end.
    """

    def __init__(self, script: Script = "", model: str = "scripted") -> None:
        self.script = script
        self.model = model
        self.requests: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.disconnects = 0
        self.closing = threading.Event()
        self._lock = threading.Lock()
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.llm = self
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)

    @property
    def base_url(self) -> str:
        """Without /v1."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def reply(self, body: dict[str, Any], headers: dict[str, str]) -> Reply:
        """What the script has for a request, which is noted."""
        with self._lock:
            place = len(self.requests)
            self.requests.append(body)
            self.headers.append(headers)
        script = self.script
        if callable(script):
            found = script(body)
        elif isinstance(script, str | Reply):
            found = script
        else:
            found = script[min(place, len(script) - 1)]
        return Reply(found) if isinstance(found, str) else found


def prompt(body: Mapping[str, Any]) -> str:
    """All messages of a request as one text, for scripts that depend on it."""
    return "\n".join(str(message["content"]) for message in body["messages"])


def tokens(text: str) -> list[str]:
    """A text in pieces about as long as a model's tokens."""
    found = _TOKEN.findall(text)
    rest = text[sum(map(len, found)) :]
    return [*found, rest] if rest else found


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    llm: FakeLLM


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    @property
    def _llm(self) -> FakeLLM:
        return cast(_Server, self.server).llm

    def log_message(self, format: str, *arguments: Any) -> None:
        """Tests read what came from `requests`."""

    def do_GET(self) -> None:
        if self.path == "/v1/models":
            self._json(200, {"object": "list", "data": [{"id": self._llm.model, "object": "model"}]})
        else:
            self._json(404, {"error": {"message": f"no such path: {self.path}", "type": "NotFound", "code": 404}})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path != "/v1/chat/completions":
            self._json(404, {"error": {"message": f"no such path: {self.path}", "type": "NotFound", "code": 404}})
            return
        reply = self._llm.reply(body, {name.lower(): value for name, value in self.headers.items()})
        try:
            self._answer(body, reply)
        except ConnectionError:
            self._llm.disconnects += 1
            self.close_connection = True

    def _answer(self, body: Mapping[str, Any], reply: Reply) -> None:
        if reply.status != 200:
            self._json(reply.status, {"error": {"message": "scripted failure", "code": reply.status}})
        elif reply.raw is not None:
            self._bytes(200, reply.raw, "text/event-stream" if body.get("stream") else "application/json")
        elif body.get("stream"):
            self._stream(reply)
        else:
            self._whole(reply)

    def _whole(self, reply: Reply) -> None:
        pace = len(tokens(reply.text)) / reply.tokens_per_second if reply.tokens_per_second else 0.0
        self._sleep(reply.first_token_seconds + pace)
        if reply.ending == "hang":
            self._llm.closing.wait()
        if reply.ending != "whole":
            self.close_connection = True
            return
        message = {"role": "assistant", "content": reply.text}
        self._json(200, self._chunk("chat.completion", {"message": message, "finish_reason": "stop"}))

    def _stream(self, reply: Reply) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream; charset=utf-8")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self._event({"delta": {"role": "assistant", "content": ""}, "finish_reason": None})
        self._sleep(reply.first_token_seconds)
        # Against the clock, so that short sleeps that last too long do not add up.
        started = time.perf_counter()
        for place, token in enumerate(tokens(reply.text)):
            if reply.tokens_per_second:
                self._sleep(started + place / reply.tokens_per_second - time.perf_counter())
            self._event({"delta": {"content": token}, "finish_reason": None})
        if reply.ending == "hang":
            self._llm.closing.wait()
        if reply.ending != "whole":
            self.close_connection = True
            return
        self._event({"delta": {}, "finish_reason": "stop"})
        self._piece(b"data: [DONE]\n\n")
        self._piece(b"")

    def _sleep(self, seconds: float) -> None:
        if seconds > 0:
            self._llm.closing.wait(seconds)

    def _event(self, choice: Mapping[str, Any]) -> None:
        text = json.dumps(self._chunk("chat.completion.chunk", choice), ensure_ascii=False)
        self._piece(f"data: {text}\n\n".encode())

    def _chunk(self, kind: str, choice: Mapping[str, Any]) -> dict[str, Any]:
        return {
            "id": "chatcmpl-scripted",
            "object": kind,
            "created": 0,
            "model": self._llm.model,
            "choices": [{"index": 0, **choice}],
        }

    def _piece(self, data: bytes) -> None:
        self.wfile.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")
        self.wfile.flush()

    def _json(self, status: int, value: Any) -> None:
        self._bytes(status, json.dumps(value, ensure_ascii=False).encode(), "application/json")

    def _bytes(self, status: int, data: bytes, kind: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)
