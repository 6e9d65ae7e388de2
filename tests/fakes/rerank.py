"""A scripted stand-in of a rerank server: real HTTP, scores that depend on the prompt as a model's do, every failure.

    with FakeReranker() as server:
        ...  # server.base_url, server.requests; server.fault = Fault(hang=True) changes what comes next

It reads the prompt as strictly as a model does: what is not exactly the template around a pair is scored at random.
``python -m tests.fakes.rerank PORT`` runs one on its own; ``POST /fault`` with a fault's fields changes it.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
import socket
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Literal, Self, cast

from retrieval.rerank.canaries import CANARIES, DOCUMENTS

# vllm: with /tokenize and usage. cohere: neither, at /v1/rerank. tei: a plain list, at /rerank.
Kind = Literal["vllm", "cohere", "tei"]
# Who has to put the template around a pair: nobody (a cross-encoder), the client, or the server itself.
Templates = Literal["nobody", "client", "server"]
Model = Callable[[str, str], float]

_SYSTEM = (
    "Judge whether the Document meets the requirements based on the Query and the Instruct provided. "
    'Note that the answer can only be "yes" or "no".'
)
_PROMPT = re.compile(
    r"<\|im_start\|>system\n"
    + re.escape(_SYSTEM)
    + r"<\|im_end\|>\n<\|im_start\|>user\n<Instruct>: (?P<instruction>.*?)"
    r"\n<Query>: (?P<query>.*?)\n<Document>: (?P<document>.*?)"
    r"<\|im_end\|>\n<\|im_start\|>assistant\n<think>\n\n</think>\n\n",
    re.DOTALL,
)
_SPECIAL = re.compile(r"<\|\w+\|>|</?think>")
_PIECE = re.compile(rb"<\|\w+\|>|</?think>| ?[a-zA-Z]{1,5}|[^a-zA-Z]{1,3}", re.DOTALL)
_TEMPLATE_TOKENS = 70


@dataclass(frozen=True, slots=True)
class Fault:
    """What goes wrong with each request.

    Attributes:
        status: other than 200 answers with an error of that status.
        raw: sent in place of anything sensible, with status 200.
        seconds: silence before the reply.
        hang: no reply at all, until the fault is gone.
    """

    status: int = 200
    raw: str = ""
    seconds: float = 0.0
    hang: bool = False


def by_shared_words(query: str, document: str) -> float:
    """The share of a question's words that a passage holds; of the canaries, the truth."""
    for canary in CANARIES:
        if query == canary.question:
            return 0.98 if document in {DOCUMENTS[place] for place in canary.answers} else 0.01
    asked = set(re.findall(r"\w+", query.lower()))
    shared = asked & set(re.findall(r"\w+", document.lower()))
    return 0.02 + 0.96 * len(shared) / max(1, len(asked))


def at_random(query: str, document: str) -> float:
    """What a model says of a prompt that makes no sense to it: always the same, and nothing."""
    digest = hashlib.blake2b(f"{query}\0{document}".encode("utf-8", "replace"), digest_size=4).digest()
    return int.from_bytes(digest) / 2**32


def split_tokens(text: str) -> list[bytes]:
    """A text's tokens, each some bytes of it; not those of any real model."""
    return _PIECE.findall(text.encode())


