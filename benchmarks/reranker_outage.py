"""A desk whose rerank server fails, under twenty questions a second: what those who ask notice of it.

The server is the tests' stand-in in a process of its own; it is killed, stopped (so that it accepts connections and
answers nothing), made to answer 500, and made to answer nonsense, each for some seconds, and then made well again. The
questions come at a fixed rate, whether or not earlier ones were answered. `--limit` bounds the seconds of each phase.
"""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import httpx

from benchmarks.desk import HOST, ROOT, Desk, free_port, serving
from benchmarks.options import Options
from benchmarks.result import Cell, Result
from benchmarks.timing import quantiles
from retrieval.errors import PolydeskError
from retrieval.evaluate import percentile

RATE = 20
HEALTHY_SECONDS = 6
OUT_SECONDS = 12
PATIENCE_SECONDS = 60
# Who waited this much longer than usual counts as having waited for the server.
WAITED_MS = 50.0
TEXTS = (
    "How long does a refund take?",
    "Wie lade ich den Akku?",
    "¿Cuánto cuesta el envío?",
    "Mon vélo grince, que faire ?",
    "返品はできますか",
)


class StandInFailed(PolydeskError):
    """The stand-in of a rerank server did not do as told."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One question: when it was asked (seconds), how long it took, and how it was answered."""

    at: float
    milliseconds: float
    status: int
    degraded: bool


@dataclass(slots=True)
class Server:
    """The stand-in, in a process of its own."""

    port: int
    process: subprocess.Popen[bytes] = field(init=False)

    def start(self) -> None:
        """Returns when it listens."""
        self.process = subprocess.Popen([sys.executable, "-m", "tests.fakes.rerank", str(self.port)], cwd=ROOT)
        until = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                self.be({})
                return
            except urllib.error.URLError:
                if time.monotonic() > until:
                    raise StandInFailed("The stand-in of a rerank server did not start.") from None
                time.sleep(0.02)

    def be(self, fault: dict[str, Any]) -> None:
        """Has it fail in this way from now on; in none where there is nothing in it."""
        body = json.dumps(fault).encode()
        request = urllib.request.Request(f"http://{HOST}:{self.port}/fault", body)
        urllib.request.urlopen(request, timeout=10).close()

    def send(self, number: signal.Signals) -> None:
        """Signals the process; a killed one is waited for."""
        self.process.send_signal(number)
        if number == signal.SIGKILL:
            self.process.wait()


@dataclass(frozen=True, slots=True)
class Outage:
    """A way to fail, and how it ends."""

    name: str
    begin: Callable[[Server], None]
    end: Callable[[Server], None]


OUTAGES = (
    Outage("killed", lambda server: server.send(signal.SIGKILL), lambda server: server.start()),
    Outage("hung", lambda server: server.send(signal.SIGSTOP), lambda server: server.send(signal.SIGCONT)),
    Outage("answers 500", lambda server: server.be({"status": 500}), lambda server: server.be({})),
    Outage("wrong shape", lambda server: server.be({"raw": '{"results": [1, 2]}'}), lambda server: server.be({})),
)


def run(options: Options) -> Result:
    """Measures each outage; the baseline is a desk that never had another reranker than late interaction."""
    knowledge = options.knowledge or ROOT / "knowledge"
    healthy, out = (min(seconds, options.limit or seconds) for seconds in (HEALTHY_SECONDS, OUT_SECONDS))
    with options.folder("reranker-outage") as folder:
        with serving(folder, [knowledge], {"cache": {"size": 0}}) as desk:
            alone = asyncio.run(_late_interaction(desk, healthy))
        usual = percentile([one.milliseconds for one in alone], 0.5) or 0.0
        with _server(free_port()) as server:
            reranker = {"kind": "vllm", "base_url": f"http://{HOST}:{server.port}", "model": "stand-in"}
            with serving(folder, [knowledge], {"cache": {"size": 0}, "reranker": reranker}) as desk:
                rows, details = asyncio.run(_measure(desk, server, usual, healthy, out))
    return Result(
        title=f"A failing rerank server under {RATE} questions a second",
        baseline="the same questions to a desk with late interaction alone; extra is what is beyond its p50.",
        setting={"seconds healthy": healthy, "seconds out": out},
        columns=("", "asked", "failed", "waited", "extra once ms", "then p50 ms", "then p95 ms", "back after s"),
        rows=(*rows, ("baseline: late interaction", len(alone), _failed(alone), None, None, *_extra(alone, 0.0), None)),
        details=details,
    )


