"""What every benchmark may be told. Corpora come from the command line; none is taken for granted."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from retrieval.errors import PolydeskError
from retrieval.question_files import EvaluationQuestion, read_questions


class MissingOption(PolydeskError):
    """A benchmark needs an option that was not given; the message names it."""


@dataclass(frozen=True, slots=True)
class Options:
    """The command line.

    Attributes:
        knowledge: a folder of knowledge files: a real help centre.
        queries: question files about it.
        paragraphs: a folder with ``knowledge/`` and ``queries.LANG.jsonl`` (XQuAD), for abstention.
        limit: how many questions a file, files, or repetitions; what it bounds is said by each benchmark.
        work: where data folders are kept between runs; None means a temporary folder.
        threads: for the encoder while ingesting, ours and the baseline's alike.
    """

    knowledge: Path | None = None
    queries: tuple[Path, ...] = ()
    paragraphs: Path | None = None
    limit: int | None = None
    work: Path | None = None
    threads: int = 2

    def need_knowledge(self) -> Path:
        """The knowledge folder.

        Raises:
            MissingOption: none was given.
        """
        if self.knowledge is None:
            raise MissingOption("This benchmark needs --knowledge DIR, a folder of knowledge files.")
        return self.knowledge

    def need_paragraphs(self) -> Path:
        """The XQuAD-like folder.

        Raises:
            MissingOption: none was given.
        """
        if self.paragraphs is None:
            raise MissingOption("This benchmark needs --paragraphs DIR with knowledge/ and queries.LANG.jsonl in it.")
        return self.paragraphs

    def need_questions(self, per_file: int | None = None) -> list[EvaluationQuestion]:
        """The questions of all question files, at most `limit` (else `per_file`) of each.

        Raises:
            MissingOption: no question file was given.
            QuestionFileError: one is broken.
        """
        if not self.queries:
            raise MissingOption("This benchmark needs --queries FILE…, question files about the knowledge.")
        return [question for file in self.queries for question in read_questions(file, self.limit or per_file)]

    @contextmanager
    def folder(self, name: str) -> Iterator[Path]:
        """A folder to work in, removed afterwards unless `work` was given."""
        if self.work is not None:
            kept = self.work / name
            kept.mkdir(parents=True, exist_ok=True)
            yield kept
            return
        with TemporaryDirectory(prefix=f"polydesk-{name}-", ignore_cleanup_errors=True) as folder:
            yield Path(folder)
