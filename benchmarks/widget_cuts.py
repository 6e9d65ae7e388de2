"""Whether a character is lost, doubled or taken back in the widget's panel while the line breaks all the time.

A stand-in of a language model writes the answers: six sentences of the passage, word for word and with its marker, so
that they pass the desk's checks, at 25 to 60 tokens a second. Visitors in profiles of their own ask side by side in
one browser, through a proxy that cuts each connection 0.5 to 3 seconds after it began. On every frame that the
browser draws the panel notes what it shows; in the end it has to be what the operator's API says of the message, and
before that always a beginning of it, never shorter than before. White space is not compared, as Markdown has its own
way with it. `--limit` is the number of answers (200).
"""

from __future__ import annotations

import random
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.options import Options
from benchmarks.panels import Stage, stage
from benchmarks.result import Cell, Result
from benchmarks.timing import quantiles
from retrieval.errors import PolydeskError
from tests.fakes.cutting_proxy import CuttingProxy
from tests.fakes.llm import FakeLLM, Reply

if TYPE_CHECKING:
    from tests.browser.visit import Visit

ANSWERS = 200
HELD = 40  # Answers over the line that is not cut.
VISITORS = 6
SECONDS = (0.5, 3.0)
TOKENS_A_SECOND = (25.0, 60.0)
PATIENCE = 120  # Seconds for one answer.

THINGS = (
    "battery", "charger", "display", "saddle", "helmet", "trailer", "basket", "mirror", "pedal", "chain", "brake",
    "tyre", "lock", "lamp", "bell", "fork", "rack", "pump", "glove", "jacket",
)  # fmt: skip
SENTENCES = (
    "Keep the {0} in a dry room while nobody uses it.",
    "Clean the {0} with a soft cloth and a little warm water.",
    "Our workshop repairs every {0} within four working days.",
    "The {0} has a guarantee of two years from the day of delivery.",
    "A spare part of the {0} is sent to you without shipping costs.",
    "Bring the invoice along when you hand in the {0} at our counter.",
)
QUESTIONS = (
    "How do I keep the {0}?", "How do I clean the {0}?", "How long does a repair of the {0} take?",
    "What guarantee does the {0} have?", "What does a spare part of the {0} cost?", "What do I bring for the {0}?",
    "Where should the {0} be stored?", "Who repairs my {0}?", "Is the {0} under guarantee?",
    "Tell me all about the {0}.",
)  # fmt: skip

_FIRST_PASSAGE = re.compile(r'<passage number="1">\n[^\n]*\n(.*?)\n</passage>', re.DOTALL)

# What the last answer says, with markers as they were written; noted on every frame on which it is another text.
WATCH = """() => {
  window.__seen = [];
  const saying = (node) =>
    node.nodeType === 3 ? node.data
      : node.matches(".chip") ? `[${node.textContent}]`
      : [...node.childNodes].map(saying).join("");
  const look = () => {
    const last = [...document.querySelectorAll(".message.bot .prose")].at(window.__from ?? 0);
    const text = last ? saying(last).replace(/\\s+/g, "") : "";
    if (text !== (window.__seen.at(-1) ?? "")) window.__seen.push(text);
    window.__frames = (window.__frames ?? 0) + 1;
    requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
  window.__streams = 0;
  const ended = (list) => (window.__streams += list.getEntries().filter(({ name }) => name.endsWith("/events")).length);
  new PerformanceObserver(ended).observe({ type: "resource" });
}"""
NEXT = "(place) => { window.__from = place; window.__seen = [] }"
FINISHED = "(place) => Boolean(document.querySelectorAll('.message.bot:not([aria-busy]):has(.prose)')[place])"


@dataclass(slots=True)
class _Answer:
    """One answer as the panel showed it.

    Attributes:
        seen: the texts that it showed, one after the other, each other than the one before.
        seconds: from sending the question until the panel had the answer to its end; None where it never came.
    """

    question: str
    seen: list[str]
    seconds: float | None


@dataclass(frozen=True, slots=True)
class _Tally:
    answers: int
    written: int
    cuts: int
    streams: int
    frames: int
    steps: float
    characters: int
    lost: int
    doubled: int
    taken_back: int
    seconds: Sequence[float]


def run(options: Options) -> Result:
    """Asks over a line that is cut, then over one that holds."""
    answers = options.limit or ANSWERS
    with options.folder("widget_cuts") as folder, FakeLLM(_Writer().script) as llm:
        model = {"base_url": llm.base_url, "model": "stand-in", "first_token_seconds": 30, "timeout_seconds": 90}
        settings: dict[str, dict[str, Any]] = {
            "llm": model,
            "answer": {"kind": "generated"},
            "server": {"question_seconds": 120},
        }
        with stage(folder, _knowledge(folder / "written"), settings) as on:
            questions = list(_questions())
            held = questions[answers : answers + min(HELD, answers)]
            cut = _asked(on, questions[:answers], SECONDS)
            whole = _asked(on, held, None)
    return Result(
        title="Answers in the panel over a line that breaks",
        baseline="the same over a line that holds.",
        setting={
            "cut after s": f"{SECONDS[0]:g} to {SECONDS[1]:g}",
            "visitors at once": VISITORS,
            "tokens a second": f"{TOKENS_A_SECOND[0]:g} to {TOKENS_A_SECOND[1]:g}",
            "written by the model": cut.written + whole.written,
            "frames looked at": cut.frames + whole.frames,
            "steps an answer was shown in": round(cut.steps, 1),
        },
        columns=(
            "",
            "answers",
            "cuts",
            "streams resumed",
            "characters",
            "lost",
            "doubled",
            "taken back",
            "s p50",
            "p95",
        ),
        rows=(_row("the line is cut", cut), _row("baseline: it holds", whole)),
    )


