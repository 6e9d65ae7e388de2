"""A generated sentence taken apart: what it claims, which passages it cites, what it quotes and where it leads."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

# [1], [1, 2], ［１］, 【1】; digits of any script.
_MARKER = re.compile(r"[ \t]*[\[［【]\s*(\d{1,3}(?:\s*[,،，、;；]\s*\d{1,3})*)\s*[\]］】](?!\()")
# What was meant for one: [1-3], [1†source], [passage 2], [^1], [n].
_BROKEN = re.compile(
    r"[\[［【]\s*(?:\^?\d[^\]］】]{0,30}"
    r"|(?i:passages?|source|doc\w{0,20}|n|cit\w{0,20})[ _:#.-]{0,10}\d{0,10})\s*[\]］】](?!\()"
)
_BULLET = re.compile(r"\A\s*(?:(?:[-*+•·–]|#{1,6})\s+)+")
# The number of a list item, not one that belongs to the sentence ("3. Oktober", "30) days" are no items).
_ITEM_NUMBER = re.compile(r"\A\s*(\d{1,2})[.)]\s+(?=[*_“\"„«]*(?:[A-ZÀ-ÖØ-ÞА-ЯЁΑ-Ω]|[^\W\d_A-Za-zÀ-ÿА-яёα-ω]))")
_NO_ITEM = re.compile(
    r"\s*\d{1,2}[.)]\s+(?:Januar|Jänner|Februar|März|April|Mai|Juni|Juli|August|September|Oktober|November|Dezember|"
    r"Tag|Woche|Monat|Jahr|Jahrhundert|Mal|Quartal|Generation|Platz|Stelle|Stock|Etage)"
)
_EMPHASIS = re.compile(r"\*{1,3}|(?<!\w)_{1,3}|_{1,3}(?!\w)|`+")
# None reads over the next mark that opens one: from each mark to the end would take the square of their number.
_QUOTED = re.compile(
    r"„([^„“”\"]+)[“”\"]|“([^“”]+)”|«([^«»]+)»|»([^«»]+)«|「([^「」]+)」|『([^『』]+)』|(?<!\w)\"([^\"]+)\"(?!\w)"
)
_SPACES = re.compile(r"\s{2,}")


@dataclass(frozen=True, slots=True)
class Claim:
    """What a sentence says.

    Attributes:
        text: without markers, list marks and emphasis.
        shown: without markers only: what may be shown.
        cited: the numbers of its markers, in order, each once.
        broken: whether something in it looks like a marker and is none.
        quoted: what stands in quotation marks.
    """

    text: str
    shown: str
    cited: tuple[int, ...]
    broken: bool
    quoted: tuple[str, ...]


def read_claim(sentence: str) -> Claim:
    """Takes a sentence apart. Its markers may stand anywhere in it. The time grows with its length and no faster."""
    sentence = _SPACES.sub(" ", sentence)
    cited = [int(n) for match in _MARKER.finditer(sentence) for n in re.findall(r"\d+", match[1])]
    shown = _MARKER.sub("", sentence).strip()
    text = shown
    if not _NO_ITEM.match(text):
        text = _ITEM_NUMBER.sub("", text, count=1)
    text = _BULLET.sub("", text, count=1)
    text = " ".join(_EMPHASIS.sub("", text).split())
    quoted = tuple(next(part for part in match.groups() if part) for match in _QUOTED.finditer(text))
    return Claim(text, shown, tuple(dict.fromkeys(cited)), bool(_BROKEN.search(shown)), quoted)


def plain(text: str) -> str:
    """A text as it is compared: one form of each letter, mark and space, lower case."""
    folded = unicodedata.normalize("NFKC", text).casefold().translate(_SAME)
    return " ".join(folded.split())


_SAME = str.maketrans(dict.fromkeys("‘’‚‛`´", "'") | dict.fromkeys("“”„«»", '"') | dict.fromkeys("‐‑‒–—−", "-"))
