"""Whether a translation of a sentence may be shown. Small models leave out, repeat, invent and copy: the signs of it.

The habits are those that users of Argos Translate report: words said over and over, text that was never there, the same
word for everything, a quarter of Arabic sentences given back untranslated.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import Literal, Protocol

from retrieval.scripts import LANGUAGES_OF, script_of

Doubt = Literal["", "empty", "length", "repetition", "copy", "language"]

# Letters that say as much as one of English does; the rest of the world's languages are near enough to 1.
_DENSITY = {"zh": 0.35, "ja": 0.5, "ko": 0.55, "th": 0.9, "he": 0.8, "ar": 0.85, "fa": 0.85}
_SHORTEST, _LONGEST = 0.4, 2.6
# So short a sentence may become anything: "OK", "Retoure" for "Returned goods".
_SLACK = 12
# Vowel signs and tone marks are no letters to Python, yet stand inside words.
_MARKS = (
    "\u0300-\u036f\u0591-\u05c7\u064b-\u065f\u0900-\u0963\u0971-\u0dff\u0e31-\u0e4e"
    "\u0eb1-\u0ecd\u1000-\u109f\u1780-\u17ff\u200c\u200d"
)
_WORD = re.compile(rf"[^\W\d_](?:[^\W\d_]|[{_MARKS}]|['’-](?=[^\W\d_]))*")
_NEAR_WORDS, _NEAR_SHARE = 4, 0.75
_CERTAIN_WORDS = 6
# A detector takes one for the other in short sentences; shown in place of the other, nobody is misled.
_KIN = (
    frozenset({"no", "da", "sv"}),
    frozenset({"hr", "bs", "sr", "sl"}),
    frozenset({"cs", "sk"}),
    frozenset({"id", "ms"}),
    frozenset({"es", "gl", "ca", "pt"}),
    frozenset({"ru", "uk", "be", "bg"}),
)


class Detector(Protocol):
    """Tells languages; `retrieval.languages.LanguageDetector`."""

    def passage(self, text: str) -> str:
        """The language, or "" where the text does not tell."""


def doubt(source: str, translation: str, source_language: str, target: str, detector: Detector) -> Doubt:
    """The first sign that a translation is none, "" where there is no sign.

    Args:
        source, translation: without what is protected in them: it is the same in both.
    """
    if not _WORD.search(source):
        return ""
    if not _WORD.search(translation):
        return "empty"
    if not _like_length(source, translation, source_language, target):
        return "length"
    if _repeats(translation) > max(2, _repeats(source)):
        return "repetition"
    if _copied(source, translation, source_language, target):
        return "copy"
    return "" if _in_language(translation, source_language, target, detector) else "language"


def _like_length(source: str, translation: str, source_language: str, target: str) -> bool:
    said = len(source) / _DENSITY.get(source_language, 1.0)
    meant = len(translation) / _DENSITY.get(target, 1.0)
    return said * _SHORTEST - _SLACK <= meant <= said * _LONGEST + _SLACK


def _repeats(text: str) -> int:
    """How often in a row anything up to four words long is said; where words are not spaced, letters are the words."""
    words = [part for word in _words(text) for part in (word if _unspaced(word) else (word,))]
    most = 1
    for length in range(1, 5):
        for start in range(len(words) - length):
            said, place = words[start : start + length], start + length
            while words[place : place + length] == said:
                place += length
            most = max(most, (place - start) // length)
    counts = Counter(words)
    if len(words) >= 8 and max(counts.values()) > len(words) / 2:
        # Every other word the same, though never twice in a row.
        most = max(most, *counts.values())
    return most


def _words(text: str) -> list[str]:
    return [word.casefold() for word in _WORD.findall(text)]


def _unspaced(word: str) -> bool:
    return script_of(word) in {"Han", "Kana", "Thai", "Lao", "Khmer", "Myanmar"}


def _copied(source: str, translation: str, source_language: str, target: str) -> bool:
    said, meant = _words(source), _words(translation)
    if source_language == target or not said:
        return False
    if said == meant:
        # A word or two may be the same in both ("Hotel", "Version"), if both are written in the same letters.
        return len(set(said)) > 2 or not _scripts(target) & {script_of(word) for word in meant}
    long, there = [word for word in said if len(word) > 3], set(meant)
    found = sum(word in there for word in long)
    return len(long) >= _NEAR_WORDS and found > _NEAR_SHARE * len(long)


def _in_language(translation: str, source_language: str, target: str, detector: Detector) -> bool:
    words = _WORD.findall(translation)
    letters = Counter(script_of(word) for word in words for _ in word)
    own = _scripts(target)
    if own and sum(letters[script] for script in own) < sum(letters.values()) / 2:
        return False
    found = detector.passage(translation)
    if not found or found == target or any({found, target} <= kin for kin in _KIN):
        return True
    # Of few words the detector is sure too often; that they are the source's own language is another matter.
    return found != source_language and len(words) < _CERTAIN_WORDS


def _scripts(language: str) -> set[str]:
    scripts = {script for script, languages in LANGUAGES_OF.items() if language in languages}
    return scripts | {"Han"} if language == "ja" else scripts