def _row(name: str, tally: _Tally) -> tuple[Cell, ...]:
    counts = (tally.answers, tally.cuts, tally.streams, tally.characters, tally.lost, tally.doubled, tally.taken_back)
    return name, *counts, *quantiles(tally.seconds)[:2]


class _Writer:
    """The script of the stand-in."""

    def __init__(self) -> None:
        self._random = random.Random(3)

    def script(self, body: Mapping[str, Any]) -> Reply:
        """The sentences of the first passage."""
        passage = _FIRST_PASSAGE.search(body["messages"][1]["content"])
        sentences = re.findall(r"[^.]+\.", passage[1] if passage else "")
        text = " ".join(f"{sentence.strip()[:-1]} [1]." for sentence in sentences)
        return Reply(text, tokens_per_second=self._random.uniform(*TOKENS_A_SECOND))


def _knowledge(folder: Path) -> Path:
    """A page about each thing."""
    folder.mkdir(parents=True, exist_ok=True)
    for thing in THINGS:
        text = " ".join(sentence.format(thing) for sentence in SENTENCES)
        (folder / f"{thing}.md").write_text(f"# The {thing}\n\n{text}\n", encoding="utf-8")
    return folder


def _questions() -> Iterator[str]:
    """Each once; after all that there are, again with other words."""
    for manner in ("", "Hello! ", "Excuse me, ", "One more question: "):
        for question in QUESTIONS:
            for thing in THINGS:
                yield manner + question.format(thing)


def _asked(on: Stage, questions: Sequence[str], seconds: tuple[float, float] | None) -> _Tally:
    """What came of asking all of them."""
    from tests.browser.visit import visiting

    with CuttingProxy(on.desk.port, seconds, seed=5) as line, ExitStack() as stack:
        page = on.host.embed("/shop", f'src="http://127.0.0.1:{line.port}/widget.js"')
        visitors = [stack.enter_context(visiting(on.browser, page, quiet=True)) for _ in questions[:VISITORS]]
        for visit in visitors:
            visit.open().frame.evaluate(WATCH)
        answers = _in_turns(visitors, questions)
        streams = sum(visit.frame.evaluate("window.__streams") for visit in visitors)
        frames = sum(visit.frame.evaluate("window.__frames") for visit in visitors)
        return _tally(on, answers, line.cuts, streams, frames)


def _in_turns(visitors: Sequence[Visit], questions: Sequence[str]) -> list[_Answer]:
    """Each visitor asks the next question as soon as the answer to the last one is there."""
    waiting = list(reversed(questions))
    asking: dict[int, tuple[str, float]] = {}
    asked = [0] * len(visitors)
    answers: list[_Answer] = []
    while waiting or asking:
        for number, visit in enumerate(visitors):
            if number in asking:
                question, begun = asking[number]
                took = time.monotonic() - begun
                finished = visit.frame.evaluate(FINISHED, asked[number] - 1)
                if not finished and took < PATIENCE:
                    continue
                # The frame after the last change is one more to look at.
                visit.page.wait_for_timeout(50)
                answers.append(_Answer(question, visit.frame.evaluate("window.__seen"), took if finished else None))
                del asking[number]
            if waiting:
                question = waiting.pop()
                visit.frame.evaluate(NEXT, asked[number])
                asked[number] += 1
                asking[number] = (question, time.monotonic())
                visit.send(question)
        visitors[0].page.wait_for_timeout(20)
    return answers


def _tally(on: Stage, answers: Sequence[_Answer], cuts: int, streams: int, frames: int) -> _Tally:
    """Compares what was shown with what the desk has."""
    kept = _kept(on)
    characters = lost = doubled = taken_back = written = 0
    for answer in answers:
        message = kept[answer.question]
        text = re.sub(r"\s+", "", message["text"])
        characters += len(text)
        # An extract, which comes where the model's text is not believed, has other sentences, in another order.
        written += not message["answer"]["degraded"] and text.count("[1]") == len(SENTENCES)
        shown = answer.seen[-1] if answer.seen else ""
        less, more = differences(shown, text)
        lost += less
        doubled += more
        taken_back += sum(not text.startswith(one) for one in answer.seen)
        taken_back += sum(len(after) < len(before) for before, after in zip(answer.seen, answer.seen[1:], strict=False))
    steps = sum(len(answer.seen) for answer in answers) / len(answers)
    seconds = [answer.seconds for answer in answers if answer.seconds is not None]
    return _Tally(len(seconds), written, cuts, streams, frames, steps, characters, lost, doubled, taken_back, seconds)


def _kept(on: Stage) -> dict[str, dict[str, Any]]:
    """The desk's answer to each question.

    Raises:
        PolydeskError: a question was taken twice.
    """
    found: dict[str, dict[str, Any]] = {}
    for conversation in on.desk.conversations():
        response = on.desk.operator.get(f"/api/conversations/{conversation['id']}")
        messages = response.raise_for_status().json()["messages"]
        for question, answer in zip(messages[::2], messages[1::2], strict=False):
            if question["text"] in found:
                raise PolydeskError(f"The desk took a question twice: {question['text']}")
            found[question["text"]] = answer
    return found


def differences(shown: str, text: str) -> tuple[int, int]:
    """How many characters of a text are not shown, and how many are shown that are none of it."""
    if shown == text:
        return 0, 0
    less = more = 0
    for kind, start, end, other_start, other_end in SequenceMatcher(None, text, shown, autojunk=False).get_opcodes():
        if kind != "equal":
            less += end - start
            more += other_end - other_start
    return less, more
