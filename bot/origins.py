"""Origins of web pages as a browser sends them: scheme, host, and the port where it is not the scheme's own."""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import urlsplit

import idna

_PORTS = {"http": 80, "https": 443}
_HOST = re.compile(r"(?=.{1,253}\Z)[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)*\Z")


def canonical_origin(text: str) -> str:
    """The origin as browsers write it: lower case, punycode, without the scheme's own port.

    Raises:
        ValueError: a sentence that names what is wrong.
    """
    if "*" in text:
        raise ValueError(f"{text} has a wildcard; list each origin by itself, such as https://www.example.com")
    scheme, separator, rest = text.strip().partition("://")
    scheme = scheme.lower()
    if not separator or scheme not in _PORTS:
        raise ValueError(f"{text} does not start with https:// or http://; an origin is like https://www.example.com")
    if any(sign in rest for sign in "/?#"):
        raise ValueError(
            f"{text} goes on after the host; an origin ends there: {scheme}://{re.split('[/?#]', rest)[0]}"
        )
    if "@" in rest:
        raise ValueError(f"{text} holds a user name, which no origin has")
    try:
        parts = urlsplit(f"{scheme}://{rest}")
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise ValueError(f"{text} has no valid port or host: {error}") from error
    named = f"[{host}]" if ":" in host else host
    if rest.endswith(":") or port == 0:
        raise ValueError(f"{text} has no valid port")
    return f"{scheme}://{_host(text, named)}{'' if port in (None, _PORTS[scheme]) else f':{port}'}"


def _host(text: str, host: str) -> str:
    if host.startswith("["):
        try:
            return f"[{ipaddress.IPv6Address(host[1:-1])}]"
        except ValueError as error:
            raise ValueError(f"{text} has no valid host: {error}") from error
    try:
        # As browsers do it; by Python's own codec faß.example is fass.example, which may be somebody else's.
        ascii_host = host if host.isascii() else idna.encode(host, uts46=True).decode()
    except UnicodeError as error:
        raise ValueError(f"{text} has no valid host") from error
    if not _HOST.match(ascii_host):
        raise ValueError(f"{text} has no valid host")
    return ascii_host
