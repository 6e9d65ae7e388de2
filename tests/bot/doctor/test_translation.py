"""What the doctor says of engines that translate, and of those that do not."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from bot.config import LLM, Settings, Translation
from bot.doctor.upstreams import examine_upstreams
from tests.fakes.llm import FakeLLM, Reply

LANGUAGES = [{"code": "en", "targets": ["de", "es"]}, {"code": "es", "targets": ["en"]}]


@contextmanager
def libretranslate(replies: dict[str, tuple[int, Any]]) -> Iterator[str]:
    """A server that answers each path as told."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, value = replies[self.path]
            content = json.dumps(value).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.do_GET()

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


async def said(settings: Settings) -> tuple[bool, str]:
    finding = (await examine_upstreams(settings))[-1]
    return finding.ok, finding.sentence


def by_server(base_url: str) -> Settings:
    return Settings(translation=Translation(mode="answer", engine="libretranslate", base_url=base_url))


def by_model(llm: FakeLLM) -> Settings:
    return Settings(
        llm=LLM(base_url=llm.base_url, model="scripted"), translation=Translation(mode="question", engine="llm")
    )


async def test_a_server_that_translates() -> None:
    with libretranslate({"/languages": (200, LANGUAGES), "/translate": (200, {"translatedText": ["¿Dónde?"]})}) as url:
        ok, sentence = await said(by_server(url))
    assert ok
    assert "libretranslate translates 3 pairs of languages; a sentence from en to es takes " in sentence


@pytest.mark.parametrize(
    ("replies", "expected"),
    [
        ({"/languages": (500, {})}, "See the server's log"),
        (
            {"/languages": (200, LANGUAGES), "/translate": (403, {"error": "Invalid API key"})},
            "Set translation.api_key",
        ),
        (
            {"/languages": (200, LANGUAGES), "/translate": (200, {"translatedText": [" "]})},
            "gives nothing from en to es",
        ),
        ({"/languages": (200, {"a": "page"})}, "docs/deploy.md"),
    ],
)
async def test_a_server_that_does_not(replies: dict[str, tuple[int, Any]], expected: str) -> None:
    with libretranslate(replies) as url:
        ok, sentence = await said(by_server(url))
    assert not ok
    assert expected in sentence
    assert sentence.endswith("; until then questions and answers stay in their own language.")


async def test_the_language_model_as_translator() -> None:
    with FakeLLM("¿Dónde está mi pedido?") as llm:
        ok, sentence = await said(by_model(llm))
        assert ok
        assert "llm translates any pair of languages; a sentence from en to es takes " in sentence
        llm.script = Reply(status=500)
        ok, sentence = await said(by_model(llm))
        assert not ok


async def test_an_engine_that_is_set_up_by_half() -> None:
    for engine, key in (("libretranslate", "translation.base_url"), ("llm", "llm.base_url")):
        settings = Settings(translation=Translation.model_validate({"mode": "both", "engine": engine}))
        ok, sentence = await said(settings)
        assert not ok
        assert key in sentence


async def test_argos_without_packages_says_how_to_get_them(tmp_path: Path) -> None:
    pytest.importorskip("argostranslate", reason='pip install "polydesk[argos]"')
    settings = Settings(data_dir=tmp_path, translation=Translation(mode="answer", engine="argos"))
    ok, sentence = await said(settings)
    assert not ok
    assert "install packages with `polydesk translate install`" in sentence
