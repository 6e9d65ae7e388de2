from __future__ import annotations

import pytest

from retrieval.documents import SUPPORTED, Limits
from retrieval.errors import KnowledgeFileError
from retrieval.folder_rules import FolderRules
from tests.retrieval.documents.files import read

RULES = FolderRules("agents", "https://x.example/help", "de", "Judge well.")


def test_folder_rules_fill_what_the_file_leaves_open() -> None:
    document = read("Text.", "docs/größe & maß.md", RULES)
    assert (document.audience, document.language, document.instruction) == ("agents", "de", "Judge well.")
    assert document.url == "https://x.example/help/gr%C3%B6%C3%9Fe%20%26%20ma%C3%9F"
    assert read("Text.", "docs/index.md", RULES).url == "https://x.example/help/"


def test_front_matter_goes_before_the_page_and_the_page_before_the_folder() -> None:
    page = '<html lang=fr><link rel=canonical href="https://x.example/c"><p>Texte.'
    assert read(page, "a.html", RULES).language == "fr"
    assert read(page, "a.html", RULES).url == "https://x.example/c"
    front = "---\nlanguage: it\nurl: https://x.example/f\naudience: public\n---\n" + page
    document = read(front, "a.html", RULES)
    assert (document.language, document.url, document.audience) == ("it", "https://x.example/f", "public")


@pytest.mark.parametrize("ending", sorted(SUPPORTED))
def test_empty_files_are_refused(ending: str) -> None:
    with pytest.raises(KnowledgeFileError, match="is empty"):
        read(b" \n ", f"a{ending}")


def test_other_files_and_large_files_are_refused() -> None:
    with pytest.raises(KnowledgeFileError, match="not supported"):
        read("x", "a.exe")
    with pytest.raises(KnowledgeFileError, match=r"is 1\.0 MiB large; the limit is 0\.5 MiB"):
        read(b"x" * 1024 * 1024, "a.md", limits=Limits(max_bytes=512 * 1024))


def test_what_people_cannot_see_is_not_read() -> None:
    document = read("# Ti\u200btle\n\nOne\u202e two \U000e0041\U000e0042three \u2066x\u2069.", "a.md")
    assert document.title == "Title"
    assert document.sections[0].blocks[0].text == "One two three x."
