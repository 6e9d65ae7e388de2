"""True sentences that the checks of generated answers withhold, and false ones that they let through.

Needs `--paragraphs DIR`: an XQuAD-like folder with English paragraphs and questions, and beside it one of the same name
with "-mixed" that holds the same paragraphs in other languages. A question's sentence is the one that holds the answer.
For a question in Spanish it is taken from the paragraph's Spanish translation and cites the English paragraph; for a
question in English it is the English one and cites the translation. Each is checked as a model would have written it,
with its marker; then once more citing a neighbouring paragraph of the same article, which does not say it, and once
with a number changed, where it has one. Nothing was fitted on these sets. `--limit` bounds the sentences (200).
"""

from __future__ import annotations

import asyncio
import random
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path

from benchmarks.options import MissingOption, Options
from benchmarks.result import Cell, Result
from benchmarks.timing import quantiles, stopwatch
from bot.answers.grounding import Grounding, Verdict
from bot.answers.support import LateSupport
from bot.config import Languages
from retrieval.documents import parse
from retrieval.encoder import create_encoder
from retrieval.encoder.base import Encoder, passage_text
from retrieval.folders import walk
from retrieval.languages import LanguageDetector
from retrieval.passages import Passage, StoredPassage
from retrieval.question_files import read_questions
from retrieval.sentences import split_sentences
from retrieval.split import split
from retrieval.token_vectors import pack

SENTENCES = 200
_NUMBER = re.compile(r"\d+")


@dataclass(frozen=True, slots=True)
class TrueSentence:
    """A sentence that its passage states.

    Attributes:
        language: of the question and the sentence.
        passage: in another language.
        neighbours: of the same article, without the sentence.
    """

    language: str
    text: str
    passage: Passage
    neighbours: tuple[Passage, ...]


