"""Claims to calibrate on, true and false ones, from what Debian packages install, in many languages.

Paragraphs of LibreOffice's help carry the same id in every language, those of Debian's FAQ stand in the same order. A
passage is a run of paragraphs in one language; what one of them says in another language is a true claim about it, and
so is a clause of that ("part"). False ones are said elsewhere: in the paragraphs next to the passage ("neighbour"), in
the most similar paragraph of any other page ("similar"), half in the passage and half not ("spliced"), or with one word
of another sentence put in for one of their own ("swapped").
"""

from __future__ import annotations

import html
import random
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from calibration_sets import FAQ, HELP

from retrieval.encoder.base import Encoder
from retrieval.sentences import split_sentences

HELP_LANGUAGES = {"en-US": "en", "de": "de", "es": "es", "fr": "fr", "it": "it", "ja": "ja", "ko": "ko", "nl": "nl",
                  "pt-BR": "pt", "ru": "ru", "zh-CN": "zh", "tr": "tr", "hi": "hi", "pl": "pl", "vi": "vi",
                  "el": "el", "id": "id"}  # fmt: skip
FAQ_LANGUAGES = {"en": "en", "de": "de", "fr": "fr", "it": "it", "ja": "ja", "ko": "ko", "nl": "nl", "pt": "pt",
                 "ru": "ru", "zh-cn": "zh"}  # fmt: skip
HELP_PAGES = 500
# Paragraphs of one passage, and the words of a claim.
RUN = 6
SHORTEST, LONGEST = 6, 45
_PARAGRAPH = re.compile(r"<p id=\"([^\"]+)\"[^>]*>(.*?)</p>", re.DOTALL)
_TITLE = re.compile(r"<title>(.*?)</title>", re.DOTALL)
_BLOCK = re.compile(r"<p>(.*?)</p>", re.DOTALL)
_WITHOUT_SPACES = frozenset({"zh", "ja"})


@dataclass(frozen=True, slots=True)
class Case:
    """A claim about a passage.

    Attributes:
        heading: of the page that the passage is from.
        kind: "true" or what is false about it.
        pair: the languages of claim and passage: "de-en".
    """

    heading: str
    text: str
    passage_language: str
    claim: str
    language: str
    kind: str

    @property
    def pair(self) -> str:
        return f"{self.language}-{self.passage_language}"


@dataclass(frozen=True, slots=True)
class _Page:
    title: Mapping[str, str]
    paragraphs: Sequence[Mapping[str, str]]


def cases(name: str, encoder: Encoder, count: int) -> Iterator[Case]:
    """The cases of a set ("help" or "faq"); at most `count` true ones, four false ones of each."""
    chance = random.Random(1)
    pages = list(_help(chance) if name == "help" else _faq())
    everything = [paragraph for page in pages for paragraph in page.paragraphs if "en" in paragraph]
    vectors = np.stack([one.pooled for one in encoder.encode_passages([one["en"] for one in everything])])
    places = {id(paragraph): place for place, paragraph in enumerate(everything)}
    languages = tuple((HELP_LANGUAGES if name == "help" else FAQ_LANGUAGES).values())
    windows = [(page, start) for page in pages for start in range(0, len(page.paragraphs), RUN)]
    chance.shuffle(windows)
    made = 0
    while made < count and windows:
        page, start = windows.pop()
        # Most help centres are in English, or in one of a few languages.
        spoken = chance.choice(("en", "en", *languages))
        run = page.paragraphs[start : start + RUN]
        if any(spoken not in one for one in run) or len(run) < 2:
            continue
        inside = [place for place, one in enumerate(run) if id(one) in places]
        if not inside:
            continue
        said = run[chance.choice(inside)]
        language = chance.choice([code for code in said if code != spoken] or [spoken])
        true = _sentence(said, language, chance)
        outside = [one for place, one in enumerate(page.paragraphs) if not start <= place < start + RUN]
        near = [text for one in outside if (text := _sentence(one, language, chance))]
        far = _similar(said, places, everything, vectors, {id(one) for one in page.paragraphs}, language, chance)
        if not true or not near or not far or said.get(language) == said.get(spoken):
            continue
        own = {text for one in run if language in one for text in [one[language]]}
        near = [text for text in near if not any(text in whole for whole in own)]
        if not near:
            continue
        neighbour = chance.choice(near)
        text = "\n\n".join(one[spoken] for one in run)
        for kind, claim in (
            ("true", true),
            ("part", _part(true)),
            ("neighbour", neighbour),
            ("similar", far),
            ("spliced", _spliced(true, neighbour, language)),
            ("swapped", _swapped(true, neighbour, language, chance)),
        ):
            if claim:
                yield Case(page.title.get(spoken, ""), text, spoken, claim, language, kind)
        made += 1


