"""Real passages for benchmarks that need no whole desk, made by the project's own parsers and splitter."""

from __future__ import annotations

import random
import shutil
from pathlib import Path

from retrieval.documents import parse
from retrieval.encoder.base import Encoder, passage_text
from retrieval.errors import KnowledgeFileError
from retrieval.folders import walk
from retrieval.passages import Passage
from retrieval.split import split


def passages_of(knowledge: Path, most: int, encoder: Encoder) -> list[Passage]:
    """At most `most` passages of a knowledge folder, files in an order that is mixed and the same on every run."""
    files, _ = walk(knowledge)
    random.Random(5).shuffle(files)
    found: list[Passage] = []
    for file in files:
        if len(found) >= most:
            break
        try:
            document = parse((file.root / file.path).read_bytes(), file.path, file.rules)
        except KnowledgeFileError:
            continue
        found += split(document, encoder.count_tokens)
    return found[:most]


def encoded_texts(passages: list[Passage]) -> list[str]:
    """The texts that are encoded for passages."""
    return [passage_text(passage.context, passage.text) for passage in passages]


def copy_of(knowledge: Path, folder: Path) -> Path:
    """A copy that files may be added to, the same for every benchmark that works in the folder."""
    root = folder / "knowledge"
    if not root.exists():
        shutil.copytree(knowledge, root)
    return root


def copy_files(knowledge: Path, target: Path, most: int) -> int:
    """Copies some of a folder's knowledge files, chosen at random and the same on every run; returns how many."""
    files, _ = walk(knowledge)
    chosen = random.Random(5).sample(files, min(most, len(files)))
    for file in chosen:
        place = target / file.path
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file.root / file.path, place)
    return len(chosen)
