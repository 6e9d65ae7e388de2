"""How late an event arrives with 300 live streams of the widget on one desk, while its team writes.

Each stream is that of a visitor with a conversation; a person of the team writes into the conversations in turn, 50
messages a second, and what is timed is from sending that message until the visitor's stream has it: taking it in,
storing it and passing it on. `--limit` is the number of streams. The demo shop is the knowledge where none is named.
"""

from __future__ import annotations

import asyncio
import time
from contextlib import AsyncExitStack

import httpx

from benchmarks.desk import HOST, ROOT, Desk, serving
from benchmarks.options import Options
from benchmarks.result import Cell, Result
from benchmarks.timing import quantiles
from benchmarks.visitors import LIMITS, Visitor, new_visitor
from bot.desk_file import read_desk_file
from retrieval.errors import PolydeskError

STREAMS = 300
A_SECOND = 50.0
SECONDS = 30.0
ALONE = 1


def run(options: Options) -> Result:
    """Measures one stream, then many, at the same rate of messages."""
    streams = options.limit or STREAMS
    knowledge = options.knowledge or ROOT / "knowledge"
    settings = {"widget": {"limits": {**LIMITS, "streams_at_once": 10_000}}}
    with options.folder("streams") as folder, serving(folder, [knowledge], settings) as desk:
        known = read_desk_file(folder / "data")
        if known is None:
            raise PolydeskError("The desk left no desk.json in its data folder.")
        seconds = SECONDS if streams >= STREAMS else 2.0
        alone = asyncio.run(_measure(desk, known.token, ALONE, seconds))
        many = asyncio.run(_measure(desk, known.token, streams, seconds))
        resident = desk.resident_bytes()
    return Result(
        title="Live streams of the widget",
        baseline="one stream, at the same rate of messages.",
        setting={"messages a second": A_SECOND, "seconds": seconds, "desk MB after": round(resident / 1e6)},
        columns=("", "p50 ms", "p95 ms", "p99 ms", "slowest ms", "events", "lost"),
        rows=(_row(f"{streams} streams", many), _row("baseline: one stream", alone)),
    )


def _row(name: str, found: tuple[list[float], int]) -> tuple[Cell, ...]:
    delays, lost = found
    return name, *quantiles(delays), max(delays, default=None), len(delays), lost


async def _measure(desk: Desk, token: str, streams: int, seconds: float) -> tuple[list[float], int]:
    """Milliseconds from each message to its event, and how many events never came."""
    sent: dict[str, float] = {}
    delays: list[float] = []
    async with AsyncExitStack() as stack:
        limits = httpx.Limits(max_connections=32)
        client = httpx.AsyncClient(base_url=f"http://{HOST}:{desk.port}", limits=limits, trust_env=False, timeout=60)
        http = await stack.enter_async_context(client)
        conversations, listening = [], []
        for number in range(streams):
            visitor = await new_visitor(http, desk.port)
            conversation = (await visitor.send(http, f"How long does a refund take, {number}?"))["conversation"]
            conversations.append(conversation)
            heard = asyncio.Event()
            task = asyncio.create_task(_listen(visitor, conversation, heard, sent, delays))
            stack.callback(task.cancel)
            listening.append(heard.wait())
        await asyncio.gather(*listening)
        begun, writing = time.perf_counter(), []
        for number in range(round(seconds * A_SECOND)):
            await asyncio.sleep(max(0.0, begun + number / A_SECOND - time.perf_counter()))
            path = f"/api/conversations/{conversations[number % streams]}/messages"
            text = f"message {number} of {streams}"
            writing.append(asyncio.create_task(_write(http, path, text, token, sent)))
        await asyncio.gather(*writing)
        for _ in range(100):
            if len(delays) == len(sent):
                break
            await asyncio.sleep(0.1)
    return delays, len(sent) - len(delays)


async def _write(http: httpx.AsyncClient, path: str, text: str, token: str, sent: dict[str, float]) -> None:
    sent[text] = time.perf_counter()
    headers = {"Authorization": f"Bearer {token}"}
    (await http.post(path, json={"text": text, "name": "Mia"}, headers=headers)).raise_for_status()


async def _listen(
    visitor: Visitor, conversation: str, heard: asyncio.Event, sent: dict[str, float], delays: list[float]
) -> None:
    """Notes the delay of each message of the team; the first answer is awaited before anything counts."""
    async with visitor.events(conversation) as events:
        async for name, data in events:
            if name == "history" and data["messages"][-1]["status"] == "done":
                heard.set()
            if name != "message":
                continue
            if data["author"] == "person":
                delays.append((time.perf_counter() - sent[data["text"]]) * 1000)
            elif data["author"] == "bot" and data["status"] == "done":
                heard.set()