class FakeReranker:
    """The server, as a context manager. Its attributes may be changed at any time.

    Attributes:
        fault: what goes wrong now.
        most: documents in a request; more are refused, as text-embeddings-inference does.
        strict: whether special tokens where none belong make it score at random, when the template is not the client's.
        model: the probability that a passage answers a question.
        requests: path and body of all requests so far.
        headers: their headers, names in lower case.
        prompts: the pairs it understood, as instruction, question and passage.
    """

    def __init__(
        self, kind: Kind = "vllm", templates: Templates = "client", model: Model = by_shared_words, longest: int = 8_192
    ) -> None:
        self.kind, self.templates, self.model, self.longest = kind, templates, model, longest
        self.fault = Fault()
        self.most = 32 if kind == "tei" else 1_000
        self.strict = True
        self.requests: list[tuple[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.prompts: list[tuple[str, str, str]] = []
        self.lock = threading.Lock()
        self.connections: set[socket.socket] = set()
        self._port = 0
        self._running: tuple[_Server, threading.Thread] | None = None

    @property
    def base_url(self) -> str:
        """Without /v1."""
        return f"http://127.0.0.1:{self._port}"

    @property
    def reranks(self) -> list[Any]:
        """The bodies of the requests for scores but those of self-tests and the first look at the server."""
        tested = {"a", *(canary.question for canary in CANARIES)}
        bodies = [body for path, body in self.requests if path.endswith("/rerank")]
        return [body for body in bodies if not any(_asked(body["query"], one) for one in tested)]

    def start(self, port: int = 0) -> None:
        """Listens; after `kill` at the same port as before."""
        server = _Server(("127.0.0.1", port or self._port), _Handler)
        server.fake = self
        self._port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        self._running = server, thread

    def kill(self) -> None:
        """Stops listening and breaks all connections off, as when a process is killed."""
        if self._running is None:
            return
        server, thread = self._running
        self._running = None
        server.shutdown()
        server.server_close()
        thread.join()
        with self.lock:
            for connection in self.connections:
                connection.shutdown(socket.SHUT_RDWR)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.fault = Fault()
        self.kill()

    def answer(self, path: str, body: Any) -> tuple[int, Any]:
        """Status and JSON of a reply."""
        if path == "/tokenize" and self.kind == "vllm":
            tokens = split_tokens(body["prompt"])
            texts = [token.decode("latin-1") for token in tokens] if body.get("return_token_strs") else None
            return 200, {"tokens": [0] * len(tokens), "token_strs": texts, "max_model_len": self.longest}
        if path == ("/rerank" if self.kind == "tei" else "/v1/rerank"):
            return self._scores(body)
        return 404, {"error": {"message": f"There is no {path}."}}

    def _scores(self, body: Any) -> tuple[int, Any]:
        query, documents = body["query"], body["texts" if self.kind == "tei" else "documents"]
        if len(documents) > self.most:
            return 413, {"error": f"batch size {len(documents)} > maximum allowed batch size {self.most}"}
        lengths = [len(split_tokens(query + document)) for document in documents]
        if self.templates == "server":
            lengths = [length + _TEMPLATE_TOKENS for length in lengths]
        if self.kind == "vllm" and max(lengths) > self.longest and body.get("truncate_prompt_tokens") != -1:
            return 400, {"error": {"message": f"The model takes {self.longest} tokens."}}
        scores = [self._score(query, document, body.get("instruction", "")) for document in documents]
        ranked = sorted(range(len(scores)), key=lambda index: -scores[index])
        if self.kind == "tei":
            return 200, [{"index": index, "score": scores[index]} for index in ranked]
        results = [{"index": index, "relevance_score": scores[index]} for index in ranked]
        usage = {"usage": {"prompt_tokens": sum(lengths), "total_tokens": sum(lengths)}} if self.kind == "vllm" else {}
        return 200, {"results": results} | usage

    def _score(self, query: str, document: str, instruction: str) -> float:
        if self.templates == "client":
            found = _PROMPT.fullmatch(query + document)
            if found is None or _SPECIAL.search("".join(found.groups())):
                return at_random(query, document)
            instruction, query, document = found.group("instruction", "query", "document")
        elif self.strict and _SPECIAL.search(query + document):
            return at_random(query, document)
        with self.lock:
            self.prompts.append((instruction, query, document))
        return self.model(query, document)


def _asked(query: str, text: str) -> bool:
    return query == text or f"\n<Query>: {text}\n" in query


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True
    fake: FakeReranker


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Otherwise a reply's head waits for the acknowledgement of the one before.
    disable_nagle_algorithm = True
    wbufsize = -1

    def setup(self) -> None:
        super().setup()
        self.fake = cast(_Server, self.server).fake
        with self.fake.lock:
            self.fake.connections.add(self.connection)

    def finish(self) -> None:
        with self.fake.lock:
            self.fake.connections.discard(self.connection)
        with contextlib.suppress(OSError):
            super().finish()

    def handle(self) -> None:
        try:
            super().handle()
        except OSError:
            self.close_connection = True

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path == "/fault":
            self.fake.fault = Fault(**body)
            self._reply(200, b"{}")
            return
        with self.fake.lock:
            self.fake.requests.append((self.path, body))
            self.fake.headers.append({name.lower(): value for name, value in self.headers.items()})
        fault = self.fake.fault
        while fault.hang and self.fake.fault is fault:
            time.sleep(0.01)
        time.sleep(fault.seconds)
        if fault.raw:
            self._reply(200, fault.raw.encode())
        elif fault.status != 200:
            self._reply(fault.status, b'{"error": {"message": "scripted"}}')
        else:
            status, reply = self.fake.answer(self.path, body)
            self._reply(status, json.dumps(reply).encode())

    def _reply(self, status: int, content: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)
        self.wfile.flush()

    def log_message(self, format: str, *arguments: object) -> None:
        """Nothing: the test says what was asked."""


if __name__ == "__main__":
    FakeReranker().start(int(sys.argv[1]))
    threading.Event().wait()
