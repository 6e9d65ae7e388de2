"""One way of writing for what is compared letter by letter: digits, marks, spaces."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_FRACTION = re.compile(r"(\d*)([¼½¾⅓⅔⅛⅜⅝⅞])")
_PARTS = {"¼": ".25", "½": ".5", "¾": ".75", "⅓": ".33", "⅔": ".67", "⅛": ".125", "⅜": ".375", "⅝": ".625", "⅞": ".875"}
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
    text = _FRACTION.sub(lambda match: (match[1] or "0") + _PARTS[match[2]], text)
    text = unicodedata.normalize("NFKC", text).translate(_TRANSLATED)
    text = _TASHKEEL.sub("", text)
    if text.isascii():
        return text
    return "".join(
        str(unicodedata.decimal(one)) if not one.isascii() and unicodedata.decimal(one, None) is not None else one
        for one in text
    )