def _similar(
    said: Mapping[str, str],
    places: Mapping[int, int],
    everything: Sequence[Mapping[str, str]],
    vectors: np.ndarray,
    own: set[int],
    language: str,
    chance: random.Random,
) -> str:
    nearest = np.argsort(-(vectors @ vectors[places[id(said)]]))[:60]
    for place in nearest.tolist():
        other = everything[place]
        if id(other) in own or other["en"] == said["en"]:
            continue
        found = _sentence(other, language, chance)
        # The same sentence stands on many pages.
        if found and float(vectors[place] @ vectors[places[id(said)]]) < 0.97 and found not in said.get(language, ""):
            return found
    return ""


def _sentence(paragraph: Mapping[str, str], language: str, chance: random.Random) -> str:
    text = paragraph.get(language, "")
    found = [
        text[start:end]
        for start, end in split_sentences(text)
        if SHORTEST <= _size(text[start:end], language) <= LONGEST
    ]
    return chance.choice(found) if found else ""


def _size(text: str, language: str) -> int:
    return len(text) // 2 if language in _WITHOUT_SPACES else len(text.split())


def _part(true: str) -> str:
    """What a sentence says up to its first comma, or from there on, whichever is longer; "" where that is little."""
    parts = re.split(r"[,，、;；:：،]\s*|\s[–-]\s", true, maxsplit=1)
    if len(parts) < 2:
        return ""
    longest = max(parts, key=len).strip()
    return longest if len(longest) >= len(true) / 3 and len(longest) > 12 else ""


def _spliced(true: str, other: str, language: str) -> str:
    """The first half of one sentence and the second half of another."""
    if language in _WITHOUT_SPACES:
        return true[: len(true) // 2] + other[len(other) // 2 :]
    first, second = true.split(), other.split()
    return " ".join((*first[: len(first) // 2], *second[len(second) // 2 :]))


def _swapped(true: str, other: str, language: str, chance: random.Random) -> str:
    """A sentence with one of its longer words changed for one of another sentence."""
    if language in _WITHOUT_SPACES:
        at = chance.randrange(1, max(2, len(true) - 4))
        start = chance.randrange(max(1, len(other) - 4))
        return true[:at] + other[start : start + 4] + true[at + 4 :]
    words, others = true.split(), other.split()
    at = max(chance.sample(range(len(words)), min(4, len(words))), key=lambda place: len(words[place]))
    fitting = [word for word in others if word not in words] or others
    words[at] = max(chance.sample(fitting, min(4, len(fitting))), key=len)
    return " ".join(words)


def _help(chance: random.Random) -> Iterator[_Page]:
    source = HELP / "en-US"
    names = sorted(str(path.relative_to(source)) for path in source.glob("text/**/*.html"))
    for name in chance.sample(names, min(HELP_PAGES, len(names))):
        found = {code: _paragraphs(HELP / folder / name) for folder, code in HELP_LANGUAGES.items()}
        titles = {code: title for code, (title, _) in found.items()}
        english = found["en"][1]
        paragraphs = [
            {"en": text}
            | {
                code: own[key]
                # A paragraph that was never translated stands there in English.
                for code, (_, own) in found.items()
                if code != "en" and key in own and own[key] != text
            }
            for key, text in english.items()
            if len(text) > 30
        ]
        if len(paragraphs) > RUN:
            yield _Page(titles, paragraphs)


def _paragraphs(page: Path) -> tuple[str, dict[str, str]]:
    if not page.is_file():
        return "", {}
    text = page.read_text(encoding="utf-8", errors="replace")
    title = _TITLE.search(text)
    return _plain(title[1]) if title else "", {match[1]: _plain(match[2]) for match in _PARAGRAPH.finditer(text)}


def _faq() -> Iterator[_Page]:
    for page in sorted(FAQ.glob("*.en.html")):
        name = page.name.removesuffix(".en.html")
        found: dict[str, list[str]] = {}
        for folder, code in FAQ_LANGUAGES.items():
            path = page if code == "en" else next(iter((FAQ / folder).glob(f"{name}.*html")), None)
            if path is not None:
                text = path.read_text(encoding="utf-8", errors="replace")
                found[code] = [_plain(match[1]) for match in _BLOCK.finditer(text)]
        english = found["en"]
        # Only translations that have kept the paragraphs.
        kept = {code: own for code, own in found.items() if len(own) == len(english)}
        paragraphs = [
            {code: own[place] for code, own in kept.items() if code == "en" or own[place] != text}
            for place, text in enumerate(english)
            if len(text) > 30
        ]
        if len(paragraphs) > RUN:
            yield _Page({"en": f"Debian: {name.replace('-', ' ')}"}, paragraphs)


def _plain(markup: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", "", markup)).split())
