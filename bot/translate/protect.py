"""What a translation must not touch: numbers, codes, addresses, names, code and markers, and how it is kept apart.

Models of translation were trained on prose and spell codes anew, drop them or say them twice. So each is taken out for
a short word that models mostly copy, and put back afterwards. Which word that is matters less than that its coming
back is verified: no placeholder survives every model.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

# Letters and digits only: Argos's tokenisers turn "_" into a space, and brackets are often left out or doubled.
# So few digits, as a model may write thousands.
_PLACEHOLDER = re.compile(r"X ?(\d{1,3}) ?Z", re.IGNORECASE)
_LINK = r"!?\[[^\]\n]*\]\([^()\s]*(?:\([^()\s]*\)[^()\s]*)*\)"
_HARD = (
    r"`+[^`\n]+`+"  # code
    r"|\[\d+\]"  # markers of citations
    r"|<?(?:https?://|www\.)[^\s<>\"'，。、]+[^\s<>\"'.,;:!?)\]，。、；：！？）]>?"
    r"|[\w.+-]+@[\w-]+(?:\.[\w-]+)+"  # e-mail
    r"|(?<![A-Za-z0-9/])(?:/[A-Za-z0-9_.#-]+){2,}"  # paths
    r"|(?<![A-Za-z0-9])[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.(?:com|org|net|eu|io|app|de|es|fr|it|uk|pdf|json|yaml|csv)\b(?!\.\w)"
    r"|\{\{?\w+\}?\}|\$\{\w+\}|%[A-Z_]+%"  # places to be filled in
    r"|(?<!\S)--?[A-Za-z][A-Za-z0-9-]*(?!\w)"  # options
    r"|(?<![A-Za-z0-9_])[A-Za-z0-9]+(?:_[A-Za-z0-9]+)+"  # snake_case
    r"|(?<![A-Za-z0-9])(?:[a-z]+|[A-Z][a-z0-9]+)(?:[A-Z][a-z0-9]+)+(?![A-Za-z0-9])"  # camelCase, TrailMate
    # Codes; but of "30-day" only the number stays.
    r"|#?(?<![A-Za-z0-9])(?!\d+-[a-z]+(?![A-Za-z0-9]))(?=[A-Za-z0-9./-]*[A-Za-z])(?=[A-Za-z0-9./-]*\d)[A-Za-z0-9]+(?:[-./][A-Za-z0-9]+)*"
)
_NUMBER = r"[€$£¥₹]?[+−-]?(?<![A-Za-z0-9])#?\d+(?:[.,:/’'\u00a0\u202f -]\d+)*(?: ?[€$£¥₹%°])?"
_DIGITS = re.compile(r"\d+")


def placeholder(n: int) -> str:
    """The word that stands for the item with this index while a sentence is translated."""
    return f"X{n}Z"


@dataclass(frozen=True, slots=True)
class Item:
    """A part of a sentence that stays as it is.

    Attributes:
        link: a Markdown link, whose words are translated apart.
        number: nothing but a number, which models of translation mostly keep, and which they need for their grammar.
    """

    start: int
    end: int
    text: str
    link: bool = False
    number: bool = False


class Protector:
    """Finds what must not be touched.

    Args:
        names: of products, spelt as they are to stay.
    """

    def __init__(self, names: Sequence[str] = ()) -> None:
        spelt = "|".join(_bounded(name) for name in sorted(names, key=len, reverse=True) if name.strip())
        hard = f"{spelt}|{_HARD}" if spelt else _HARD
        self._pattern = re.compile(f"(?P<link>{_LINK})|(?P<hard>{hard})|(?P<number>{_NUMBER})")

    def items(self, text: str) -> list[Item]:
        """The items of a sentence, in order, none over another."""
        return [
            Item(found.start(), found.end(), found[0], found.lastgroup == "link", found.lastgroup == "number")
            for found in self._pattern.finditer(text)
        ]


def without(text: str, items: Sequence[Item]) -> str:
    """The text with a placeholder for each item."""
    return "".join(piece + (placeholder(n) if n < len(items) else "") for n, piece in enumerate(between(text, items)))


def between(text: str, items: Sequence[Item]) -> list[str]:
    """What stands before, between and after the items: one piece more than there are items."""
    edges = [0, *(edge for item in items for edge in (item.start, item.end)), len(text)]
    return [text[start:end] for start, end in zip(edges[::2], edges[1::2], strict=True)]


def restored(translation: str, values: Sequence[str]) -> str | None:
    """The translation with the values in the places of their placeholders, or None where one is lost or doubled."""
    seen = Counter(int(found[1]) for found in _PLACEHOLDER.finditer(translation))
    if seen != Counter(range(len(values))):
        return None
    return _PLACEHOLDER.sub(lambda found: values[int(found[1])], translation)


def kept(source: str, translation: str, items: Sequence[Item]) -> bool:
    """Whether a translation holds all items of its source as often as that, and no number that is not in it.

    Of a link only the address is compared, as its words are translated.
    """
    for text in {_address(item.text) if item.link else item.text for item in items}:
        if _count(text, source) != _count(text, translation):
            return False
    return Counter(_DIGITS.findall(source)) == Counter(_DIGITS.findall(translation))


def _address(link: str) -> str:
    return link[link.index("](") :]


def _count(text: str, within: str) -> int:
    return len(_counter(text).findall(within))


@lru_cache(maxsize=2_000)
def _counter(text: str) -> re.Pattern[str]:
    return re.compile(_bounded(text))


def _bounded(text: str) -> str:
    """A pattern for the text where it is no part of a longer word; scripts without spaces may stand beside it."""
    before = r"(?<![A-Za-z0-9])" if text[0].isascii() and text[0].isalnum() else ""
    after = r"(?![A-Za-z0-9])" if text[-1].isascii() and text[-1].isalnum() else ""
    return before + re.escape(text) + after
