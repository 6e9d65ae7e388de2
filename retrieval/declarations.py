"""The values that editors declare, in front matter and folder files: checked one by one."""

from __future__ import annotations

import re
from datetime import date
from urllib.parse import urlsplit

from retrieval.cleaning import clean, one_line

_AUDIENCE = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
_LANGUAGE = re.compile(r"([A-Za-z]{2,3})(?:[-_]([A-Za-z]{4}))?(?:[-_]([A-Za-z]{2}|\d{3}))?(?:[-_][A-Za-z0-9]{2,8})*")


def text_value(value: str) -> str:
    """Text on one line, without invisible characters."""
    return one_line(clean(value))


def audience_value(value: str) -> str:
    """An audience's name.

    Raises:
        ValueError: with the reason, as for all functions here.
    """
    if not _AUDIENCE.fullmatch(value):
        raise ValueError(f"audience {value!r} is not a name of small letters, digits, - and _")
    return value


def language_value(value: str) -> str:
    """A BCP-47 code in its usual case: `zh-Hant-TW`, `pt-BR`."""
    match = _LANGUAGE.fullmatch(value.strip())
    if match is None:
        raise ValueError(f"language {value!r} is not a language code such as en or pt-BR")
    language, script, region = match.groups()
    return "-".join(part for part in (language.lower(), (script or "").title(), (region or "").upper()) if part)


def url_value(value: str) -> str:
    """A web address, or a path such as /help, without a fragment, since the anchor of the section is put there."""
    value = value.strip()
    try:
        parts = urlsplit(value)
    except ValueError as error:
        raise ValueError(f"url {value!r} is not a web address: {error}") from error
    absolute = parts.scheme in ("http", "https") and bool(parts.netloc)
    rooted = not parts.scheme and not parts.netloc and value.startswith("/")
    if not (absolute or rooted) or re.search(r"[\s<>\"\\\x00-\x1f]", value):
        raise ValueError(f"url {value!r} is not a web address that starts with https://, http:// or /")
    if parts.fragment:
        raise ValueError(f"url {value!r} ends in a fragment (#{parts.fragment}); give the page's address alone")
    return value.rstrip("#")


def date_value(value: str) -> date:
    """A day, as 2026-12-31."""
    try:
        return date.fromisoformat(value.strip())
    except ValueError:
        raise ValueError(f"valid_until {value!r} is not a day such as 2026-12-31") from None
