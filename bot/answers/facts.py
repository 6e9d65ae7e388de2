"""Whether the facts of a claim stand in what it cites: numbers, dates, prices, measures, codes, links.

A number that the passages do not hold is refused whatever the passages say about the rest, since late interaction
hardly tells numbers apart.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from functools import lru_cache
from typing import Literal

from bot.answers.claims import plain
from bot.answers.fact_text import normal
from bot.answers.quantities import Quantities, Quantity, quantities
from bot.answers.units_of_measure import mentions
from retrieval.identifiers import identifiers
from retrieval.passages import Passage

Lacking = Literal["link", "code", "number", "date", "unit"]

_LINK = re.compile(
    r"(?:[A-Za-z][A-Za-z0-9+.-]*://|(?i:www\.|mailto:|tel:))[^\s<>()\[\]\"'“”«»、，。]+|[\w.+-]{1,64}@[\w-]+(?:\.[\w-]+)+|\]\(\s*([^\s)]+)"
    # The full stop between two sentences without a space is no address's.
    r"|(?<![\w.@/-])(?:[A-Za-z0-9][A-Za-z0-9-]+\.)+(?:[a-z]{2,}|[A-Z]{2,})(?![a-zA-Z])(?:/[^\s<>()\[\]\"'“”«»、，。]*)?",
)
_PHONE = re.compile(r"(?<![\w.,])(?:\+|00|0|\()\d[\d\s()/.-]{5,}\d(?!\w)")
# What stands between the digits of a telephone number; what goes on with one stands in the same line.
_BETWEEN = r"[\s()/.-]{0,3}"
_NEARBY = r"[ \u00a0()/.-]"
# A letter that goes on with an address. Scripts that put no space between words may touch one.
_GOING_ON = r"[^\W\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]"
_FORMATTING = re.compile(r"<(?:a|img|script|iframe|form|input|meta|object|embed|svg)\b", re.IGNORECASE)


def lacking(claim: str, language: str, passages: Sequence[Passage]) -> Lacking | None:
    """The first kind of fact that the claim has and the passages have not, None where they have all."""
    texts = [_evidence(passage) for passage in passages]
    if not _links_stand(claim, passages):
        return "link"
    if _codes(claim) - frozenset().union(*(identifiers(text) for text in texts)):
        return "code"
    asked = quantities(_without_links(claim), language, generous=False)
    held = [
        quantities(text, spoken, generous=True, marks=passage.language.split("-")[0])
        for text, passage in zip(texts, passages, strict=True)
        for spoken in dict.fromkeys((passage.language.split("-")[0], "en", language))
        if spoken
    ]
    if not asked.months <= _months(held) or not asked.days <= frozenset().union(*(one.days for one in held)):
        return "date"
    for number in asked.numbers:
        reason = _number(number, held, texts)
        if reason:
            return reason
    return None


def _evidence(passage: Passage) -> str:
    """What the passage states; its hints are editors' questions and state nothing."""
    return "\n".join((" › ".join(passage.heading) or passage.title, passage.text))


def _months(held: Sequence[Quantities]) -> frozenset[int]:
    return frozenset().union(*(one.months for one in held))


def _number(asked: Quantity, held: Sequence[Quantities], texts: Sequence[str]) -> Lacking | None:
    if asked.worded and asked.values <= {Decimal(0), Decimal(1)}:
        # "One" and "no" are articles in many languages.
        return None
    there = [number for one in held for number in one.numbers if number.values & asked.values]
    if not there:
        if asked.values == {Decimal(1)} and any(mentions(normal(text), asked.unit) for text in texts):
            return None
        return "date" if asked.unit.startswith("month-") else "number"
    if not asked.unit or any(number.unit in ("", asked.unit) for number in there):
        return None
    return "date" if asked.unit.startswith("month-") else "unit"


def _codes(claim: str) -> frozenset[str]:
    # Plain numbers are compared as numbers: 150000 is 150,000.
    return frozenset(code for code in identifiers(_without_links(claim)) if not code.replace("#", "").isdigit())


def _without_links(text: str) -> str:
    return _PHONE.sub(" ", _LINK.sub(" ", text))


def _links_stand(claim: str, passages: Sequence[Passage]) -> bool:
    if _FORMATTING.search(claim):
        return False
    links = [match[1] or match[0] for match in _LINK.finditer(claim)]
    phones = [re.sub(r"\D", "", match[0]) for match in _PHONE.finditer(normal(claim))]
    if not links and not phones:
        return True
    known = [_known(passage) for passage in passages]
    return all(any(_as_address(_address(link)).search(text) for text, _ in known) for link in links) and all(
        any(_as_phone(phone).search(text) for _, text in known) for phone in phones
    )


@lru_cache(maxsize=1024)
def _known(passage: Passage) -> tuple[str, str]:
    """A passage's text and addresses as addresses are compared, and as telephone numbers are."""
    text = f"{_evidence(passage)}\n{passage.link}\n{passage.url}"
    return plain(text), normal(text)


def _as_address(bare: str) -> re.Pattern[str]:
    """The address from its first letter to its last, no part of a longer one; a link's host may stand for itself."""
    is_host = not re.search(r"[/@?#:]", bare)
    following = _GOING_ON if bare.isascii() else r"\w"
    ends = rf"(?!{following}|-|[.:@%+~{'' if is_host else '/?&='}]+{following})"
    return re.compile(rf"(?<!{_GOING_ON})(?<![.@%+-])(?<![^/]/)(?:www\.)?{re.escape(bare)}{ends}")


def _as_phone(digits: str) -> re.Pattern[str]:
    """The number from its first digit to its last, whatever stands between them; "+49 (0)30 …" holds 030 …, too."""
    begins = rf"(?:[+(]|(?<!\d)(?<!\d{_NEARBY}))"
    return re.compile(rf"{begins}{_BETWEEN.join(digits)}(?!{_NEARBY}{{0,3}}(?!24/7)\d)")


def _address(link: str) -> str:
    bare = re.sub(r"^(?:https?://|mailto:|tel:)?(?:www\.)?", "", plain(link))
    return bare.rstrip(".,;:!?…)/") or bare
