"""From an event of Slack to the first streamed text, with the embedded default.

The stand-in for Slack is another process than the desk. Questions come one by one, so far apart that Slack takes a
stream for each. `--limit` bounds them (40 where not given); `--knowledge` and `--queries` default to the demo and its
questions.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.client import Plan, question_bodies, run_client
from benchmarks.desk import HOST, ROOT, Desk, serving
from benchmarks.options import Options
from benchmarks.passages import copy_of
from benchmarks.result import Cell, Result
from benchmarks.timing import quantiles
from retrieval.question_files import read_questions
from tests.fakes.slack import Channel, FakeSlack, Message, User

QUESTIONS = 40
WARMING = 3
# Slack lets an app start 20 streams a minute.
PACE_SECONDS = 3.2
_DEMO = ROOT / "tests" / "data" / "demo_questions.jsonl"


@dataclass(frozen=True, slots=True)
class _Times:
    """Milliseconds after the event."""

    acknowledged: float
    first: float
    whole: float
    streamed: bool


def run(options: Options) -> Result:
    """Measures direct messages; the baseline asks the same desk over HTTP."""
    return asyncio.run(_run(options))


async def _run(options: Options) -> Result:
    count = options.limit or QUESTIONS
    texts = _questions(options.queries or (_DEMO,), count + WARMING)
    async with FakeSlack() as slack:
        with options.folder("slack_answer") as folder:
            settings: dict[str, dict[str, Any]] = {
                "slack": {
                    "mode": "http",
                    "base_url": slack.base_url,
                    "signing_secret": slack.app.signing_secret,
                    "bot_token": slack.bot_token,
                },
                "cache": {"size": 0},
            }
            desk_of = serving(folder, [copy_of(options.knowledge or ROOT / "knowledge", folder)], settings)
            desk: Desk = await asyncio.to_thread(desk_of.__enter__)
            try:
                slack.app.request_url = f"http://{HOST}:{desk.port}/slack/events"
                anna = slack.add_user("Anna")
                taken = [await _asked(slack, anna, text) for text in texts][WARMING:]
                plan = Plan(HOST, desk.port, "/api/ask", question_bodies(texts[WARMING:]))
                asked = await asyncio.to_thread(run_client, plan)
            finally:
                await asyncio.to_thread(desk_of.__exit__, None, None, None)
        violations = len(slack.violations)
    return Result(
        title="Slack: from the event to the first streamed text, embedded default, not cached",
        baseline="/api/ask of the same desk with the same questions: the whole answer over HTTP.",
        setting={
            "questions": len(taken),
            "of them streamed": sum(one.streamed for one in taken),
            "seconds apart": PACE_SECONDS,
            "rules of Slack broken": violations,
        },
        columns=("", "p50 ms", "p95 ms", "p99 ms"),
        rows=(
            _row("event acknowledged", [one.acknowledged for one in taken]),
            _row("first text shown", [one.first for one in taken]),
            _row("answer whole, with sources", [one.whole for one in taken]),
            _row("baseline: /api/ask", asked.milliseconds),
        ),
    )


async def _asked(slack: FakeSlack, user: User, text: str) -> _Times:
    channel = slack.dm_channel(user)
    begun = time.perf_counter()
    question = slack.dm(user, text)
    await slack.until(lambda: any(_shown(message) for message in _answers(slack, channel, question)), 60)
    first = _since(begun)
    streamed = any(message.stream for message in _answers(slack, channel, question))
    await slack.until(lambda: all(not message.streaming for message in _answers(slack, channel, question)), 60)
    whole = _since(begun)
    delivery = slack.deliveries.of("message")[-1]
    await asyncio.sleep(max(0.0, PACE_SECONDS - whole / 1000))
    return _Times(delivery.attempts[0].seconds * 1000, first, whole, streamed)


def _shown(message: Message) -> str:
    return message.stream.text if message.stream else message.text


def _answers(slack: FakeSlack, channel: Channel, question: Message) -> list[Message]:
    return slack.answers(channel, question.ts)


def _questions(files: Sequence[Path], count: int) -> list[str]:
    return list(dict.fromkeys(one.text for file in files for one in read_questions(file)))[:count]


def _since(begun: float) -> float:
    return (time.perf_counter() - begun) * 1000


def _row(name: str, milliseconds: Sequence[float]) -> tuple[Cell, ...]:
    return name, *quantiles(milliseconds)
