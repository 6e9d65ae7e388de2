"""Real files, made by hand or by the usual libraries."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence

import docx

from retrieval.documents import Limits, parse
from retrieval.folder_rules import FolderRules
from retrieval.passages import Document

PDF_TRAILER = b"trailer<</Size 99/Root 1 0 R%s>>\n%%%%EOF\n"


def read(data: str | bytes, path: str, rules: FolderRules | None = None, limits: Limits | None = None) -> Document:
    """Parses a file in this process."""
    return parse(data.encode() if isinstance(data, str) else data, path, rules or FolderRules(), limits)


def outline(document: Document) -> list[tuple[tuple[str, ...], str, list[str]]]:
    """Heading path below the title, anchor and texts of each section."""
    return [(s.heading[1:], s.anchor, [block.text for block in s.blocks]) for s in document.sections]


def pdf(pages: Sequence[Sequence[tuple[int, str]]], *, title: str = "", trailer: bytes = b"") -> bytes:
    """A PDF whose pages hold lines of (letter size, text), without a cross-reference table, which readers rebuild."""
    objects = [b"<</Type/Catalog/Pages 2 0 R>>", b""]
    kids = []
    for lines in pages:
        y = 780
        commands = []
        for size, text in lines:
            commands.append(f"BT /F1 {size} Tf 1 0 0 1 60 {y} Tm ({text}) Tj ET")
            y -= round(size * 1.2)
        stream = "\n".join(commands).encode("latin-1")
        objects.append(b"<</Length %d>>stream\n%s\nendstream" % (len(stream), stream))
        content = len(objects)
        objects.append(
            b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents %d 0 R/Resources<</Font<</F1"
            b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>>>>>>>" % content
        )
        kids.append(b"%d 0 R" % len(objects))
    objects[1] = b"<</Type/Pages/Count %d/Kids[%s]>>" % (len(kids), b" ".join(kids))
    if title:
        objects.append(b"<</Title(%s)>>" % title.encode("latin-1"))
        trailer += b"/Info %d 0 R" % len(objects)
    body = b"".join(b"%d 0 obj%s\nendobj\n" % (number, value) for number, value in enumerate(objects, 1))
    return b"%PDF-1.4\n" + body + PDF_TRAILER % trailer


def protected_pdf() -> bytes:
    """A PDF that asks for a password."""
    key = b"<" + b"5a" * 32 + b">"
    encrypt = b"/Encrypt<</Filter/Standard/V 1/R 2/P -4/O %s/U %s>>/ID[<00><00>]" % (key, key)
    return pdf([[(12, "secret")]], trailer=encrypt)


def word(document: docx.document.Document) -> bytes:
    """A DOCX file's bytes."""
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def with_part(archive: bytes, name: str, content: bytes) -> bytes:
    """A copy of an archive in which one part is replaced or added."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(archive)) as old, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as new:
        for entry in old.infolist():
            if entry.filename != name:
                new.writestr(entry.filename, old.read(entry))
        new.writestr(name, content)
    return buffer.getvalue()
