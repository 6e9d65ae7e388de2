"""Reads knowledge files without publishing them: what `polydesk check` reports."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from bot.config import Settings
from bot.knowledge import failure_values
from bot.parts import parser_limits
from retrieval.documents import ParserProcess
from retrieval.errors import KnowledgeFileError
from retrieval.folders import walk
from retrieval.passages import Document


def check_roots(
    roots: Sequence[Path], settings: Settings, progress: Callable[[dict[str, Any]], None]
) -> dict[str, Any]:
    """What would be published, as JSON values.

    Raises:
        ConfigurationError: a root is no folder that can be opened.
    """
    documents: list[Document] = []
    failures: list[KnowledgeFileError] = []
    walks = [walk(root) for root in roots]
    total = sum(len(files) for files, _ in walks)
    done = 0
    with ParserProcess(parser_limits(settings)) as parser:
        for files, broken in walks:
            failures += broken
            for file in files:
                try:
                    documents.append(parser.parse(file.absolute, file.path, file.rules))
                except KnowledgeFileError as error:
                    failures.append(error)
                done += 1
                progress({"phase": "reading", "done": done, "total": total})
    return summary(documents, failures, date.today())


def summary(documents: Sequence[Document], failures: Sequence[KnowledgeFileError], today: date) -> dict[str, Any]:
    """Counts what was read and finds what an editor should look at."""
    expired = {each.path for each in documents if each.valid_until is not None and each.valid_until < today}
    served = [each for each in documents if each.path not in expired]
    audiences: dict[str, int] = {}
    titles: dict[tuple[str, str], list[str]] = {}
    for each in served:
        audiences[each.audience] = audiences.get(each.audience, 0) + 1
        # The same title in another language or for other people is no mistake.
        titles.setdefault((each.title, f"{each.language} {each.audience}"), []).append(each.path)
    return {
        "files": len(served),
        "audiences": dict(sorted(audiences.items())),
        "failures": [failure_values(failure) for failure in failures],
        "expired": sorted(expired),
        "same_title": [
            {"title": title, "paths": sorted(paths)} for (title, _), paths in sorted(titles.items()) if len(paths) > 1
        ],
    }
