"""A web server of another site than the desk's: the shops whose pages embed the widget."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self


@dataclass(frozen=True, slots=True)
class _Page:
    content: bytes
    kind: str
    headers: Mapping[str, str] = field(default_factory=dict)


class Host:
    """The server, as a context manager. Its host is 127.0.0.1, the desk's localhost: two sites to a browser.

    Attributes:
        origin: of its pages.
    """

    def __enter__(self) -> Self:
        pages: dict[str, _Page] = {}
        self._pages = pages

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                page = pages.get(self.path.partition("?")[0])
                content = page.content if page else b""
                self.send_response(200 if page else 404)
                self.send_header("Content-Type", page.kind if page else "text/plain")
                self.send_header("Content-Length", str(len(content)))
                for name, value in (page.headers if page else {}).items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, format: str, *arguments: object) -> None:
                """Tests print nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})
        self._thread.start()
        self.origin = f"http://127.0.0.1:{self._server.server_port}"
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def put(
        self, path: str, content: str, headers: Mapping[str, str] | None = None, kind: str = "text/html; charset=utf-8"
    ) -> str:
        """Serves the content under the path from now on; returns its address."""
        self._pages[path] = _Page(content.encode(), kind, headers or {})
        return self.origin + path

    def embed(
        self, path: str, script: str, *, language: str = "en", headers: Mapping[str, str] | None = None, body: str = ""
    ) -> str:
        """A plain shop's page that embeds a widget.

        Args:
            script: the attributes of the widget's script tag, its src among them.
            body: put into the page's body.
        """
        direction = "rtl" if language in ("ar", "he", "fa", "ur") else "ltr"
        page = (
            f'<!doctype html><html lang="{language}" dir="{direction}"><head><meta charset="utf-8"><title>Shop</title>'
            '<meta name="viewport" content="width=device-width, initial-scale=1">'
            f'<link rel="icon" href="data:,"><script {script} defer></script></head>'
            f"<body><main><h1>Shop</h1>{body or '<p>Bikes and more bikes.</p>' * 40}</main></body></html>"
        )
        return self.put(path, page, headers)
