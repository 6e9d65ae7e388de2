"""A stand-in of a LibreTranslate server: real HTTP, its two endpoints, and every failure."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

LANGUAGES = [
    {"code": "en", "name": "English", "targets": ["en", "es", "zh-Hans"]},
    {"code": "es", "name": "Spanish", "targets": ["en", "es"]},
]


class FakeLibreTranslate:
    """The server, as a context manager.

    Attributes:
        say: translates one text.
        status: other than 200 refuses.
        raw: sent in place of anything sensible.
        answering: while it is not set, nothing is answered.
        requests: the bodies of translations asked for.
    """

    def __init__(self, say: Callable[[str], str]) -> None:
        self.say = say
        self.status = 200
        self.raw: Any = None
        self.answering = threading.Event()
        self.answering.set()
        self.requests: list[dict[str, Any]] = []

    def __enter__(self) -> Self:
        fake = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                self._send(LANGUAGES)

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                fake.requests.append(body)
                self._send({"translatedText": [fake.say(text) for text in body["q"]]})

            def _send(self, value: Any) -> None:
                fake.answering.wait()
                content = json.dumps(value if fake.raw is None else fake.raw).encode()
                self.send_response(fake.status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, format: str, *args: object) -> None:
                """Tests print nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})
        self._thread.start()
        self.base_url = f"http://127.0.0.1:{self._server.server_port}"
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.answering.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
