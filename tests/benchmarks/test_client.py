"""The load client against a small server that answers as a desk does, and as a broken one."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from benchmarks.client import Load, Plan, carry_out, question_bodies, run_client

Handler = Callable[[bytes, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def server(handle: Handler) -> AsyncIterator[int]:
    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
                length = next((int(line.split(":")[1]) for line in head.split("\r\n") if "Length" in line), 0)
                await handle(head.encode() + await reader.readexactly(length), writer)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            return
        finally:
            writer.close()

    listening = await asyncio.start_server(connected, "127.0.0.1", 0)
    async with listening:
        yield listening.sockets[0].getsockname()[1]


def reply(writer: asyncio.StreamWriter, content: bytes, status: str = "200 OK") -> None:
    writer.write(f"HTTP/1.1 {status}\r\ncontent-length: {len(content)}\r\n\r\n".encode() + content)


async def test_every_question_is_asked_once_and_cached_replies_are_told_apart() -> None:
    asked: list[str] = []

    async def handle(request: bytes, writer: asyncio.StreamWriter) -> None:
        text = json.loads(request.partition(b"\r\n\r\n")[2])["question"]
        asked.append(text)
        reply(writer, b'{"timings_ms":{"cache":0.1}}' if text == "zwei" else b"{}")

    texts = ["eins", "zwei", "три", "四"]
    async with server(handle) as port:
        load = await carry_out(Plan("127.0.0.1", port, "/api/ask", question_bodies(texts), askers=3))
    assert sorted(asked) == sorted(texts)
    assert len(load.milliseconds) == 4
    assert (load.cached, load.failed, load.statuses) == (1, 0, {"200": 4})


async def test_chunked_replies_are_read_to_their_end() -> None:
    async def handle(_: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nabcd\r\n1\r\ne\r\n0\r\n\r\n")

    async with server(handle) as port:
        load = await carry_out(Plan("127.0.0.1", port, "/", ("", "", "")))
    assert load.statuses == {"200": 3}


async def test_refusals_and_broken_connections_count_as_failed() -> None:
    count = 0

    async def handle(_: bytes, writer: asyncio.StreamWriter) -> None:
        nonlocal count
        count += 1
        if count == 1:
            reply(writer, b"", "503 Service Unavailable")
        elif count == 2:
            writer.close()
        else:
            reply(writer, b"{}")

    async with server(handle) as port:
        load = await carry_out(Plan("127.0.0.1", port, "/", ("",) * 4))
    assert (load.statuses, load.failed) == ({"503": 1, "0": 1, "200": 2}, 2)


async def test_the_client_runs_in_a_process_of_its_own() -> None:
    async def handle(_: bytes, writer: asyncio.StreamWriter) -> None:
        reply(writer, b"{}")

    async with server(handle) as port:
        load = await asyncio.to_thread(run_client, Plan("127.0.0.1", port, "/health", ("",), askers=2, seconds=0.2))
    assert load.statuses == {"200": len(load.milliseconds)}
    assert load.per_second > 0


def test_a_rate_over_no_time_is_nothing() -> None:
    assert Load((), 0, {}, 0.0).per_second == 0.0
