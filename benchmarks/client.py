"""A light HTTP client in a process of its own: ``python -m benchmarks.client < plan.json`` writes what it measured.

It speaks just enough HTTP/1.1 over raw streams with keep-alive: a full client library would spend more processor time
on a request than the desk does, and on two cores that would be measured as the desk's.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from retrieval.errors import PolydeskError


class LoadFailed(PolydeskError):
    """The client could not do its work; the message says why."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What the client is to do.

    Attributes:
        bodies: JSON request bodies, asked in turn; an empty one asks with GET.
        askers: connections that ask at once, each its next question when the last is answered.
        seconds: when to stop; 0 means after each body was asked once.
        pause_seconds: how long an asker waits between two questions.
    """

    host: str
    port: int
    path: str
    bodies: tuple[str, ...]
    askers: int = 1
    seconds: float = 0
    pause_seconds: float = 0


@dataclass(frozen=True, slots=True)
class Load:
    """What the client measured.

    Attributes:
        milliseconds: of each reply with status 200, in order of arrival.
        cached: replies that the desk took from its answer cache.
        statuses: how many replies had which status; 0 stands for a broken connection.
    """

    milliseconds: tuple[float, ...]
    cached: int
    statuses: dict[str, int]
    seconds: float

    @property
    def per_second(self) -> float:
        """Successful replies a second."""
        return len(self.milliseconds) / self.seconds if self.seconds else 0.0

    @property
    def failed(self) -> int:
        """Replies other than 200, and broken connections."""
        return sum(count for status, count in self.statuses.items() if status != "200")


def question_bodies(texts: Sequence[str]) -> tuple[str, ...]:
    """The bodies that ask these questions."""
    return tuple(json.dumps({"question": text}, ensure_ascii=False) for text in texts)


def run_client(plan: Plan) -> Load:
    """Carries a plan out in a process of its own.

    Raises:
        LoadFailed: the process failed.
    """
    finished = subprocess.run(
        [sys.executable, "-m", "benchmarks.client"],
        input=json.dumps(asdict(plan)),
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parent.parent,
    )
    if finished.returncode:
        raise LoadFailed(f"The load client failed: {finished.stderr.strip().splitlines()[-1:]}.")
    measured = json.loads(finished.stdout)
    return Load(tuple(measured["milliseconds"]), measured["cached"], measured["statuses"], measured["seconds"])


async def carry_out(plan: Plan) -> Load:
    """Asks as planned."""
    requests = [_request(plan, body) for body in plan.bodies]
    milliseconds: list[float] = []
    statuses: Counter[str] = Counter()
    cached = 0
    position = 0
    start = time.perf_counter()

    async def asker() -> None:
        nonlocal cached, position
        while True:
            try:
                async with _connection(plan) as (reader, writer):
                    while (time.perf_counter() - start < plan.seconds) if plan.seconds else position < len(requests):
                        request = requests[position % len(requests)]
                        position += 1
                        begun = time.perf_counter()
                        writer.write(request)
                        status, body = await _reply(reader)
                        statuses[str(status)] += 1
                        if status == 200:
                            milliseconds.append((time.perf_counter() - begun) * 1000)
                            cached += b'"cache":' in body
                        if plan.pause_seconds:
                            await asyncio.sleep(plan.pause_seconds)
                    return
            except (OSError, asyncio.IncompleteReadError):
                statuses["0"] += 1
                # Without this a desk that is gone would be asked in a tight loop for ever.
                if statuses["0"] > 100:
                    return
                await asyncio.sleep(0.05)

    await asyncio.gather(*(asker() for _ in range(plan.askers)))
    return Load(tuple(milliseconds), cached, dict(statuses), time.perf_counter() - start)


@asynccontextmanager
async def _connection(plan: Plan) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    reader, writer = await asyncio.open_connection(plan.host, plan.port)
    try:
        yield reader, writer
    finally:
        writer.close()


def _request(plan: Plan, body: str) -> bytes:
    content = body.encode()
    method = "POST" if content else "GET"
    head = f"{method} {plan.path} HTTP/1.1\r\nHost: {plan.host}\r\n"
    if content:
        head += f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n"
    return f"{head}\r\n".encode() + content


async def _reply(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    status_line, *fields = head.split("\r\n")
    headers = {name.strip().lower(): value.strip() for name, _, value in (field.partition(":") for field in fields)}
    if headers.get("transfer-encoding", "").lower() == "chunked":
        body = b""
        while size := int((await reader.readuntil(b"\r\n")).split(b";")[0], 16):
            body += (await reader.readexactly(size + 2))[:-2]
        await reader.readuntil(b"\r\n")
    else:
        body = await reader.readexactly(int(headers.get("content-length", "0")))
    return int(status_line.split()[1]), body


def _main() -> None:
    given = json.load(sys.stdin)
    plan = Plan(**{**given, "bodies": tuple(given["bodies"])})
    json.dump(asdict(asyncio.run(carry_out(plan))), sys.stdout)


if __name__ == "__main__":
    _main()
