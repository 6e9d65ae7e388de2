"""How fast Slack's events are acknowledged while everything that the desk calls hangs: Slack, the reranker, the LLM.

Signed events come at a steady pace, each on its own schedule whether the last was acknowledged or not, as from Slack.
`--limit` bounds the events; `--knowledge` defaults to the demo.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import aiohttp

from benchmarks.desk import HOST, ROOT, Desk, free_port, serving
from benchmarks.options import Options
from benchmarks.passages import copy_of
from benchmarks.result import Cell, Result
from benchmarks.timing import quantiles
from tests.fakes.slack import FakeSlack, User

PER_SECOND = 50
SECONDS = 60
PEOPLE = 50
# The desk counts what waits every five seconds.
FIGURES_SECONDS = 6.0

Send = Callable[[int], Awaitable[int]]


def run(options: Options) -> Result:
    """Measures events and, at the same pace, what the HTTP server alone gives."""
    return asyncio.run(_run(options))


async def _run(options: Options) -> Result:
    count = options.limit or PER_SECOND * SECONDS
    async with FakeSlack() as slack, _hanging() as hung, aiohttp.ClientSession(connector=_connector()) as http:
        # All but the one that tells the desk once who it is, so that questions get as far as the assistant.
        for methods in ("chat.*", "assistant.*", "agents.*", "conversations.*", "users.*", "views.*", "api.*"):
            slack.fail("hang", methods, times=-1)
        with options.folder("slack_ack") as folder:
            settings = {
                "slack": {
                    "mode": "http",
                    "base_url": slack.base_url,
                    "signing_secret": slack.app.signing_secret,
                    "bot_token": slack.bot_token,
                },
                "llm": {"base_url": hung, "model": "hangs"},
                "answer": {"kind": "generated"},
                "reranker": {"kind": "vllm", "base_url": hung, "model": "hangs"},
            }
            desk_of = serving(folder, [copy_of(options.knowledge or ROOT / "knowledge", folder)], settings)
            desk: Desk = await asyncio.to_thread(desk_of.__enter__)
            try:
                health = await _paced(count // 4, lambda number: _get(http, desk))
                events = await _paced(count, _sender(http, slack, desk))
                await asyncio.sleep(FIGURES_SECONDS)
                waiting = await asyncio.to_thread(desk.metric, "polydesk_slack_waiting")
                resident = desk.resident_bytes()
            finally:
                await asyncio.to_thread(desk_of.__exit__, None, None, None)
    return Result(
        title=f"Acknowledgement of {PER_SECOND} signed events a second while Slack, reranker and LLM hang",
        baseline="/health at the same pace on the same desk.",
        setting={
            "events": count,
            "seconds": count / PER_SECOND,
            "stored and waiting at the end": int(waiting),
            "desk MB after": round(resident / 1e6),
            "client": "in the benchmark's process, with the stand-in for Slack",
        },
        columns=("", "p50 ms", "p95 ms", "p99 ms", "longest ms", "not acknowledged"),
        rows=(_row("events", *events), _row("baseline: /health", *health)),
    )


async def _paced(count: int, send: Send) -> tuple[list[float], Counter[int]]:
    """Sends so many on schedule: milliseconds from when each was due, and the statuses."""
    milliseconds: list[float] = []
    statuses: Counter[int] = Counter()
    begun = time.perf_counter() + 0.5

    async def one(number: int) -> None:
        due = begun + number / PER_SECOND
        await asyncio.sleep(due - time.perf_counter())
        try:
            statuses[await send(number)] += 1
        except (aiohttp.ClientError, TimeoutError):
            statuses[0] += 1
        milliseconds.append((time.perf_counter() - due) * 1000)

    await asyncio.gather(*(one(number) for number in range(count)))
    return milliseconds, statuses


def _sender(http: aiohttp.ClientSession, slack: FakeSlack, desk: Desk) -> Send:
    people: list[User] = [slack.add_user(f"Person {number}") for number in range(PEOPLE)]
    url = f"http://{HOST}:{desk.port}/slack/events"

    async def send(number: int) -> int:
        person = people[number % PEOPLE]
        ts = f"{int(time.time())}.{number:06d}"
        event = {
            "type": "message",
            "channel_type": "im",
            "channel": slack.dm_channel(person).id,
            "user": person.id,
            "text": f"How long does a refund take, asked {number} times?",
            "ts": ts,
            "event_ts": ts,
        }
        body = json.dumps(
            {
                "type": "event_callback",
                "event_id": f"Ev{number:08d}",
                "team_id": slack.team.id,
                "api_app_id": slack.app.id,
                "authorizations": [{"team_id": slack.team.id, "user_id": slack.team.bot, "is_bot": True}],
                "event": event,
            }
        ).encode()
        headers = {"Content-Type": "application/json", **slack.deliveries.signature(body)}
        async with http.post(url, data=body, headers=headers) as response:
            await response.read()
            return response.status

    return send


async def _get(http: aiohttp.ClientSession, desk: Desk) -> int:
    async with http.get(f"http://{HOST}:{desk.port}/health") as response:
        await response.read()
        return response.status


def _connector() -> aiohttp.TCPConnector:
    return aiohttp.TCPConnector(limit=0)


@asynccontextmanager
async def _hanging() -> AsyncIterator[str]:
    """The address of a server that takes every request and never answers."""
    port = free_port()
    closing = asyncio.Event()

    async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await closing.wait()
        writer.close()

    server = await asyncio.start_server(hang, HOST, port)
    try:
        yield f"http://{HOST}:{port}"
    finally:
        closing.set()
        server.close()


def _row(name: str, milliseconds: list[float], statuses: Counter[int]) -> tuple[Cell, ...]:
    failed = sum(statuses.values()) - statuses[200]
    return name, *quantiles(milliseconds), max(milliseconds), failed
