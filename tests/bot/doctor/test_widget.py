"""What the doctor says of the widget: the real application, behind proxies that spoil its answers."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import httpx
import pytest
import pytest_asyncio

from bot.config import DeskSettings, Server, Settings, WidgetSettings
from bot.doctor import widget
from bot.doctor.widget import examine_widget
from bot.service import Service
from bot.web.app import create_app
from tests.conftest import TOKEN, SmallDesk

SHOP, OTHER = "https://shop.example", "https://www.other.example:8443"
URL = "https://help.example"
WIDGET = WidgetSettings(desks={"default": DeskSettings(), "shop": DeskSettings(origins=(SHOP, OTHER))})


class Proxy(httpx.AsyncBaseTransport):
    """Passes requests on to the application, and changes what comes back: None takes a header out."""

    def __init__(self, inner: httpx.AsyncBaseTransport) -> None:
        self.inner = inner
        self.headers: Mapping[str, str | None] = {}
        self.content: bytes | None = None

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        response = await self.inner.handle_async_request(request)
        content = await response.aread() if self.content is None else self.content
        headers = httpx.Headers(response.headers)
        for name, value in ({"content-length": None, "content-encoding": None} | dict(self.headers)).items():
            headers.pop(name, None)
            if value is not None:
                headers[name] = value
        return httpx.Response(response.status_code, headers=headers, content=content)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def inner(small_desk: SmallDesk, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[httpx.ASGITransport]:
    copy = small_desk.copy(tmp_path_factory.mktemp("doctor-widget"))
    async with Service.open(copy.settings.model_copy(update={"widget": WIDGET})) as service:
        yield httpx.ASGITransport(create_app(service, TOKEN))


@pytest.fixture
def proxy(inner: httpx.ASGITransport) -> Proxy:
    return Proxy(inner)


def settings(url: str = URL, widget: WidgetSettings = WIDGET) -> Settings:
    return Settings(server=Server(public_url=url), widget=widget)


async def said(proxy: Proxy, settings: Settings) -> list[tuple[bool, str]]:
    return [(finding.ok, finding.sentence) for finding in await examine_widget(settings, proxy)]


async def test_a_widget_that_works(proxy: Proxy) -> None:
    assert await said(proxy, settings()) == [
        (True, f"Browsers get the widget at {URL}/widget.js."),
        (True, f"The widget's desk shop is let in and may be shown on {SHOP}, {OTHER}."),
    ]


async def test_a_widget_that_nobody_embeds_is_not_tried(proxy: Proxy) -> None:
    ((ok, sentence),) = await said(proxy, settings(widget=WidgetSettings()))
    assert ok
    assert "widget.desks.NAME.origins" in sentence


async def test_files_that_were_never_built_are_missed(
    proxy: Proxy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(widget, "FOLDER", tmp_path)
    (tmp_path / "widget.js").write_bytes(b"'use strict';")
    for where in (settings(), settings(""), settings(widget=WidgetSettings())):
        ((ok, sentence),) = await said(proxy, where)
        assert not ok
        assert sentence.startswith(f"The widget's panel.html is not in {tmp_path}: run `make widget`")


async def test_where_it_is_must_be_known(proxy: Proxy) -> None:
    ((ok, sentence),) = await said(proxy, settings(""))
    assert ok
    assert "server.public_url" in sentence


async def test_pages_with_https_load_nothing_without(proxy: Proxy) -> None:
    ((ok, sentence),) = await said(proxy, settings("http://help.example"))
    assert not ok
    assert sentence.startswith(f"server.public_url: browsers load nothing from http://help.example into {SHOP}")


async def test_another_file_is_not_the_widget(proxy: Proxy) -> None:
    proxy.content = b"console.log('an old one')"
    ((ok, sentence),) = await said(proxy, settings())
    assert not ok
    assert "a proxy keeps an old one" in sentence


@pytest.mark.parametrize(
    ("headers", "advice"),
    [
        ({"x-frame-options": "SAMEORIGIN"}, "X-Frame-Options: SAMEORIGIN, so that no site can show it"),
        ({"content-security-policy": "frame-ancestors 'self' https://shop.example"}, f"does not let {OTHER} show it"),
        ({"content-security-policy": "default-src 'self'"}, "without the desk's Content-Security-Policy"),
        ({"access-control-allow-origin": None}, f"without Access-Control-Allow-Origin: {SHOP}"),
        ({"access-control-allow-origin": "https://other.example"}, f"without Access-Control-Allow-Origin: {SHOP}"),
    ],
)
async def test_what_a_proxy_spoils_is_named(proxy: Proxy, headers: dict[str, str | None], advice: str) -> None:
    proxy.headers = headers
    (_, (ok, sentence)) = await said(proxy, settings())
    assert not ok
    assert advice in sentence


async def test_a_site_that_the_running_desk_does_not_know_yet(proxy: Proxy) -> None:
    widget = WidgetSettings(desks={"shop": DeskSettings(origins=(SHOP, "https://new.example"))})
    (_, (ok, sentence)) = await said(proxy, settings(widget=widget))
    assert not ok
    assert "does not let https://new.example show it: start the desk anew" in sentence
    unknown = WidgetSettings(desks={"new": DeskSettings(origins=(SHOP,))})
    (_, (ok, sentence)) = await said(proxy, settings(widget=unknown))
    assert not ok
    assert "status 404" in sentence


async def test_a_desk_that_cannot_be_reached() -> None:
    (finding,) = await examine_widget(settings("http://127.0.0.1:9"))
    assert not finding.ok
    assert finding.sentence.startswith("http://127.0.0.1:9/widget.js cannot be reached from here")
