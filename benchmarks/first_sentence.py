"""Time to the first checked sentence of an answer by a language model, against the model's own time to write it.

The model is a stand-in that writes at 50 tokens a second over real HTTP, its first token at once, and answers with a
sentence of the best passage, twice: ask in the knowledge's language, or it is withheld as written in another. It notes
when it sends the token that ends the first one; what the desk needs beyond that to take it in, check and show it is our
extra. It is asked in two styles: with the marker before the full stop, as
the prompt asks for, and behind it, where a sentence's end is certain only once the next one has begun.
`--knowledge` and `--queries` name what is asked; `--limit` bounds the questions of each file (20 where not given).
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Mapping
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any

from benchmarks.options import Options
from benchmarks.result import Cell, Result
from benchmarks.timing import quantiles
from bot.answer import DeltaEvent
from bot.config import LLM, AnswerSettings, Settings
from bot.evaluation import evaluation_settings
from bot.question import Question
from bot.service import Service
from retrieval.sentences import split_sentences
from tests.fakes.llm import FakeLLM, Reply, tokens

TOKENS_PER_SECOND = 50.0
QUESTIONS = 20
STYLES = {"marker before the full stop": "{} [1].", "marker behind the full stop": "{}. [1]"}
_FIRST_PASSAGE = re.compile(r'<passage number="1">\n[^\n]*\n(.*?)\n</passage>', re.DOTALL)


@dataclass(slots=True)
class _Times:
    """Milliseconds of each answer whose first sentence was shown while the model was writing."""

    before: list[float] = field(default_factory=list)
    model: list[float] = field(default_factory=list)
    extra: dict[str, list[float]] = field(default_factory=lambda: {style: [] for style in STYLES})
    total: list[float] = field(default_factory=list)
    withheld: int = 0
    unasked: int = 0


@dataclass(slots=True)
class _Model:
    """The stand-in's script, and when it wrote what.

    Attributes:
        asked: when the request came, 0 where none did.
        written: when the last token of the first sentence is sent.
        ended: when the last token of all is sent.
    """

    style: str
    asked: float = 0.0
    written: float = 0.0
    ended: float = 0.0

    def script(self, body: Mapping[str, Any]) -> Reply:
        """A sentence of the first passage, twice."""
        self.asked = time.perf_counter()
        match = _FIRST_PASSAGE.search(body["messages"][1]["content"])
        passage = match[1] if match else ""
        start, end = next((one for one in split_sentences(passage) if one[1] - one[0] > 30), (0, len(passage)))
        first = STYLES[self.style].format(passage[start:end].rstrip(".!?。 "))
        text = f"{first} {first}"
        self.written = self.asked + (len(tokens(first)) - 1) / TOKENS_PER_SECOND
        self.ended = self.asked + (len(tokens(text)) - 1) / TOKENS_PER_SECOND
        return Reply(text, tokens_per_second=TOKENS_PER_SECOND)


def run(options: Options) -> Result:
    """Asks each question in each style."""
    questions = list(dict.fromkeys(one.text for one in options.need_questions(per_file=QUESTIONS)))
    model = _Model(next(iter(STYLES)))
    with options.folder("first_sentence") as folder, FakeLLM(model.script) as llm:
        settings = Settings().model_copy(
            update={
                "data_dir": folder / "data",
                "llm": LLM(base_url=llm.base_url, model="stand-in", first_token_seconds=30, timeout_seconds=60),
                "answer": AnswerSettings(kind="generated"),
            }
        )
        times = asyncio.run(_measure(evaluation_settings(settings, options.need_knowledge()), questions, model))
    return Result(
        title="Time to the first checked sentence",
        baseline="the first sentence as the model sends it, unchecked.",
        setting={
            "answers": len(times.total),
            "first sentence withheld": times.withheld,
            "model not asked": times.unasked,
            "tokens a second": TOKENS_PER_SECOND,
        },
        columns=("", "p50 ms", "p95 ms", "p99 ms"),
        rows=(
            _row("question to model: search and prompt", times.before),
            _row("baseline: the model's first sentence", times.model),
            *(_row(f"our extra, {style}", found) for style, found in times.extra.items()),
            _row("question to first sentence", times.total),
        ),
    )


def _row(name: str, milliseconds: list[float]) -> tuple[Cell, ...]:
    return (name, *quantiles(milliseconds))


async def _measure(settings: Settings, questions: list[str], model: _Model) -> _Times:
    times = _Times()
    async with Service.open(settings) as service:
        await service.ingest((), lambda values: None)
        await _ask(service, questions[0], model, _Times())
        for model.style in STYLES:
            for question in questions:
                await _ask(service, question, model, times)
    return times


async def _ask(service: Service, question: str, model: _Model, times: _Times) -> None:
    asked, model.asked, shown = time.perf_counter(), 0.0, 0.0
    async with aclosing(service.assistant.stream(Question(question))) as events:
        async for event in events:
            if isinstance(event, DeltaEvent):
                shown = shown or time.perf_counter()
    if not model.asked:
        times.unasked += 1
    elif shown >= model.ended:
        # What came only after the model's last word was the extract.
        times.withheld += 1
    else:
        times.before.append((model.asked - asked) * 1000)
        times.model.append((model.written - model.asked) * 1000)
        times.extra[model.style].append((shown - model.written) * 1000)
        times.total.append((shown - asked) * 1000)
