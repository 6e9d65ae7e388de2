"""What one knowledge file may cost."""

from __future__ import annotations

from dataclasses import dataclass

MEBIBYTE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds on one file, and on the process that parses it.

    Attributes:
        max_bytes: size of the file.
        max_pages: pages of a PDF.
        max_expanded_bytes: what a DOCX unpacks to, or the text of a PDF.
        max_ratio: unpacked size of one part of a DOCX over its packed size.
        seconds: wall time for one file.
        memory_bytes: address space of the parser process.
    """

    max_bytes: int = 20 * MEBIBYTE
    max_pages: int = 2_000
    max_expanded_bytes: int = 200 * MEBIBYTE
    max_ratio: int = 150
    seconds: float = 30.0
    memory_bytes: int = 1024 * MEBIBYTE
