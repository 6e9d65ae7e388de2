"""Whose word is taken for where a request comes from."""

from __future__ import annotations

from typing import Any

import pytest
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from bot.web.serving import believed


@pytest.mark.parametrize(
    ("peer", "trusted"),
    [
        ("127.0.0.1", True),
        ("::1", True),
        ("10.2.3.4", True),
        # As IPv4 comes in where the desk listens on "::".
        ("::ffff:127.0.0.1", True),
        ("::ffff:10.2.3.4", True),
        ("::ffff:11.2.3.4", False),
        ("::ffff:127.0.0.2", False),
        ("11.2.3.4", False),
        ("::2", False),
    ],
)
async def test_proxies_are_believed_on_either_kind_of_socket(peer: str, trusted: bool) -> None:
    clients: list[str] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        clients.append(scope["client"][0])

    proxied: Any = ProxyHeadersMiddleware(app, believed(("127.0.0.1", "::1", "10.0.0.0/8")))
    await proxied({"type": "http", "client": (peer, 1), "headers": [(b"x-forwarded-for", b"203.0.113.9")]}, None, None)
    assert clients == ["203.0.113.9" if trusted else peer]
