"""Answers in Slack while the desk is killed again and again, and every event comes four times in disorder.

The desk, in a process of its own, takes events over two sockets. It is killed (-9) at random moments: most of them
shortly after a question, while its answer is being made and streamed. Every question must be answered by exactly one
message that shows the whole answer. `--limit` bounds the kills; `--knowledge` defaults to the demo.
"""

from __future__ import annotations

import asyncio
import random
import sys
import time
from asyncio.subprocess import Process
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import yaml

from benchmarks.desk import HOST, ROOT, free_port
from benchmarks.options import Options
from benchmarks.passages import copy_of
from benchmarks.result import Result
from retrieval.errors import PolydeskError
from retrieval.evaluate import percentile
from tests.fakes.slack import FakeSlack, Message
from tests.fakes.slack.shapes import shown_blocks

KILLS = 200
PATIENCE_SECONDS = 120.0
# Between two questions; Slack lets twenty streams a minute begin.
PAUSE_SECONDS = 3.5
# A kill comes so long after a question at most, or at any other moment.
SOON_SECONDS = 1.2
LATER_SECONDS = 6.0
# Slack's answers take their time, most of them after what was asked for is done: then a kill leaves the desk unknowing.
SLOW = (
    ("chat.startStream", 0.3, True),
    ("chat.appendStream", 0.2, True),
    ("chat.stopStream", 0.3, True),
    ("chat.postMessage", 0.3, True),
    ("chat.update", 0.2, True),
    ("chat.*", 0.2, False),
)
QUESTIONS = (
    "How long can I return a bike?",
    "Wie lange kann ich ein Fahrrad zurückgeben?",
    "バッテリーを飛行機に持ち込めますか？",
    "What does error BLT-118 mean?",
    "¿Cuánto cuesta enviar una bicicleta a Tenerife?",
    "What is the capital of Mongolia?",
)


class NotAnswered(PolydeskError):
    """The desk did not come up, or did not answer in time; the message tells the end of its log."""


@dataclass(slots=True)
class Tally:
    """What was seen."""

    kills: int = 0
    during_answers: int = 0
    asked: list[tuple[str, Message]] = field(default_factory=list)
    start_seconds: list[float] = field(default_factory=list)


def run(options: Options) -> Result:
    """Kills the desk so many times, and looks at every thread in the end."""
    return asyncio.run(_run(options))


async def _run(options: Options) -> Result:
    kills = options.limit or KILLS
    with options.folder("slack_kill") as folder:
        async with FakeSlack() as slack:
            slack.app.socket_mode = True
            slack.deliveries.copies, slack.deliveries.disorder = 4, 0.5
            for method, seconds, after in SLOW:
                slack.fail("delay", method, times=-1, seconds=seconds, after=after)
            command = _command(slack, folder, copy_of(options.knowledge or ROOT / "knowledge", folder))
            await _ingest(command)
            begun = time.monotonic()
            tally = await _kill_often(slack, command, folder, kills)
            await _answer_all(slack, command, folder, tally)
            minutes = (time.monotonic() - begun) / 60
            violations = [f"{each.method} {each.rule}: {each.detail[:200]}" for each in slack.violations]
            return _result(slack, tally, minutes, violations)


def _command(slack: FakeSlack, folder: Path, knowledge: Path) -> list[str]:
    configuration = {
        "data_dir": str(folder / "data"),
        "knowledge": {"roots": [str(knowledge.absolute())], "watch": False},
        "server": {"host": HOST, "port": free_port()},
        "logging": {"level": "warning", "format": "text"},
        "slack": {
            "mode": "socket",
            "base_url": slack.base_url,
            "bot_token": slack.bot_token,
            "app_token": slack.app.app_token,
        },
    }
    file = folder / "slack.yaml"
    file.write_text(yaml.safe_dump(configuration), encoding="utf-8")
    return [sys.executable, "-m", "bot.cli", "serve", "--config", str(file)]


async def _kill_often(slack: FakeSlack, command: Sequence[str], folder: Path, kills: int) -> Tally:
    chance = random.Random(200)
    tally = Tally()
    asking = asyncio.create_task(_ask_on(slack, chance, tally))
    try:
        while tally.kills < kills:
            process = await _start(command, folder)
            try:
                began = time.monotonic()
                # Some are killed while they start.
                if chance.random() < 0.9:
                    await _connected(slack, process, folder)
                    tally.start_seconds.append(time.monotonic() - began)
                else:
                    await asyncio.sleep(chance.uniform(0, 4))
                if chance.random() < 0.7:
                    before = len(tally.asked)
                    await _until(partial(_more_than, tally, before))
                    await asyncio.sleep(chance.uniform(0, SOON_SECONDS))
                else:
                    await asyncio.sleep(chance.uniform(0, LATER_SECONDS))
            finally:
                tally.during_answers += any(_under_way(slack, message) for _, message in tally.asked[-3:])
                process.kill()
                await process.wait()
            tally.kills += 1
            _redeliver(slack)
    finally:
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)
    return tally


async def _ask_on(slack: FakeSlack, chance: random.Random, tally: Tally) -> None:
    """Somebody asks something every few seconds, whether the desk lives or not."""
    people = [slack.add_user(f"Person {number}") for number in range(20)]
    channel = slack.add_channel("support", people)
    while True:
        person, question = chance.choice(people), chance.choice(QUESTIONS)
        asked = slack.dm(person, question) if chance.random() < 0.7 else slack.mention(person, channel, question)
        tally.asked.append((question, asked))
        await asyncio.sleep(chance.uniform(0.5, 1.5) * PAUSE_SECONDS)


