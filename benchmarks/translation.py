"""Protected parts of sentences through real Argos models: how many are lost, and how fast it goes.

The models are the tests' tiny ones, made for the run: they know a few support sentences by heart and say anything at
all about others, which is as bad as a model can be to what is protected. Half of the sentences are ones that they know,
with codes, addresses, names and numbers in them that they have never seen; of the others they know nothing.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.options import Options
from benchmarks.result import Result
from bot.translate.argos import Argos
from bot.translate.argos_models import prover
from bot.translate.argos_packages import install_file, packages_folder
from bot.translate.translation import Translated, Translation
from retrieval.languages import LanguageDetector
from tests.argos.fixture import make_packages
from tests.argos.sentences import LANGUAGES, SENTENCES

COUNT = 300
NAMES = ("TrailMate Pro", "Larkwheel")
PROTECTED = (
    *("E-104", "LD40", "AB-12345-X", "#48213", "help@example.com", "https://example.com/a_b?order=17#top"),
    *("`reset --all`", "[the page](https://example.com/p_1)", "max_speed", "firmwareVersion", "example.org"),
    *("/help/returns", *NAMES),
)
NUMBERS = ("3", "14", "1,000.50", "49,90 €", "€120", "22.11.2026", "12:30", "+49 30 1234567", "2.5 %", "1/2")
UNKNOWN = {
    "en": (
        "Our mechanic in the old harbour checks {p} and {n} spokes before winter.",
        "Bring {p}, {n} screws and a lamp.",
    ),
    "es": (
        "Nuestro mecánico del puerto viejo revisa {p} y {n} radios antes del invierno.",
        "Traiga {p}, {n} tornillos y una lámpara.",
    ),
}
PAIRS = (("en", "es"), ("en", "de"), ("es", "en"), ("es", "de"))


@dataclass(frozen=True, slots=True)
class _Case:
    text: str
    items: tuple[str, ...]
    source: str
    target: str


def run(options: Options) -> Result:
    """Translates every sentence by itself, as an answer's are."""
    cases = _cases(options.limit or COUNT)
    with options.folder("translation") as folder:
        data = folder / "data"
        folder.mkdir(parents=True, exist_ok=True)
        for file in make_packages(folder).values():
            install_file(file, packages_folder(data), proved=prover(data))
        raw, shown, seconds, alone = asyncio.run(_measure(data, cases, options.threads or 2))
    translated = sum(found.changed and not found.doubted for found in shown)
    setting = {"sentences": len(cases), "protected parts": sum(len(case.items) for case in cases), "pairs": len(PAIRS)}
    lost, lost_alone = _lost(cases, [found.text for found in shown]), _lost(cases, raw)
    return Result(
        title="Translation with Argos: what is protected",
        baseline="The models alone: each sentence as it is to the engine, its translation as it comes.",
        setting=setting,
        columns=("", "parts lost or doubled", "sentences translated", "kept in their language", "sentences/s"),
        rows=(
            ("protected and checked", lost, translated, len(cases) - translated, len(cases) / seconds),
            ("baseline: the models alone", lost_alone, len(cases), 0, len(cases) / alone),
        ),
    )


def _cases(count: int) -> list[_Case]:
    chance = random.Random(11)
    known = [sentence for sentence in SENTENCES if "{" in sentence[0]]
    found = []
    for number in range(count):
        source, target = PAIRS[number % len(PAIRS)]
        column = LANGUAGES.index(source)
        template = chance.choice(known)[column] if number % 2 else chance.choice(UNKNOWN[source])
        fills = {"p": chance.choice(PROTECTED), "n": chance.choice(NUMBERS)}
        items = tuple(value for name, value in fills.items() if f"{{{name}}}" in template)
        marker = f" [{chance.randint(1, 9)}]" if chance.random() < 0.3 else ""
        found.append(_Case(template.format(**fills) + marker, (*items, *marker.split()), source, target))
    return found


async def _measure(
    data: Path, cases: Sequence[_Case], threads: int
) -> tuple[list[str], list[Translated], float, float]:
    engine = Argos(data, threads=threads, timeout_seconds=60)
    await engine.preloaded()
    detector = LanguageDetector(LANGUAGES)
    translation = Translation(
        engine, detector, lambda _: {}, questions=True, answers=True, protected=NAMES, timeout_seconds=60
    )
    started = time.perf_counter()
    raw = [(await engine.translate([case.text], case.source, case.target))[0] for case in cases]
    alone = time.perf_counter() - started
    started = time.perf_counter()
    shown = [await translation.text(case.text, case.source, case.target) for case in cases]
    seconds = time.perf_counter() - started
    await translation.close()
    return raw, shown, seconds, alone


def _lost(cases: Sequence[_Case], texts: Sequence[str]) -> int:
    """Parts that a text holds less or more often than its sentence does; of a link, its address."""
    lost = 0
    for case, text in zip(cases, texts, strict=True):
        wanted = Counter(item[item.index("](") :] if "](" in item else item for item in case.items)
        lost += sum(text.count(item) != case.text.count(item) for item in wanted)
    return lost
