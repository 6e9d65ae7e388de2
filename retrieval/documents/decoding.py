"""Bytes → text, and whether the bytes are what the file's ending says."""

from __future__ import annotations

import codecs
import re

import charset_normalizer

from retrieval.errors import KnowledgeFileError

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_KINDS = (
    (b"%PDF-", "a PDF"),
    (b"PK\x03\x04", "a ZIP archive (such as DOCX)"),
    (b"\xd0\xcf\x11\xe0", "an old Office file"),
    (b"{\\rtf", "an RTF file"),
    (b"\x89PNG", "an image"),
    (b"\xff\xd8\xff", "an image"),
    (b"GIF8", "an image"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"\x7fELF", "a program"),
    (b"MZ\x90", "a program"),
)
_DAMAGE = re.compile("\ufffd+")
_GUESS_FROM = 64 * 1024


def kind(data: bytes) -> str:
    """What the first bytes say that the file is, for example "a PDF", or "" for text and all else."""
    return next((name for magic, name in _KINDS if data.startswith(magic)), "")


def decode(data: bytes, path: str, declared: str = "") -> str:
    """The text of a text file: by its byte order mark, as UTF-8, as declared, else by its statistics.

    Raises:
        KnowledgeFileError: if it is not text, or damaged UTF-8 (with the line).
    """
    if found := kind(data):
        raise KnowledgeFileError(path, f"is {found}, not the text that its name promises")
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return _strictly(data, "utf-8-sig" if encoding == "utf-8" else encoding, path)
    if b"\x00" in data:
        raise KnowledgeFileError(path, "holds binary data, not text")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        if _is_damaged_utf8(data):
            line = data.count(b"\n", 0, error.start) + 1
            reason = f"byte 0x{data[error.start]:02x} is not valid UTF-8; save the file as UTF-8"
            raise KnowledgeFileError(path, reason, line) from error
    return _declared(data, declared) or _guessed(data, path)


def _strictly(data: bytes, encoding: str, path: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        raise KnowledgeFileError(path, f"is not valid {error.encoding} text; save it as UTF-8") from error


def _is_damaged_utf8(data: bytes) -> bool:
    """Whether most of what is not ASCII is UTF-8: then another encoding would make nonsense of all of it."""
    text = data.decode("utf-8", errors="replace")
    valid = sum(character > "\x7f" for character in text) - text.count("\ufffd")
    return valid > 2 * len(_DAMAGE.findall(text))


def _declared(data: bytes, declared: str) -> str:
    if not declared:
        return ""
    try:
        return data.decode(declared)
    except (LookupError, UnicodeDecodeError):
        return ""


def _guessed(data: bytes, path: str) -> str:
    guess = charset_normalizer.from_bytes(data[:_GUESS_FROM]).best()
    if guess is None:
        raise KnowledgeFileError(path, "is not text in any known encoding; save it as UTF-8")
    return data.decode(guess.encoding, errors="replace")
