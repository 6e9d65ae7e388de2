"""A line that breaks: passes TCP on to a server, and cuts each connection after a while or at once, as a test says."""

from __future__ import annotations

import asyncio
import random
import threading
from contextlib import suppress
from types import TracebackType
from typing import Self


class CuttingProxy:
    """The proxy, as a context manager; runs in a thread of its own.

    Args:
        seconds: between which each connection is cut, counted from its beginning; None never cuts by itself.
        seed: of the moments.

    Attributes:
        port: where it listens on 127.0.0.1.
        up: while it is False, new connections are closed at once.
        connections: taken so far.
        cuts: connections that were cut.
    """

    def __init__(self, port: int, seconds: tuple[float, float] | None = None, seed: int = 0) -> None:
        self._to = port
        self._seconds = seconds
        self._random = random.Random(seed)
        self._open: set[asyncio.StreamWriter] = set()
        self._passing: set[asyncio.Task[None]] = set()
        self._loop = asyncio.new_event_loop()
        self.up = True
        self.port = 0
        self.connections = 0
        self.cuts = 0

    def __enter__(self) -> Self:
        listening = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(listening,), daemon=True)
        self._thread.start()
        listening.wait()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._ended.set)
        self._thread.join()

    def cut(self) -> None:
        """Cuts every connection that is open."""
        asyncio.run_coroutine_threadsafe(self._cut_all(), self._loop).result(10)

    def _run(self, listening: threading.Event) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._serve(listening))

    async def _serve(self, listening: threading.Event) -> None:
        self._ended = asyncio.Event()
        server = await asyncio.start_server(self._take, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        listening.set()
        await self._ended.wait()
        server.close()
        await self._cut_all()
        await asyncio.gather(*self._passing)

    def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.ensure_future(self._pass(reader, writer))
        self._passing.add(task)
        task.add_done_callback(self._passing.discard)

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        if not self.up:
            writer.transport.abort()
            return
        try:
            onward, back = await asyncio.open_connection("127.0.0.1", self._to)
        except OSError:
            writer.transport.abort()
            return
        self._open |= {writer, back}
        limit = None if self._seconds is None else self._random.uniform(*self._seconds)
        try:
            async with asyncio.timeout(limit):
                await asyncio.gather(_pump(reader, back), _pump(onward, writer))
        except TimeoutError:
            self.cuts += 1
        finally:
            self._open -= {writer, back}
            for end in (writer, back):
                end.transport.abort()

    async def _cut_all(self) -> None:
        self.cuts += len(self._open) // 2
        for writer in list(self._open):
            writer.transport.abort()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError, OSError):
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
    writer.transport.close()