class Vectors:
    """Token vectors of passages, encoded when first asked for."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder
        self._ids: dict[Passage, int] = {}
        self._blobs: dict[int, bytes] = {}

    def stored(self, passage: Passage) -> StoredPassage:
        """The passage under an id of its own."""
        if passage not in self._ids:
            (encoded,) = self._encoder.encode_passages([passage_text(passage.context, passage.text)])
            self._ids[passage] = len(self._ids)
            self._blobs[self._ids[passage]] = pack(encoded.layers)
        return StoredPassage(self._ids[passage], passage)

    def token_blobs(self, ids: Sequence[int]) -> dict[int, bytes]:
        """As the store gives them."""
        return {id: self._blobs[id] for id in ids}


def run(options: Options) -> Result:
    """Checks each sentence as it is, cited to a neighbour, and with a number changed."""
    folder = options.need_paragraphs()
    encoder = create_encoder("onnx", threads=1)
    found = sentences(folder, encoder, options.limit or SENTENCES)
    vectors = Vectors(encoder)
    grounding = Grounding(LateSupport(encoder, vectors), LanguageDetector(Languages().configured))
    chance = random.Random(2)
    reasons: dict[str, Counter[str]] = defaultdict(Counter)
    neighbours: dict[str, list[bool]] = defaultdict(list)
    changed: dict[str, list[bool]] = defaultdict(list)
    times: list[float] = []
    withheld: list[dict[str, str | float]] = []

    def check(one: TrueSentence, text: str, passage: Passage) -> Verdict:
        stored = vectors.stored(passage)
        with stopwatch() as checking:
            verdict = asyncio.run(grounding.check(f"{text} [1]", [stored], one.language))
        times.append(checking.seconds * 1000)
        return verdict

    for one in found:
        verdict = check(one, one.text, one.passage)
        reasons[one.language][verdict.reason] += 1
        if not verdict.supported:
            withheld.append(
                {"language": one.language, "reason": verdict.reason, "score": verdict.score, "text": one.text}
            )
        if one.neighbours:
            neighbours[one.language].append(check(one, one.text, chance.choice(one.neighbours)).supported)
        other = _changed(one.text, chance)
        if other:
            changed[one.language].append(check(one, other, one.passage).supported)
    encoder.close()
    names = sorted({reason for counts in reasons.values() for reason in counts} - {"supported"})
    languages = sorted(reasons)
    rows = [_row(code, [reasons[code]], neighbours[code], changed[code], names) for code in languages]
    rows.append(
        _row("all", list(reasons.values()), list(chain(*neighbours.values())), list(chain(*changed.values())), names)
    )
    p50, p95, *_ = quantiles(times)
    return Result(
        title="Checked sentences: true ones withheld, false ones shown",
        baseline="every sentence of a model shown as it is: nothing withheld, every false one shown.",
        setting={"sentences": len(found), "check p50 ms": p50, "check p95 ms": p95},
        columns=("language", "true", "withheld", *names, "neighbour's shown", "changed number shown"),
        rows=rows,
        details={"withheld": withheld},
    )


def _row(
    name: str,
    reasons: Sequence[Counter[str]],
    neighbours: Sequence[bool],
    changed: Sequence[bool],
    names: Sequence[str],
) -> tuple[Cell, ...]:
    total = sum(reasons, Counter[str]())
    count = total.total()
    return (
        name,
        count,
        1 - total["supported"] / count,
        *(total[reason] / count for reason in names),
        sum(neighbours) / len(neighbours) if neighbours else None,
        sum(changed) / len(changed) if changed else None,
    )


def sentences(folder: Path, encoder: Encoder, count: int) -> list[TrueSentence]:
    """The sentences that answer the questions, as many of each language."""
    other = folder.with_name(f"{folder.name}-mixed") / "knowledge"
    if not other.is_dir():
        raise MissingOption(
            f"This benchmark needs {other.parent.name} beside {folder.name}: the paragraphs translated."
        )
    english, translated = _passages(folder / "knowledge", encoder), _passages(other, encoder)
    files = sorted(folder.glob("queries.*.jsonl"))
    chance = random.Random(1)
    found: list[TrueSentence] = []
    for file in files:
        language = file.name.split(".")[1]
        own: dict[tuple[str, int], TrueSentence] = {}
        for question in read_questions(file):
            path = question.gold[0].path
            if path not in english or path not in translated or not question.answers:
                continue
            spoken = translated[path][0].language
            if language not in (spoken, "en") or spoken == "en":
                continue
            pair = _pair(english[path], translated[path], question.answers[0])
            if pair is None:
                continue
            place, there, here = pair
            said, states = (there, here) if language == "en" else (here, there)
            home = translated[path] if language == "en" else english[path]
            passage = next((each for each in home if states in each.text), None)
            if passage is not None:
                near = _neighbours(path, translated if language == "en" else english)
                own[path, place] = TrueSentence(
                    language, said, replace(passage, language=passage.language or "en"), near
                )
        chosen = sorted(own.values(), key=lambda one: one.text)
        found += chance.sample(chosen, min(len(chosen), -(-count // len(files))))
    return found[:count]


def _pair(english: Sequence[Passage], translated: Sequence[Passage], answer: str) -> tuple[int, str, str] | None:
    """The English sentence with the answer and its translation, where both texts have as many sentences."""
    first, second = (list(_sentences(passages)) for passages in (english, translated))
    holding = [place for place, text in enumerate(first) if answer in text]
    if len(first) != len(second) or len(holding) != 1:
        return None
    return holding[0], first[holding[0]], second[holding[0]]


def _sentences(passages: Sequence[Passage]) -> Iterator[str]:
    for passage in passages:
        yield from (passage.text[start:end] for start, end in split_sentences(passage.text))


def _neighbours(path: str, passages: Mapping[str, Sequence[Passage]]) -> tuple[Passage, ...]:
    """The passages of the paragraphs before and after; five paragraphs in a row are of one article."""
    paths = sorted(passages)
    place = paths.index(path)
    first = place - place % 5
    return tuple(each for other in paths[first : first + 5] if other != path for each in passages[other])


def _passages(folder: Path, encoder: Encoder) -> dict[str, list[Passage]]:
    found: dict[str, list[Passage]] = {}
    for file in walk(folder)[0]:
        document = parse(file.absolute.read_bytes(), file.path, file.rules)
        found[file.path] = split(document, encoder.count_tokens)
    return found


def _changed(text: str, chance: random.Random) -> str:
    """The sentence with one of its numbers changed, "" where it has none."""
    numbers = [match for match in _NUMBER.finditer(text) if len(match[0]) <= 4]
    if not numbers:
        return ""
    match = chance.choice(numbers)
    value = int(match[0])
    return f"{text[: match.start()]}{value + chance.choice((1, 2, 3, 10))}{text[match.end() :]}"
