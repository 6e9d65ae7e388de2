"""One way of writing for what is compared letter by letter: digits, marks, spaces."""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal
from functools import lru_cache

_FRACTION = re.compile(r"(\d{0,6})[ \u00a0]?([¼½¾⅓⅔⅕⅖⅗⅘⅙⅚⅛⅜⅝⅞])")
# "8 1/2"; a fraction without a whole number before it could be a date.
_WRITTEN_FRACTION = re.compile(r"(?<![\d.,/])(\d{1,6})[ \u00a0]([1-7])[⁄/]([2348])(?![\d/])")
_ARABIC_COMMA = re.compile(r"(?<=\d)،(?=\d)")
_PARTS = {"¼": ".25", "½": ".5", "¾": ".75", "⅓": ".33", "⅔": ".67", "⅕": ".2", "⅖": ".4", "⅗": ".6", "⅘": ".8",
          "⅙": ".17", "⅚": ".83", "⅛": ".125", "⅜": ".375", "⅝": ".625", "⅞": ".875"}  # fmt: skip
_TRANSLATED = str.maketrans(
    dict.fromkeys("\u00ad\u200b\u200c\u200d\u200e\u200f\ufeff\u0640", "")
    | dict.fromkeys("‐‑‒–—−～〜", "-")
    | dict.fromkeys("’‘", "'")
    | {"٫": ".", "٬": ",", "أ": "ا", "إ": "ا", "آ": "ا", "ى": "ي", "ة": "ه", "٪": "%"}
)
_TASHKEEL = re.compile("[\u064b-\u065f\u0670]")


@lru_cache(maxsize=4096)
def normal(text: str) -> str:
    """A text with ASCII digits and one form of each letter and mark. Spaces stay, case stays."""
    text = _WRITTEN_FRACTION.sub(_decimal, text)
    text = _FRACTION.sub(lambda match: (match[1] or "0") + _PARTS[match[2]], text)
    text = unicodedata.normalize("NFKC", text).translate(_TRANSLATED)
    text = _ARABIC_COMMA.sub(",", _TASHKEEL.sub("", text))
    if text.isascii():
        return text
    return "".join(
        str(unicodedata.decimal(one)) if not one.isascii() and unicodedata.decimal(one, None) is not None else one
        for one in text
    )


def _decimal(match: re.Match[str]) -> str:
    whole, numerator, denominator = (int(part) for part in match.groups())
    if numerator >= denominator:
        return match[0]
    # As in `_PARTS`: thirds to two places, all others exactly.
    return str(whole + round(Decimal(numerator) / denominator, 2 if denominator == 3 else 3).normalize())
