"""Scripts, the languages written in them, and the letters that only one of those uses."""

from __future__ import annotations

import unicodedata
from collections import Counter
from functools import lru_cache
from typing import Final

# The commonest language of a script stands first: it is taken when nothing else tells.
LANGUAGES_OF: Final[dict[str, tuple[str, ...]]] = {
    "Latin": (
        "en", "es", "de", "fr", "pt", "it", "nl", "tr", "vi", "pl", "id", "sv", "da", "no", "fi", "cs", "sk", "sl",
        "hr", "bs", "sr", "ro", "hu", "ca", "gl", "eu", "et", "lv", "lt", "sq", "is", "ga", "cy", "af", "ms", "tl",
        "sw", "az", "uz", "mt", "eo",
    ),
    "Cyrillic": ("ru", "uk", "bg", "sr", "be", "mk", "kk", "ky", "mn", "tg"),
    "Arabic": ("ar", "fa", "ur", "ps", "ug"),
    "Devanagari": ("hi", "mr", "ne"),
    "Hebrew": ("he",),
    "Greek": ("el",),
    "Han": ("zh", "ja"),
    "Kana": ("ja",),
    "Hangul": ("ko",),
    "Thai": ("th",),
    "Lao": ("lo",),
    "Khmer": ("km",),
    "Myanmar": ("my",),
    "Bengali": ("bn", "as"),
    "Gurmukhi": ("pa",),
    "Gujarati": ("gu",),
    "Oriya": ("or",),
    "Tamil": ("ta",),
    "Telugu": ("te",),
    "Kannada": ("kn",),
    "Malayalam": ("ml",),
    "Sinhala": ("si",),
    "Georgian": ("ka",),
    "Armenian": ("hy",),
    "Ethiopic": ("am",),
    "Tibetan": ("dz",),
}  # fmt: skip
_NAMES: Final[dict[str, str]] = {"CJK": "Han", "HIRAGANA": "Kana", "KATAKANA": "Kana", "KATAKANA-HIRAGANA": "Kana"}
# Letters that tell one language from the others in its script. The first row with a letter found wins, so a
# language that has its neighbour's letters and more of its own stands before it.
_TELLING: Final[dict[str, tuple[tuple[str, str], ...]]] = {
    "Cyrillic": (("be", "ў"), ("kk", "әғқңұһ"), ("uk", "їєґі"), ("sr", "ђћ"), ("mk", "ѓќѕ"), ("ru", "ыэё")),
    "Arabic": (("ug", "ۆۈۋېە"), ("ps", "ځڅډړږښګڼ"), ("ur", "ٹڈڑےںہھ"), ("fa", "پچژگکی")),
    "Bengali": (("as", "ৰৱ"),),
}
# Seldom asked: only clear evidence outweighs their commoner neighbours.
_RARE = "be mk kk ky mn tg ps ug ne as eo mt ga cy af sw tl az uz sq is eu bs sr"
RARE: Final = frozenset(_RARE.split())


@lru_cache(maxsize=8192)
def _script_of_letter(letter: str) -> str:
    word = unicodedata.name(letter, "").partition(" ")[0]
    return _NAMES.get(word, word.capitalize())


def script_of(word: str) -> str:
    """The script that most letters of a word are in, "Kana" for any word with kana; "" where there are no letters."""
    counts = Counter(_script_of_letter(letter) for letter in word if letter.isalpha())
    if not counts:
        return ""
    return "Kana" if "Kana" in counts else counts.most_common(1)[0][0]


def letters_hint(text: str, script: str) -> str:
    """The language whose own letters a text holds, or ""."""
    letters = set(text.lower())
    return next((code for code, own in _TELLING.get(script, ()) if letters.intersection(own)), "")
