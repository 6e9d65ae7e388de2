"""Text of people, files and models, made safe for each of Slack's formats.

Slack reads `<…>` as its own in mrkdwn and in Markdown: a mention, `@channel`, a link with another label. Written as
entities these are shown as they stand and never read again. Nothing else needs escaping; `plain_text` and rich text
take any text literally.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from bot.question import NOT_TEXT

_SCHEMES = frozenset({"http", "https", "mailto"})
# Slack does not decode entities in the destination of a link, so that every & cannot be escaped; only these need it.
_LIKE_AN_ENTITY = re.compile(r"&(?=(?:#\d{1,7}|#x[0-9a-f]{1,6}|[a-z][a-z0-9]{1,31});)", re.IGNORECASE)
_MARKDOWN_LINK = re.compile(
    r"(!?)\[((?:[^\[\]\\\n]|\\.){0,2000})\]\(\s*((?:[^\s()]|\([^\s()]*\)){1,3000})(\s+\"[^\"\n]{0,500}\")?\s*\)"
)
# Whatever else looks like the beginning of one, such as with brackets in brackets.
_OTHER_LINK = re.compile(r"\]\((?!https?://|mailto:)")
_OF_A_LINK = str.maketrans({"<": "%3C", ">": "%3E", "|": "%7C", '"': "%22", "\\": "%5C", "`": "%60"})
_LONGEST_LINK = 3_000
_RULE = re.compile(r"\|(\s*:?-{3,}:?\s*\|)+")


def length(text: str) -> int:
    """The characters of a text as Slack counts them at most: those beyond 16 bits are two."""
    return len(text) + sum(character > "\uffff" for character in text)


def cut(text: str, longest: int) -> str:
    """The text, with … for what goes beyond `longest` characters; never fails."""
    text = NOT_TEXT.sub(" ", text)
    if length(text) <= longest:
        return text
    if longest < 1:
        return ""
    kept = text[: longest - 1]
    while length(kept) > longest - 1:
        kept = kept[:-1]
    return f"{kept.rstrip()}…"


def lines(text: str) -> list[str]:
    """A text's lines, without empty ones and those that rule off the head of a table."""
    found = (" ".join(line.split()) for line in text.split("\n"))
    return [line for line in found if line and not _RULE.fullmatch(line)]


def mrkdwn(text: str, longest: int = 3_000) -> str:
    """The text for mrkdwn, where it shows as it stands. Not longer than `longest` after escaping."""
    text = cut(text, longest)
    escaped = _escaped(text)
    if length(escaped) <= longest:
        return escaped
    kept: list[str] = []
    room = longest - 1
    for piece in map(_escaped, text):
        room -= length(piece)
        if room < 0:
            break
        kept.append(piece)
    return "".join(kept).rstrip() + "…"


def markdown(text: str, public_url: str = "") -> str:
    """An answer's Markdown for Slack's Markdown: it shows the same characters, mentions nobody, and links nowhere but
    to the web and to mail addresses. Works on each piece of an answer by itself."""
    text = _MARKDOWN_LINK.sub(lambda found: _link(found, public_url), NOT_TEXT.sub(" ", text))
    text = _OTHER_LINK.sub("] (", text)
    return _LIKE_AN_ENTITY.sub("&amp;", text).replace("<", "&lt;").replace(">", "&gt;")


def link(url: str, public_url: str = "") -> str:
    """The absolute address that Slack may link to, or "" where there is none.

    Args:
        public_url: of the desk; what paths like /help/refunds#anchor start at.
    """
    url = NOT_TEXT.sub("", url.strip()).translate(_OF_A_LINK)
    if url.startswith("/") and not url.startswith("//"):
        url = f"{public_url.rstrip('/')}{url}" if public_url else ""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    whole = parts.scheme in _SCHEMES and (parts.netloc or parts.scheme == "mailto")
    return url if whole and length(url) <= _LONGEST_LINK and not re.search(r"\s", url) else ""


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _link(found: re.Match[str], public_url: str) -> str:
    image, label, url, _ = found.groups()
    target = link(url, public_url)
    if target:
        return f"{image}[{label}]({target})"
    # A path of the desk leads nowhere without the desk's address; a forbidden scheme is shown, not linked.
    return label if url.startswith("/") else f"{label} ({url})"
