"""Knowledge and questions to calibrate on, from what Debian packages install, in many languages.

- Debian's FAQ (`doc-debian`): each section of the English FAQ is a file; each section's translated heading asks for it.
- LibreOffice's help (`libreoffice-help-*`): English pages; each page's translated title asks for it.
- The demo shop of this repository, with its test questions.
"""

from __future__ import annotations

import html
import json
import random
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent
FAQ = Path("/usr/share/doc/debian/FAQ")
HELP = Path("/usr/share/libreoffice/help")
HELP_PAGES, HELP_QUESTIONS, FAQ_QUESTIONS = 600, 60, 120
_HEADING = re.compile(r"<(h2|h3)[^>]*>(.*?)</\1>", re.DOTALL)
_TITLE = re.compile(r"<title>(.*?)</title>", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Asked:
    """A question and the files that answer it."""

    text: str
    language: str
    gold: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CalibrationSet:
    """A knowledge folder and questions to it."""

    name: str
    folder: Path
    questions: tuple[Asked, ...]


def calibration_sets(work: Path) -> Iterator[CalibrationSet]:
    """Writes the knowledge of each set to a folder of its own under `work`. The choice is the same each time."""
    chance = random.Random(0)
    faq, shop = _faq(work / "faq", chance), _shop()
    # Help exists in languages that the encoder hardly knows; those would say nothing about knowing an answer.
    languages = {asked.language[:2] for asked in (*faq, *shop)}
    yield CalibrationSet("faq", work / "faq", faq)
    yield CalibrationSet("help", work / "help", _help(work / "help", chance, languages))
    yield CalibrationSet("shop", ROOT / "knowledge", shop)


def _faq(folder: Path, chance: random.Random) -> tuple[Asked, ...]:
    folder.mkdir(parents=True)
    english = _sections(sorted(FAQ.glob("*.en.html")))
    kept: dict[tuple[str, int], str] = {}
    for (chapter, number), (heading, body) in english.items():
        if len(_text(body)) > 80 and not heading.startswith("Chapter"):
            name = f"{chapter}-{number}.html"
            page = f"<html><head><title>{heading}</title></head><body><h1>{heading}</h1>{body}</body></html>"
            (folder / name).write_text(page, encoding="utf-8")
            kept[chapter, number] = name
    asked: list[Asked] = []
    for language in ("en", *sorted(path.name for path in FAQ.iterdir() if path.is_dir() and path.name != "images")):
        own = english if language == "en" else _sections(sorted((FAQ / language).glob("*.html")))
        found = [
            Asked(heading, language, (kept[place],))
            for place, (heading, _) in own.items()
            # A heading left in English is asked once.
            if place in kept and len(heading) > 8 and (language == "en" or heading != english[place][0])
        ]
        asked.extend(chance.sample(found, min(FAQ_QUESTIONS, len(found))))
    return tuple(asked)


def _sections(pages: list[Path]) -> dict[tuple[str, int], tuple[str, str]]:
    """Heading and body by chapter and place; the translations have the same ones."""
    found: dict[tuple[str, int], tuple[str, str]] = {}
    for page in pages:
        text = page.read_text(encoding="utf-8", errors="replace")
        headings = list(_HEADING.finditer(text))
        ends = [match.start() for match in headings[1:]] + [text.rfind('<div class="navfooter"')]
        for number, (match, end) in enumerate(zip(headings, ends, strict=True)):
            heading = re.sub(r"^[\d.\s]+", "", _text(match[2]))
            found[page.name.split(".")[0], number] = heading, text[match.end() : end]
    return found


def _help(folder: Path, chance: random.Random, languages: set[str]) -> tuple[Asked, ...]:
    folder.mkdir(parents=True)
    source = HELP / "en-US"
    pages = sorted(str(path.relative_to(source)) for path in source.glob("text/**/*.html"))
    pages = chance.sample(pages, min(HELP_PAGES, len(pages)))
    for page in pages:
        (folder / page).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source / page, folder / page)
    titles = {page: _title(source / page) for page in pages}
    asked: list[Asked] = []
    for language in sorted(path.name for path in HELP.iterdir() if (path / "text").is_dir()):
        if language[:2] not in languages:
            continue
        own = {page: _title(HELP / language / page) for page in pages if (HELP / language / page).is_file()}
        found = [
            Asked(title, language, (page,))
            for page, title in own.items()
            if title and (language == "en-US" or title != titles[page])
        ]
        asked.extend(chance.sample(found, min(HELP_QUESTIONS, len(found))))
    return tuple(asked)


def _shop() -> tuple[Asked, ...]:
    lines = (ROOT / "tests" / "data" / "demo_questions.jsonl").read_text(encoding="utf-8").splitlines()
    return tuple(
        Asked(line["text"], line["language"], tuple(gold.partition("#")[0] for gold in line["gold"]))
        for line in map(json.loads, lines)
    )


def _title(page: Path) -> str:
    match = _TITLE.search(page.read_text(encoding="utf-8", errors="replace"))
    return _text(match[1]) if match else ""


def _text(markup: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", markup)).split())
