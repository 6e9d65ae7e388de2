"""Runs the worker process: starts it, feeds it, and starts it again when a file brings it down."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import socket
import sys
from collections import Counter, deque
from collections.abc import AsyncGenerator, Sequence
from pathlib import Path

from retrieval.errors import PolydeskError
from retrieval.ingest_messages import (
    HEADER_BYTES,
    Alive,
    Answer,
    Done,
    GroupEnd,
    Job,
    NotReady,
    Ready,
    Refused,
    WorkerSettings,
    body_bytes,
    pack,
    unpack,
)

_log = logging.getLogger(__name__)
_PACKAGES = str(Path(__file__).resolve().parent.parent)
_AHEAD = 2
# What the worker may be ahead of the desk: a few files with their vectors.
_BUFFER_BYTES = 16 * 1024 * 1024
_DEADLY = 2
# A large model may have to be read from a slow disk.
_START_SECONDS = 600.0


class WorkerFailed(PolydeskError):
    """The worker cannot be started at all."""


class _WorkerEnded(Exception):
    """The worker process is gone, or says nothing any more."""


class IngestProcess:
    """One worker process, started when it is needed.

    Args:
        identity: of the encoder that answers questions; the worker's must be the same.
        group: files given to the worker at a time, among which passages are sorted by length.
        stall_seconds: silence after which the worker is held to hang; above the time limit of a file.
    """

    def __init__(self, settings: WorkerSettings, identity: str, *, group: int = 32, stall_seconds: float = 180) -> None:
        self._settings = settings
        self._identity = identity
        self._group = group
        self._stall_seconds = stall_seconds
        self._process: asyncio.subprocess.Process | None = None
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    @property
    def pid(self) -> int | None:
        """The worker's process id while it runs."""
        return self._process.pid if self._process and self._process.returncode is None else None

    async def start(self) -> None:
        """Starts the worker unless it runs.

        Raises:
            WorkerFailed: if its encoder cannot be had.
        """
        if self.pid is not None:
            return
        await self.stop()
        ours, theirs = socket.socketpair()
        with theirs:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                *("-m", "retrieval.ingest_worker", str(theirs.fileno())),
                pass_fds=[theirs.fileno()],
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.DEVNULL,
                env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, (_PACKAGES, os.getenv("PYTHONPATH"))))},
            )
        self._reader, self._writer = await asyncio.open_connection(sock=ours, limit=_BUFFER_BYTES)
        try:
            await self._send(self._settings)
            hello = await self._receive(_START_SECONDS)
        except _WorkerEnded as error:
            await self.stop()
            raise WorkerFailed("The ingest worker ended before it was ready; its log says why.") from error
        if isinstance(hello, Ready) and hello.identity == self._identity:
            return
        await self.stop()
        reason = hello.reason if isinstance(hello, NotReady) else "it has another encoder than the desk"
        raise WorkerFailed(f"The ingest worker cannot start: {reason}")

    async def answers(self, jobs: Sequence[Job]) -> AsyncGenerator[Done | Refused | Alive]:
        """One `Done` or `Refused` a job, in no order, with `Alive` in between. Leaving early asks for a `stop`."""
        waiting = deque(_groups(jobs, self._group))
        sent: deque[list[Job]] = deque()
        crashes: Counter[int] = Counter()
        answered: set[int] = set()
        while waiting or sent:
            try:
                await self.start()
                while waiting and len(sent) < _AHEAD:
                    await self._send(waiting[0])
                    sent.append(waiting.popleft())
                answer = await self._receive(self._stall_seconds)
            except _WorkerEnded as ended:
                await self.stop()
                first, *others = sent or [waiting.popleft()]
                sent.clear()
                left = [job for job in first if job.number not in answered]
                _log.warning("The ingest worker ended while it read %s (%s).", ", ".join(j.path for j in left), ended)
                waiting.extendleft(reversed(others))
                if len(first) == 1:
                    crashes[first[0].number] += 1
                    if crashes[first[0].number] >= _DEADLY:
                        yield Refused(first[0].number, f"brings the ingest down every time ({ended})")
                        continue
                # Each alone, so that the next crash names its file.
                waiting.extendleft([job] for job in reversed(left))
                continue
            if isinstance(answer, GroupEnd):
                sent.popleft()
                continue
            if isinstance(answer, Done | Refused):
                answered.add(answer.number)
            if isinstance(answer, Done | Refused | Alive):
                yield answer

    async def stop(self) -> None:
        """Ends the worker; whatever it was doing is dropped."""
        process, writer = self._process, self._writer
        self._process = self._reader = self._writer = None
        if process is not None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
        if writer is not None:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()
        if process is not None:
            await process.wait()

    async def _send(self, message: WorkerSettings | list[Job]) -> None:
        assert self._writer is not None
        try:
            self._writer.write(pack(message))
            await self._writer.drain()
        except OSError as error:
            raise _WorkerEnded(await self._reason()) from error

    async def _receive(self, seconds: float) -> Answer:
        assert self._reader is not None
        try:
            async with asyncio.timeout(seconds):
                header = await self._reader.readexactly(HEADER_BYTES)
                answer: Answer = unpack(await self._reader.readexactly(body_bytes(header)))
        except TimeoutError as error:
            raise _WorkerEnded(f"silent for {seconds:.0f} seconds") from error
        except (asyncio.IncompleteReadError, OSError) as error:
            raise _WorkerEnded(await self._reason()) from error
        return answer

    async def _reason(self) -> str:
        """How the process ended; it may need a moment after its socket is closed."""
        assert self._process is not None
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(1):
                await self._process.wait()
        code = self._process.returncode
        if code is None:
            return "it closed its end"
        return f"signal {-code}" if code < 0 else f"exit status {code}"


def _groups(jobs: Sequence[Job], size: int) -> list[list[Job]]:
    return [list(jobs[start : start + size]) for start in range(0, len(jobs), size)]
