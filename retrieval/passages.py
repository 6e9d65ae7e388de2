"""The values that travel through retrieval: frozen, without behaviour that reaches outside."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

# Each takes a place in the index.
MOST_SIGNPOSTS = 8

BlockKind = Literal["text", "list", "table", "code"]


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph, list, table or code sample: the smallest unit that is kept whole where it fits."""

    kind: BlockKind
    text: str


@dataclass(frozen=True, slots=True)
class Section:
    """The blocks under one heading.

    Attributes:
        heading: the path of headings from the document's title down to this section's own.
        anchor: the fragment (without ``#``) that opens this section, or "" for the page's top.
        url: where this section is read, if it has a page of its own (a row of a CSV file), or "".
        alone: whether it stays a passage of its own however short it is.
    """

    heading: tuple[str, ...]
    anchor: str
    blocks: tuple[Block, ...]
    url: str = ""
    alone: bool = False


@dataclass(frozen=True, slots=True)
class Document:
    """A parsed knowledge file, with its front matter and the folder rules applied.

    Attributes:
        path: relative to the knowledge root, with forward slashes.
        url: where customers read it, without fragment, or "" if it is published nowhere.
        language: BCP-47 code as declared, or "" if nobody said.
        audience: "public" or the name of an inner circle.
        questions: questions that this file answers, in the editor's words.
        valid_until: the last day on which the file is served.
        instruction: what the reranker is told to judge, or "".
    """

    path: str
    title: str
    sections: tuple[Section, ...]
    url: str = ""
    language: str = ""
    audience: str = "public"
    tags: tuple[str, ...] = ()
    questions: tuple[str, ...] = ()
    valid_until: date | None = None
    instruction: str = ""


@dataclass(frozen=True, slots=True)
class Passage:
    """A section-sized part of a document: what is recalled and cited.

    Attributes:
        hints: editors' questions that this passage answers; encoded with it, never part of an answer.
        language: of the text: as declared, else as detected, else "".
    """

    path: str
    title: str
    url: str
    anchor: str
    heading: tuple[str, ...]
    text: str
    audience: str
    language: str = ""
    instruction: str = ""
    hints: str = ""

    @property
    def context(self) -> str:
        """What is put before the text when it is encoded: the heading path, then the hints."""
        heading = " › ".join(self.heading)
        return f"{heading}\n{self.hints}" if self.hints else heading

    @property
    def signposts(self) -> tuple[str, ...]:
        """What else a question may resemble: the heading path, and each of the editors' questions."""
        texts = (" › ".join(self.heading), *self.hints.splitlines())
        return tuple(dict.fromkeys(text for text in texts if text))[:MOST_SIGNPOSTS]

    @property
    def link(self) -> str:
        """The deep link to the very section, or "" where the file is published nowhere."""
        if not self.url:
            return ""
        return f"{self.url}#{self.anchor}" if self.anchor else self.url


@dataclass(frozen=True, slots=True)
class StoredPassage:
    """A passage as the store holds it; ids are unique over all revisions and audiences."""

    id: int
    passage: Passage


Origin = Literal["recall", "identifier"]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A passage that recall or the identifier look-up brought up.

    Attributes:
        rank: 1-based place in the recall order.
        similarity: cosine between the question and the passage.
        origin: which of the two found it.
        exact: share of the codes named in the question that the passage holds, in [0, 1].
        signpost: cosine between the question and the nearest of the passage's signposts; -1 without any.
    """

    id: int
    passage: Passage
    rank: int
    similarity: float
    origin: Origin = "recall"
    exact: float = 0.0
    signpost: float = -1.0

    @property
    def nearness(self) -> float:
        """What recall ranks by: whichever is nearer to the question, the passage or what points to it."""
        return max(self.similarity, self.signpost)


@dataclass(frozen=True, slots=True)
class Ranked:
    """A candidate after reranking.

    Attributes:
        rank: 1-based place after reranking.
        score: the reranker's own; comparable within one question only.
        duplicates: ids of near-identical candidates folded into this one.
    """

    candidate: Candidate
    rank: int
    score: float
    duplicates: tuple[int, ...] = ()

    @property
    def passage(self) -> Passage:
        return self.candidate.passage
