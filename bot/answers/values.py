"""What an answer is made of: sentences, each with the number of the citation that backs it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from retrieval.encoder.base import Floats
from retrieval.passages import Passage


@dataclass(frozen=True, slots=True)
class Citation:
    """Where a part of an answer stands.

    Attributes:
        n: the marker in the answer's text, counted from 1 in order of first use.
        url: deep link to the very section, or "" where the file is published nowhere.
        quote: stands verbatim in the passage.
        language: of the passage, "" if unknown.
        score: how well the passage covers the question, in [0, 1]; comparable across questions.
        translation: the quote in the asker's language, "" where it was not translated.
    """

    n: int
    title: str
    url: str
    path: str
    anchor: str
    heading: tuple[str, ...]
    quote: str
    language: str
    score: float
    translation: str = ""

    def to_json(self) -> dict[str, Any]:
        """As plain values, in the order of the contract; the translation is there only where there is one."""
        added = {"translation": self.translation} if self.translation else {}
        return {
            "n": self.n,
            "title": self.title,
            "url": self.url,
            "path": self.path,
            "anchor": self.anchor,
            "heading": list(self.heading),
            "quote": self.quote,
            "language": self.language,
            "score": self.score,
            **added,
        }


def cite(n: int, passage: Passage, quote: str, score: float) -> Citation:
    """A citation of a passage."""
    return Citation(
        n, passage.title, passage.link, passage.path, passage.anchor, passage.heading, quote, passage.language, score
    )


@dataclass(frozen=True, slots=True)
class Sentence:
    """A piece of an answer that is shown or withheld as a whole.

    Attributes:
        n: the citation that backs it.
        gap: the white space before it: a space inside a paragraph, line feeds before a list item, row or paragraph.
    """

    text: str
    n: int
    gap: str = " "


@dataclass(frozen=True, slots=True)
class Draft:
    """An answer as written, before it is checked.

    Attributes:
        confidence: that the knowledge answers the question, in [0, 1].
        scores: how well each passage that was read covers the question, in [0, 1], by the passage's id.
        matches: for each token of the question its best match in the first passage, shape (tokens,).
    """

    sentences: tuple[Sentence, ...]
    citations: tuple[Citation, ...]
    confidence: float
    scores: Mapping[int, float] = field(default_factory=dict)
    matches: Floats | None = field(default=None, compare=False)

    @property
    def text(self) -> str:
        """Markdown in which each sentence is followed by its marker."""
        return "".join(pieces(self.sentences))


def pieces(sentences: Iterable[Sentence]) -> list[str]:
    """The sentences with their markers and the white space between them, one piece a sentence, as they are streamed.

    A table keeps its rows together and a code sample its closing fence: their marker stands in a paragraph below.
    """
    whole = list(sentences)
    found: list[str] = []
    gap = ""
    for place, sentence in enumerate(whole):
        following = whole[place + 1] if place + 1 < len(whole) else None
        block = sentence.text.endswith(("|", "```", "~~~"))
        if following is not None and following.n == sentence.n and block and following.text.startswith("|"):
            marker, after = "", "\n"
        else:
            marker = f"\n\n[{sentence.n}]" if block else f" [{sentence.n}]"
            after = "\n\n" if block or following is None or following.n != sentence.n else following.gap
        found.append(f"{gap}{sentence.text}{marker}")
        gap = after
    return found
