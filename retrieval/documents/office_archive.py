"""The archive of an office document: is it one, what would it unpack to, and does it hide anything?"""

from __future__ import annotations

import io
import zipfile
import zlib
from typing import Protocol
from xml.etree import ElementTree

from retrieval.documents.limits import MEBIBYTE, Limits
from retrieval.errors import KnowledgeFileError

_BODY = "word/document.xml"
_MAX_PARTS = 10_000
_OLD_OFFICE = b"\xd0\xcf\x11\xe0"
_WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"


class _Reason(Protocol):
    def __call__(self, reason: str) -> KnowledgeFileError: ...


def checked_archive(data: bytes, path: str, limits: Limits) -> bytes:
    """The archive without hidden text.

    The sizes in its directory are not believed: every part is unpacked, up to the limits, before anything else
    opens it. A document type declaration, by which XML can blow up or reach out, is refused.

    Raises:
        KnowledgeFileError: if it is no DOCX, is damaged or protected, or unpacks to too much.
    """

    def refuse(reason: str) -> KnowledgeFileError:
        return KnowledgeFileError(path, reason)

    if data.startswith(_OLD_OFFICE):
        raise refuse("is protected by a password, or in the old DOC format; save it as plain DOCX")
    if not data.startswith(b"PK\x03\x04"):
        raise refuse("is not a DOCX, whatever its name says")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = _unpacked(archive, limits, refuse)
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError, RuntimeError, OSError) as error:
        raise refuse(f"is a damaged DOCX: {error}") from error
    if _BODY not in parts:
        raise refuse("is a ZIP archive, but not a DOCX")
    if b":vanish" not in parts[_BODY]:
        return data
    parts[_BODY] = _without_hidden_text(parts[_BODY], refuse)
    return _packed(parts)


def _unpacked(archive: zipfile.ZipFile, limits: Limits, refuse: _Reason) -> dict[str, bytes]:
    parts: dict[str, bytes] = {}
    total = 0
    entries = archive.infolist()
    if len(entries) > _MAX_PARTS:
        raise refuse(f"has {len(entries)} parts; the limit is {_MAX_PARTS}")
    for entry in entries:
        allowed = min(limits.max_expanded_bytes - total, max(limits.max_ratio * entry.compress_size, MEBIBYTE))
        with archive.open(entry) as part:
            content = part.read(allowed + 1)
        if len(content) > allowed:
            raise refuse(f"unpacks to more than {allowed // MEBIBYTE} MiB ({entry.filename}): it may be a ZIP bomb")
        if entry.filename.endswith((".xml", ".rels")) and _declares_type(content):
            raise refuse(f"declares a document type in {entry.filename}, which no DOCX does")
        total += len(content)
        parts[entry.filename] = content
    return parts


def _declares_type(content: bytes) -> bool:
    # Zero bytes go, so that the declaration is seen in UTF-16 too.
    return b"<!DOCTYPE" in (content.replace(b"\x00", b"") if b"\x00" in content[:4096] else content)


def _without_hidden_text(body: bytes, refuse: _Reason) -> bytes:
    try:
        # Safe with the standard parser: a body that declares entities has been refused.
        tree = ElementTree.fromstring(body)
    except ElementTree.ParseError as error:
        raise refuse(f"is a damaged DOCX: {error}") from error
    for parent in list(tree.iter()):
        for run in parent.findall(f"{_WORD}r"):
            if _is_hidden(run):
                parent.remove(run)
    return bytes(ElementTree.tostring(tree, encoding="UTF-8", xml_declaration=True))


def _is_hidden(run: ElementTree.Element) -> bool:
    mark = run.find(f"{_WORD}rPr/{_WORD}vanish")
    return mark is not None and mark.get(f"{_WORD}val", "true") not in ("0", "false", "off")


def _packed(parts: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return buffer.getvalue()
