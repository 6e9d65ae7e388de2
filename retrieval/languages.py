"""Which language a question or a passage is in. It chooses the answer's language; retrieval never depends on it.

Letters of one language (Hangul, kana, Thai …) settle it. Letters that several share go to a small statistical model
with a prior for the desk's languages. A word or two in Latin letters, digits, codes and names settle nothing: then the
conversation's language holds, then the browser's, then the desk's. A conversation's language is hard to flip.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cache

import numpy as np
from py3langid.langid import LanguageIdentifier  # type: ignore[import-untyped]

from retrieval.function_words import FUNCTION_WORDS
from retrieval.scripts import LANGUAGES_OF, RARE, letters_hint, script_of

# Codes of old, of browsers and of close varieties, to the one that a desk would answer in.
_ALIASES = {
    "nb": "no", "nn": "no", "iw": "he", "in": "id", "fil": "tl", "cmn": "zh", "yue": "zh", "wuu": "zh", "pcm": "en",
    "arz": "ar", "ary": "ar", "ext": "es", "an": "es", "uzs": "uz", "lb": "de", "vec": "it", "lij": "it",
    "gcr": "fr", "gcf": "fr", "wa": "fr", "zsm": "ms",
}  # fmt: skip
_NOISE = re.compile(
    r"```.*?```|`[^`]*`"  # code
    r"|(?:https?://|www\.)[!-~]+|[!-~]+@[!-~]+\.[!-~]+"  # addresses
    r"|(?<![!-~])(?:[A-Za-z]:)?[\w.~-]*[/\\](?:[A-Za-z0-9_.-]+[/\\])*[A-Za-z0-9_.-]+\.[A-Za-z]\w*"  # paths to files
    r"|(?<![!-~])(?:/[A-Za-z0-9_.-]+){2,}|(?<![A-Za-z0-9])[A-Za-z0-9-]+\.[A-Za-z]{2,4}(?![A-Za-z0-9])"
    r"|(?<!\S)--?[A-Za-z][A-Za-z0-9-]*"  # options
    r"|(?<![A-Za-z0-9_])(?:[A-Za-z]+_[A-Za-z0-9_]+|[A-Za-z]*[a-z][A-Z][A-Za-z0-9]*)"  # snake_case, camelCase
    r"|(?<![A-Za-z0-9])(?=[A-Za-z_-]*\d)[A-Za-z0-9][A-Za-z0-9_-]*",  # codes and numbers
    re.DOTALL,
)
# Vowel signs and tone marks are no letters to Python, yet stand inside words.
_MARKS = (
    "\u0300-\u036f\u0591-\u05c7\u064b-\u065f\u0900-\u0dff\u0e31-\u0e4e"
    "\u0eb1-\u0ecd\u1000-\u109f\u1780-\u17ff\u200c\u200d"
)
_LATIN = "A-Za-zªºÀ-ÖØ-öø-ɏḀ-ỿ"
_WORD = re.compile(
    rf"[{_LATIN}](?:[{_LATIN}\u0300-\u036f]|['’-](?=[{_LATIN}]))*"
    rf"|(?![{_LATIN}])[^\W\d_](?:(?![{_LATIN}])[^\W\d_]|[{_MARKS}]|['’-](?=[^\W\d_]))*"
)
_LONGEST = 2_000  # characters looked at; more tells nothing new
_WHOLE_WORDS = frozenset({"Han", "Kana", "Thai", "Lao", "Khmer", "Myanmar"})  # written without spaces
_CONFIGURED, _OTHER, _SELDOM = 1.0, 0.3, 0.05
_WORD_WEIGHT = 0.9  # how far one function word moves the log-odds
_CONTEXT_BONUS = 0.7
_MINIMUM_WORDS = 3
_SURE = 0.5  # probability from which a sentence decides; below, the context does
_FLIP = 0.9  # the same where that changes a conversation's language, or where there are only two words


def base_language(code: str) -> str:
    """The language of a BCP-47 code without script and region, old codes replaced: "pt-BR" → "pt", "nb" → "no"."""
    base = re.split(r"[-_]", code.strip().lower(), maxsplit=1)[0]
    return _ALIASES.get(base, base)


@cache
def _model() -> LanguageIdentifier:
    return LanguageIdentifier.from_model_file("data/model.npz.xz", norm_probs=True)


@cache
def _function_words() -> dict[str, frozenset[str]]:
    return {language: frozenset(words.split()) for language, words in FUNCTION_WORDS.items()}


class LanguageDetector:
    """Detects languages; thread-safe and deterministic. Building one loads the model (about 0.7 s, once a process).

    Args:
        configured: the desk's languages; they are preferred where a text could be in one of several.
    """

    def __init__(self, configured: Sequence[str]) -> None:
        self._configured = tuple(dict.fromkeys(base_language(code) for code in configured))
        self._model = _model()

    def question(self, text: str, *, conversation: str = "", browser: Sequence[str] = (), default: str = "en") -> str:
        """The language to answer a question in, as a code without region.

        Args:
            conversation: the language held so far, or "".
            browser: what the asker's browser asks for, best first.
        """
        conversation = base_language(conversation)
        context = [base_language(code) for code in (conversation, *browser, default) if code and code != "*"]
        words, script = _read(text)
        if not words:
            return context[0] if context else "en"
        size = _size(words, script)
        if script == "Latin":
            if size < _MINIMUM_WORDS and not (size == 2 and not conversation and _marked(words)):
                return context[0] if context else "en"
        elif conversation and script not in _scripts(conversation) and size < _MINIMUM_WORDS:
            return conversation
        language, probability = self._most_likely(words, script, context, size)
        if conversation and language != conversation and script in _scripts(conversation):
            if size <= _MINIMUM_WORDS or probability < _FLIP:
                return conversation
        elif script == "Latin" and probability < (_SURE if size > 2 else _FLIP):
            return context[0] if context else "en"
        return language

    def passage(self, text: str) -> str:
        """The language of a passage that declares none, or "" where its text does not tell."""
        words, script = _read(text)
        size = _size(words, script)
        if not words or (script == "Latin" and size < _MINIMUM_WORDS):
            return ""
        language, probability = self._most_likely(words, script, (), size)
        return language if script != "Latin" or probability >= _SURE else ""

    def _most_likely(self, words: list[str], script: str, context: Sequence[str], size: int) -> tuple[str, float]:
        candidates = LANGUAGES_OF[script]
        if len(candidates) == 1:
            return candidates[0], 1.0
        near = [code for code in context if code in candidates]
        if size < _MINIMUM_WORDS and script != "Latin" and near:
            return near[0], 1.0
        hint = letters_hint("".join(words), script)
        if hint:
            return hint, 1.0
        if script == "Han":
            # Only context can tell Japanese written without kana from Chinese.
            return near[0] if near and size < 2 * _MINIMUM_WORDS else "zh", 1.0
        return self._by_model(words, script, frozenset(near[:2]))

    def _by_model(self, words: list[str], script: str, near: frozenset[str]) -> tuple[str, float]:
        candidates = frozenset(LANGUAGES_OF[script])
        scores: dict[str, float] = {}
        for code, probability in self._model.rank(" ".join(words)):
            language = _ALIASES.get(code, code)
            if language in candidates:
                scores[language] = scores.get(language, 0.0) + probability
        small = [part for word in words for part in re.split("['’-]", word.lower())]
        for language in scores:
            known = _function_words().get(language, frozenset())
            hits = sum(word in known for word in small)
            weight = _CONFIGURED if language in self._configured else _SELDOM if language in RARE else _OTHER
            odds = np.log(scores[language] + 1e-3) + np.log(weight) + _WORD_WEIGHT * hits
            scores[language] = float(np.exp(odds + (_CONTEXT_BONUS if language in near else 0.0)))
        best = max(scores, key=lambda language: (scores[language], language))
        return best, scores[best] / sum(scores.values())


def _read(text: str) -> tuple[list[str], str]:
    """The words that may tell the language, and the script that the text is written in ("" without any)."""
    found = [(word, script_of(word)) for word in _WORD.findall(_NOISE.sub(" ", text[:_LONGEST]))]
    found = [(word, script) for word, script in found if script in LANGUAGES_OF]
    weights: Counter[str] = Counter()
    for word, script in found:
        weights[script] += len(word) * (3 if script in _WHOLE_WORDS or script == "Hangul" else 1)
    if not weights:
        return [], ""
    if weights["Kana"]:
        weights["Kana"] += weights.pop("Han", 0)
    script = max(weights, key=lambda name: (weights[name] if name != "Latin" else _latin_weight(found), name))
    mine = {"Kana", "Han"} if script == "Kana" else {script}
    words = [word for word, name in found if name in mine]
    return (_without_names(words) if script == "Latin" else words), script


def _latin_weight(found: Iterable[tuple[str, str]]) -> float:
    """Latin words among other letters are mostly product names; small words show a sentence."""
    words = [word for word, script in found if script == "Latin"]
    everyday = frozenset().union(*_function_words().values())
    sentence = sum(word.lower() in everyday for word in words) >= 2
    return sum(map(len, words)) * (1.0 if sentence else 0.2)


def _without_names(words: list[str]) -> list[str]:
    """Leaves out words with capitals inside a sentence, if enough remain: names tell nothing (nor do German nouns)."""
    plain = [word for place, word in enumerate(words) if place == 0 or not word[0].isupper() or word.isupper()]
    return plain if len(plain) > _MINIMUM_WORDS else words


def _size(words: Sequence[str], script: str) -> int:
    """How many words a text has; where words are not spaced, two letters count as one."""
    return sum(map(len, words)) // 2 if script in _WHOLE_WORDS else len(words)


def _marked(words: Sequence[str]) -> bool:
    """Whether any word has a letter with a mark, which a product's name seldom has."""
    return any(not word.isascii() for word in words)


def _scripts(language: str) -> frozenset[str]:
    return frozenset(script for script, languages in LANGUAGES_OF.items() if language in languages)