async def _answer_all(slack: FakeSlack, command: Sequence[str], folder: Path, tally: Tally) -> None:
    """Lets one desk live until nothing is left to do."""
    process = await _start(command, folder)
    try:
        await _connected(slack, process, folder)
        until = time.monotonic() + PATIENCE_SECONDS + len(tally.asked)
        while time.monotonic() < until:
            _redeliver(slack)
            await slack.deliveries.settled()
            answered = sum(bool(_answers(slack, message)) for _, message in tally.asked)
            if answered == len(tally.asked) and not any(_under_way(slack, message) for _, message in tally.asked):
                break
            await asyncio.sleep(0.5)
        # What would be said twice is said by then.
        await asyncio.sleep(5)
    finally:
        process.terminate()
        await process.wait()


def _redeliver(slack: FakeSlack) -> None:
    """Sends again what was never acknowledged: Slack does so for minutes, and a desk is not down for so long."""
    acknowledged = {each.payload["event_id"] for each in slack.deliveries.sent if each.acknowledged}
    under_way = {each.payload["event_id"] for each in slack.deliveries.sent if not each.done.is_set()}
    lost = {each.payload["event_id"]: each.payload for each in slack.deliveries.sent}
    for id, payload in lost.items():
        if id not in acknowledged and id not in under_way:
            slack.deliver(payload)


async def _ingest(command: Sequence[str]) -> None:
    """Reads the knowledge to its end, so that the same question has the same answer all the time."""
    process = await asyncio.create_subprocess_exec(
        *(part if part != "serve" else "ingest" for part in command), stdout=asyncio.subprocess.DEVNULL, cwd=ROOT
    )
    if await process.wait():
        raise NotAnswered("The knowledge could not be read.")


async def _start(command: Sequence[str], folder: Path) -> Process:
    with (folder / "desk.log").open("ab") as log:
        return await asyncio.create_subprocess_exec(*command, stdout=log, stderr=log, cwd=ROOT)


async def _connected(slack: FakeSlack, process: Process, folder: Path) -> None:
    until = time.monotonic() + PATIENCE_SECONDS
    # Those of the process before it, which was killed, are noticed a moment later.
    slack.socket.connections.clear()
    while len(slack.socket.connections) < 2:
        if process.returncode is not None or time.monotonic() > until:
            tail = (folder / "desk.log").read_text(errors="replace")[-1500:]
            raise NotAnswered(f"The desk did not connect (exit status {process.returncode}). Its log ends:\n{tail}")
        await asyncio.sleep(0.02)


async def _until(found: Callable[[], object]) -> None:
    until = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < until:
        if found():
            return
        await asyncio.sleep(0.02)


def _more_than(tally: Tally, asked: int) -> bool:
    return len(tally.asked) > asked


def _answers(slack: FakeSlack, asked: Message) -> list[Message]:
    return slack.answers(asked.channel, asked.ts)


def _under_way(slack: FakeSlack, asked: Message) -> bool:
    return any(message.streaming for message in _answers(slack, asked))


def _text(message: Message) -> str:
    return "".join(block["text"] for block in shown_blocks(message) if block["type"] == "markdown")


def _result(slack: FakeSlack, tally: Tally, minutes: float, violations: list[str]) -> Result:
    lost = doubled = torn = 0
    texts: dict[str, Counter[str]] = {}
    for question, asked in tally.asked:
        for message in _answers(slack, asked)[:1]:
            texts.setdefault(question, Counter())[_text(message)] += 1
    # The same question has the same answer, so that one which was cut or patched together stands out.
    whole = {question: counter.most_common(1)[0][0] for question, counter in texts.items()}
    wrong: list[str] = []
    for question, asked in tally.asked:
        said = _answers(slack, asked)
        lost += not said
        doubled += len(said) > 1
        torn += len(said) == 1 and (_text(said[0]) != whole[question] or said[0].streaming)
        if len(said) != 1 or _text(said[0]) != whole[question]:
            wrong.append(f"{question}: {[_text(message)[:300] for message in said]}")
    attempts = [attempt for each in slack.deliveries.sent for attempt in each.attempts]
    events = {each.payload["event_id"] for each in slack.deliveries.sent}
    return Result(
        title="kill -9 while questions from Slack are answered",
        baseline="none: one answer each is what there must be.",
        setting={
            "kills": tally.kills,
            "while an answer streamed": tally.during_answers,
            "events": len(events),
            "attempts to deliver": len(attempts),
            "sockets": 2,
            "minutes": round(minutes, 1),
            "start to connected, p50 s": percentile(tally.start_seconds, 0.5),
        },
        columns=("questions", "answered once", "lost", "doubled", "not whole", "violations of Slack's rules"),
        rows=(
            (
                len(tally.asked),
                len(tally.asked) - lost - doubled - torn,
                lost,
                doubled,
                torn,
                len(violations),
            ),
        ),
        details={"violations": violations[:50], "wrong": wrong[:50], "calls": _calls(slack)},
    )


def _calls(slack: FakeSlack) -> dict[str, int]:
    return dict(sorted(Counter(asked.method for asked in slack.api.asked).items()))
