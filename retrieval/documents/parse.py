"""A knowledge file's bytes → Document."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from importlib import import_module
from pathlib import PurePosixPath
from typing import cast
from urllib.parse import quote

from retrieval.documents.content import Content
from retrieval.documents.limits import MEBIBYTE, Limits
from retrieval.errors import KnowledgeFileError
from retrieval.folder_rules import FolderRules
from retrieval.passages import Document, Section

# A format's libraries are loaded with the first file of that format.
_READERS = {
    ".md": "markdown",
    ".markdown": "markdown",
    ".html": "html",
    ".htm": "html",
    ".xhtml": "html",
    ".txt": "text",
    ".pdf": "pdf",
    ".docx": "docx",
    ".csv": "csv",
}
SUPPORTED = frozenset(_READERS)


def parse(data: bytes, path: str, rules: FolderRules, limits: Limits | None = None) -> Document:
    """The document that a file holds, with its front matter and its folder's rules applied.

    What is declared nearest wins: front matter over the format's own declarations (`<html lang>`, the canonical link)
    over the folder. This holds for `audience` too: front matter may narrow or widen it for its own file.

    Raises:
        KnowledgeFileError: if the file cannot be used.
    """
    limits = limits or Limits()
    if len(data) > limits.max_bytes:
        raise too_large(path, len(data), limits)
    content = _read(data, path, limits)
    title = content.title or _title_from(path)
    sections = tuple(_under_title(section, title) for section in content.sections)
    if not sections:
        raise KnowledgeFileError(path, "has no text")
    front = content.front
    return Document(
        path=path,
        title=title,
        sections=sections,
        url=front.url or content.url or _published_url(path, rules),
        language=front.language or content.language or rules.language,
        audience=front.audience or rules.audience,
        tags=front.tags,
        questions=front.questions,
        valid_until=front.valid_until,
        instruction=rules.instruction,
    )


def too_large(path: str, size: int, limits: Limits) -> KnowledgeFileError:
    """The refusal of a file by its size in bytes."""
    return KnowledgeFileError(
        path, f"is {size / MEBIBYTE:.1f} MiB large; the limit is {limits.max_bytes / MEBIBYTE:.1f} MiB"
    )


def _read(data: bytes, path: str, limits: Limits) -> Content:
    ending = PurePosixPath(path).suffix.lower()
    if ending not in _READERS:
        raise KnowledgeFileError(path, f"files ending in {ending or 'nothing'} are not supported")
    if not data.strip():
        raise KnowledgeFileError(path, "is empty")
    module = import_module(f"retrieval.documents.{_READERS[ending]}")
    return cast(Callable[[bytes, str, Limits], Content], module.read)(data, path, limits)


def _title_from(path: str) -> str:
    stem = PurePosixPath(path).stem.replace("-", " ").replace("_", " ").strip()
    return stem[:1].upper() + stem[1:] if stem else path


def _under_title(section: Section, title: str) -> Section:
    """Readers that know no title leave its place in the heading path empty."""
    if section.heading[0]:
        return section
    return replace(section, heading=(title, *section.heading[1:]))


def _published_url(path: str, rules: FolderRules) -> str:
    if not rules.url_base:
        return ""
    stem = PurePosixPath(path).stem
    base = rules.url_base.rstrip("/")
    return f"{base}/" if stem == "index" else f"{base}/{quote(stem)}"
