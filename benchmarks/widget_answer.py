"""From Send to the first sentence in the widget's panel, in a real browser on another site's page, not cached.

Timed in the panel itself: from the press of Enter, by the browser's own time of the key, until the frame in which the
first words of the answer stand was painted. Each visitor comes in a fresh profile, opens the panel, asks a first
question, which begins a conversation, and then a second one in it. The baseline asks another desk the same questions,
one after the other over one open connection. The demo shop's questions in fourteen languages are asked of its
knowledge, unless `--knowledge` and `--queries` name others; `--limit` is how many questions of each file.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.client import Load, Plan, question_bodies, run_client
from benchmarks.desk import HOST, ROOT, serving
from benchmarks.options import Options
from benchmarks.panels import Stage, stage
from benchmarks.result import Cell, Result
from benchmarks.timing import quantiles
from retrieval.question_files import read_questions

if TYPE_CHECKING:
    from tests.browser.visit import Visit

QUESTIONS = ROOT / "tests" / "data" / "demo_questions.jsonl"
WARMING = ("Where are you?", "Do you sell bikes?", "Can I rent one?")
TIME = """() => {
  const words = () => document.querySelectorAll(".message.bot .prose:not(:empty)").length;
  let sent = null;
  addEventListener("keydown", (event) => {
    if (event.key === "Enter") sent = { at: event.timeStamp, before: words() };
  }, true);
  new MutationObserver(() => {
    if (!sent || words() <= sent.before) return;
    const { at } = sent;
    sent = null;
    requestAnimationFrame(() => {
      const painted = new MessageChannel();
      painted.port1.onmessage = () => (window.__shown = performance.now() - at);
      painted.port2.postMessage(0);
    });
  }).observe(document.body, { childList: true, subtree: true, characterData: true });
}"""
TAKEN = "() => { const shown = window.__shown; window.__shown = undefined; return shown }"


def run(options: Options) -> Result:
    """Asks every question in the panel, then of the other desk."""
    files = options.queries or (QUESTIONS,)
    texts = list(dict.fromkeys(one.text for file in files for one in read_questions(file, options.limit)))
    knowledge = options.knowledge or ROOT / "knowledge"
    first: list[float] = []
    later: list[float] = []
    with options.folder("widget_answer") as folder:
        with stage(folder, knowledge) as on:
            for text in WARMING:
                on.desk.operator.post("/api/ask", json={"question": text}).raise_for_status()
            page = on.host.embed("/shop", on.desk.script)
            for place in range(0, len(texts), 2):
                times = _asked(on, page, texts[place : place + 2])
                first.append(times[0])
                later += times[1:]
        baseline = _asked_plainly(options, knowledge, texts)
    return Result(
        title="First sentence in the widget after Send",
        baseline="the whole answer of POST /api/ask on another desk with the same knowledge, to the same questions.",
        setting={"questions": len(texts), "baseline's from the cache": baseline.cached, "failed": baseline.failed},
        columns=("", "p50 ms", "p95 ms", "p99 ms", "answers"),
        rows=(
            _row("first message of a conversation", first),
            _row("later message", later),
            _row("all messages", [*first, *later]),
            _row("baseline: POST /api/ask", baseline.milliseconds),
        ),
    )


def _row(name: str, milliseconds: Sequence[float]) -> tuple[Cell, ...]:
    return (name, *quantiles(milliseconds), len(milliseconds))


def _asked(on: Stage, page: str, texts: Sequence[str]) -> list[float]:
    """Milliseconds of each question of one new visitor."""
    from tests.browser.visit import visiting

    with visiting(on.browser, page) as visit:
        visit.open()
        visit.frame.evaluate(TIME)
        return [_timed(visit, text) for text in texts]


def _timed(visit: Visit, text: str) -> float:
    from tests.browser.visit import wait_for

    visit.ask(text)
    wait_for(visit.frame, "window.__shown !== undefined")
    return float(visit.frame.evaluate(TAKEN))


def _asked_plainly(options: Options, knowledge: Path, texts: Sequence[str]) -> Load:
    with options.folder("widget_answer_baseline") as folder:
        shutil.rmtree(folder / "data", ignore_errors=True)
        with serving(folder, [knowledge]) as desk:
            for text in WARMING:
                desk.ask(text)
            return run_client(Plan(HOST, desk.port, "/api/ask", question_bodies(texts)))
