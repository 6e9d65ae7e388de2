"""Origins as browsers write them, and what is wrong with those that are none."""

from __future__ import annotations

import pytest

from bot.origins import canonical_origin


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        ("https://www.example.com", "https://www.example.com"),
        ("HTTPS://WWW.Example.COM:443", "https://www.example.com"),
        ("http://localhost:3000", "http://localhost:3000"),
        ("http://127.0.0.1:80", "http://127.0.0.1"),
        ("https://[2001:DB8::0001]:8443", "https://[2001:db8::1]:8443"),
        ("https://bücher.example", "https://xn--bcher-kva.example"),
        ("https://FAẞ.example", "https://xn--fa-hia.example"),
        ("https://βόλος.example", "https://xn--nxasmm1c.example"),
        (" https://shop_1.example ", "https://shop_1.example"),
    ],
)
def test_an_origin_is_what_browsers_send(written: str, sent: str) -> None:
    assert canonical_origin(written) == sent
    assert canonical_origin(sent) == sent


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("*", "wildcard"),
        ("https://*.example.com", "wildcard"),
        ("www.example.com", "https:// or http://"),
        ("ftp://example.com", "https:// or http://"),
        ("https://www.example.com/shop", "ends there: https://www.example.com"),
        ("https://www.example.com/", "ends there: https://www.example.com"),
        ("https://www.example.com?a", "after the host"),
        ("https://user@example.com", "user name"),
        ("https://example.com:99999", "port"),
        ("https://example.com:0", "port"),
        ("https://example.com:", "port"),
        ("https://example.com:a", "port"),
        ("https://", "host"),
        ("https://a b", "host"),
        ("https://-a.example", "host"),
        ("https://a..example", "host"),
        ("https://ä..example", "host"),
        ("https://-ä.example", "host"),
        ("https://[::1", "host"),
        ("https://[x]", "host"),
        ("https://a;script-src", "host"),
        ("https://a'b", "host"),
        ("", "https:// or http://"),
    ],
)
def test_what_is_none_is_named_with_its_fault(written: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        canonical_origin(written)
