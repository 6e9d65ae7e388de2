from __future__ import annotations

import pytest

from retrieval.documents.decoding import decode
from retrieval.errors import KnowledgeFileError

RUSSIAN = "Возврат товара возможен в течение тридцати дней после получения заказа."


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32", "koi8-r", "cp1251"])
def test_text_in_its_encoding(encoding: str) -> None:
    assert decode(RUSSIAN.encode(encoding), "a.txt") == RUSSIAN


def test_western_text_of_an_old_editor() -> None:
    text = "Über die Rückgabe größerer Räder entscheidet die Werkstatt. Für Zubehör gilt das nicht."
    assert decode(text.encode("cp1252"), "a.txt") == text


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"%PDF-1.4 ...", "is a PDF"),
        (b"PK\x03\x04...", "is a ZIP archive"),
        (b"\x89PNG\r\n", "is an image"),
        (b"text\x00\x01\x02", "binary"),
        (b"\xff\xfea", "not valid utf-16"),
    ],
)
def test_what_is_no_text_is_refused(data: bytes, reason: str) -> None:
    with pytest.raises(KnowledgeFileError, match=reason):
        decode(data, "a.md")


def test_damaged_utf_8_is_refused_with_the_line() -> None:
    # A lone surrogate, as some programs write it.
    data = "Größe\nfür alle\n".encode() + b"\xed\xa0\x80 x"
    with pytest.raises(KnowledgeFileError, match="0xed is not valid UTF-8") as caught:
        decode(data, "a.md")
    assert caught.value.line == 3
