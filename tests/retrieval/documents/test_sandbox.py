from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import docx
import pytest

from retrieval.documents import Limits, ParserProcess, parse
from retrieval.documents.limits import MEBIBYTE
from retrieval.errors import KnowledgeFileError
from retrieval.folder_rules import FolderRules
from tests.retrieval.documents.files import with_part, word

RULES = FolderRules("agents", "https://x.example", "en")
SLOW_PAGE = b"<body>" + b"<div>" * 150_000 + b"x"


@pytest.fixture(scope="module")
def parser() -> Iterator[ParserProcess]:
    with ParserProcess(Limits(max_bytes=2_000_000, seconds=20)) as process:
        yield process


def written(folder: Path, name: str, data: bytes) -> Path:
    (folder / name).write_bytes(data)
    return folder / name


def test_a_document_comes_back_as_it_was_parsed(parser: ParserProcess, tmp_path: Path) -> None:
    data = "---\ntags: [ä]\nquestions: [Wie?]\nvalid_until: 2027-01-01\n---\n# Ü\n\n- a\n\n## 中\n\nb".encode()
    file = written(tmp_path, "a.md", data)
    assert parser.parse(file, "x/a.md", RULES) == parse(data, "x/a.md", RULES)


def test_one_process_serves_many_files_and_survives_broken_ones(parser: ParserProcess, tmp_path: Path) -> None:
    good = written(tmp_path, "good.md", b"fine")
    parser.parse(good, "good.md", RULES)
    first = parser._child
    with pytest.raises(KnowledgeFileError, match="unknown key") as caught:
        parser.parse(written(tmp_path, "bad.md", b"---\nnope: 1\n---\nx"), "x/bad.md", RULES)
    assert (caught.value.path, caught.value.line) == ("x/bad.md", 2)
    assert parser.parse(good, "good.md", RULES).title == "Good"
    assert parser._child is first


def test_a_file_that_takes_too_long_is_given_up_and_the_next_is_read(tmp_path: Path) -> None:
    slow = written(tmp_path, "slow.html", SLOW_PAGE)
    good = written(tmp_path, "good.md", b"fine")
    with ParserProcess(Limits(seconds=1.5)) as parser:
        parser.parse(good, "good.md", RULES)
        with pytest.raises(KnowledgeFileError, match=r"longer than 1\.5 seconds"):
            parser.parse(slow, "slow.html", RULES)
        assert parser.parse(good, "good.md", RULES).title == "Good"


def test_a_file_that_takes_too_much_memory_is_given_up(tmp_path: Path) -> None:
    document = docx.Document()
    document.add_paragraph("x")
    large = written(tmp_path, "large.docx", with_part(word(document), "word/large.bin", bytes(250 * MEBIBYTE)))
    small = written(tmp_path, "small.docx", word(document))
    limits = Limits(memory_bytes=250 * MEBIBYTE, max_expanded_bytes=1_000 * MEBIBYTE, max_ratio=10_000)
    with ParserProcess(limits) as parser:
        with pytest.raises(KnowledgeFileError, match="more than 250 MiB of memory"):
            parser.parse(large, "large.docx", RULES)
        assert parser.parse(small, "small.docx", RULES).sections[0].blocks[0].text == "x"


def test_a_child_that_dies_over_a_file_fails_that_file_only(tmp_path: Path) -> None:
    good = written(tmp_path, "good.md", b"fine")
    slow = written(tmp_path, "slow.html", SLOW_PAGE)
    with ParserProcess() as parser:
        parser.parse(good, "good.md", RULES)
        assert parser._child is not None
        killing = threading.Timer(0.3, os.kill, (parser._child.pid, signal.SIGSEGV))
        killing.start()
        with pytest.raises(KnowledgeFileError, match="could not be parsed: the parser ended with code -11"):
            parser.parse(slow, "slow.html", RULES)
        killing.join()
        assert parser.parse(good, "good.md", RULES).title == "Good"


def test_threads_share_one_child(parser: ParserProcess, tmp_path: Path) -> None:
    files = [written(tmp_path, f"n{number}.md", f"Text {number}.".encode()) for number in range(20)]
    with ThreadPoolExecutor(4) as pool:
        documents = list(pool.map(lambda file: parser.parse(file, file.name, RULES), files))
    assert [document.sections[0].blocks[0].text for document in documents] == [f"Text {n}." for n in range(20)]


def test_size_is_looked_at_before_anything_is_read(parser: ParserProcess, tmp_path: Path) -> None:
    file = tmp_path / "large.pdf"
    with file.open("wb") as opened:
        opened.write(b"%PDF-1.7")
        opened.truncate(50 * 1024 * 1024)
    with pytest.raises(KnowledgeFileError, match=r"is 50\.0 MiB large; the limit is 1\.9 MiB"):
        parser.parse(file, "large.pdf", RULES)


def test_a_missing_file_is_reported(parser: ParserProcess, tmp_path: Path) -> None:
    with pytest.raises(KnowledgeFileError, match="cannot be read: No such file"):
        parser.parse(tmp_path / "gone.md", "gone.md", RULES)


def test_closing_ends_the_child_and_may_be_repeated(tmp_path: Path) -> None:
    parser = ParserProcess()
    parser.parse(written(tmp_path, "a.md", b"x"), "a.md", RULES)
    child = parser._child
    parser.close()
    parser.close()
    assert child is not None
    assert child.poll() is not None
