"""What a format's reader gives: the parts of a document before folder rules and front matter are applied."""

from __future__ import annotations

from dataclasses import dataclass, field

from retrieval.documents.front_matter import FrontMatter
from retrieval.passages import Section


@dataclass(frozen=True, slots=True)
class Content:
    """A file's own words.

    Attributes:
        title: as the file's text gives it, or "".
        front: what its editor declared about it.
        language: as the format itself declares it (``<html lang>``), or "".
        url: as the format itself declares it (``<link rel=canonical>``), or "".
    """

    title: str
    sections: tuple[Section, ...]
    front: FrontMatter = field(default_factory=FrontMatter)
    language: str = ""
    url: str = ""
