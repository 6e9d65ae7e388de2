"""Documents as JSON between the parser process and the desk: plain values, so that a hijacked parser stays harmless."""

from __future__ import annotations

from datetime import date
from typing import Any

from retrieval.errors import KnowledgeFileError
from retrieval.passages import Block, Document, Section


def document_to_wire(document: Document) -> dict[str, Any]:
    """The document as values that JSON knows."""
    sections = [
        [
            section.heading,
            section.anchor,
            [[block.kind, block.text] for block in section.blocks],
            section.url,
            section.alone,
        ]
        for section in document.sections
    ]
    valid_until = document.valid_until.isoformat() if document.valid_until else None
    fields = {name: getattr(document, name) for name in _PLAIN}
    return {**fields, "sections": sections, "valid_until": valid_until}


_PLAIN = ("path", "title", "url", "language", "audience", "tags", "questions", "instruction")


def document_from_wire(values: dict[str, Any]) -> Document:
    """The document back from JSON."""
    sections = tuple(
        Section(tuple(heading), anchor, tuple(Block(kind, text) for kind, text in blocks), url, alone)
        for heading, anchor, blocks, url, alone in values["sections"]
    )
    fields = {name: values[name] for name in _PLAIN}
    fields["tags"], fields["questions"] = tuple(values["tags"]), tuple(values["questions"])
    valid_until = date.fromisoformat(values["valid_until"]) if values["valid_until"] else None
    return Document(**fields, sections=sections, valid_until=valid_until)


def error_to_wire(error: KnowledgeFileError) -> dict[str, Any]:
    """What an error says."""
    return {"reason": error.reason, "line": error.line}