async def _late_interaction(desk: Desk, seconds: float) -> list[Asked]:
    async with _asking(desk) as asked:
        await asyncio.sleep(2)
        asked.clear()
        await asyncio.sleep(seconds)
    return asked


async def _measure(
    desk: Desk, server: Server, usual: float, healthy: float, out: float
) -> tuple[list[tuple[Cell, ...]], dict[str, Any]]:
    rows: list[tuple[Cell, ...]] = []
    details: dict[str, Any] = {}
    async with _asking(desk) as asked:
        await _until_served(asked)
        for outage in OUTAGES:
            await asyncio.sleep(healthy)
            asked.clear()
            began = time.perf_counter()
            await asyncio.to_thread(outage.begin, server)
            await asyncio.sleep(out)
            await asyncio.to_thread(outage.end, server)
            ended = time.perf_counter()
            back = await _until_served(asked, ended) - ended
            during = [one for one in asked if one.at < ended]
            waited = [one for one in during if one.milliseconds > usual + WAITED_MS]
            # From when the last of those who waited was asked.
            settled = max((one.at for one in waited), default=began)
            then = [one for one in during if one.at > settled and one.degraded]
            rows.append(
                (
                    outage.name,
                    len(asked),
                    _failed(asked),
                    len(waited),
                    max((one.milliseconds for one in waited), default=usual) - usual,
                    *_extra(then, usual),
                    back,
                )
            )
            details[outage.name] = {
                "degraded": sum(one.degraded for one in asked),
                "seconds until nobody waited any more": round(settled - began, 3),
                "milliseconds of those who waited": [round(one.milliseconds) for one in waited],
            }
    return rows, details


async def _until_served(asked: Sequence[Asked], after: float = 0.0) -> float:
    """When the first question asked after a moment was answered with the server's help."""
    until = time.perf_counter() + PATIENCE_SECONDS
    while time.perf_counter() < until:
        for one in asked:
            if one.at > after and one.status == 200 and not one.degraded:
                return one.at + one.milliseconds / 1000
        await asyncio.sleep(0.02)
    raise StandInFailed(f"The desk did not go back to its reranker within {PATIENCE_SECONDS} seconds.")


@asynccontextmanager
async def _asking(desk: Desk) -> AsyncIterator[list[Asked]]:
    """Asks at a fixed rate inside the block; the list grows as answers come. All are waited for at the end."""
    asked: list[Asked] = []
    under_way: set[asyncio.Task[None]] = set()

    async def ask(client: httpx.AsyncClient, text: str) -> None:
        at = time.perf_counter()
        try:
            reply = await client.post("/api/ask", json={"question": text})
            status, degraded = reply.status_code, "reranker" in reply.json().get("degraded", ())
        except (httpx.HTTPError, ValueError):
            status, degraded = 0, False
        asked.append(Asked(at, (time.perf_counter() - at) * 1000, status, degraded))

    async def ask_for_ever(client: httpx.AsyncClient) -> None:
        begun = time.perf_counter()
        for number in count():
            await asyncio.sleep(max(0.0, begun + number / RATE - time.perf_counter()))
            task = asyncio.create_task(ask(client, f"{TEXTS[number % len(TEXTS)]} ({number})"))
            under_way.add(task)
            task.add_done_callback(under_way.discard)

    async with httpx.AsyncClient(base_url=f"http://{HOST}:{desk.port}", timeout=PATIENCE_SECONDS) as client:
        asking = asyncio.create_task(ask_for_ever(client))
        try:
            yield asked
        finally:
            asking.cancel()
            await asyncio.gather(asking, *under_way, return_exceptions=True)


@contextmanager
def _server(port: int) -> Iterator[Server]:
    server = Server(port)
    server.start()
    try:
        yield server
    finally:
        server.process.kill()
        server.process.wait()


def _failed(asked: Sequence[Asked]) -> int:
    return sum(one.status != 200 for one in asked)


def _extra(asked: Sequence[Asked], usual: float) -> tuple[float | None, float | None]:
    p50, p95, _ = quantiles([one.milliseconds for one in asked])
    return (None if p50 is None else p50 - usual), (None if p95 is None else p95 - usual)
