"""A desk in a process of its own, as `polydesk serve` starts it, on a port and a data folder of the benchmark's."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml

from retrieval.errors import PolydeskError

HOST = "127.0.0.1"
ROOT = Path(__file__).parent.parent


class DeskFailed(PolydeskError):
    """The desk did not start, and the message holds the end of its log; or it did not do what it should."""


@dataclass(frozen=True, slots=True)
class Memory:
    """Bytes of a process: all that is resident, and the same with what is shared divided among those who share it."""

    resident: int
    proportional: int


@dataclass(frozen=True, slots=True)
class Desk:
    """A running desk.

    Attributes:
        port: where it listens.
        process: its main process; ingest may run in children of it.
        seconds_to_ready: from the start of the process until /ready said yes.
        seconds_to_ingested: until the knowledge was read to its end; 0 where that was not waited for.
    """

    port: int
    process: int
    seconds_to_ready: float
    seconds_to_ingested: float = 0.0

    def ask(self, text: str) -> dict[str, Any]:
        """The whole answer to one question."""
        request = urllib.request.Request(
            f"http://{HOST}:{self.port}/api/ask",
            json.dumps({"question": text}).encode(),
            {"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=60) as reply:
            answer: dict[str, Any] = json.load(reply)
        return answer

    def metric(self, name: str) -> float:
        """A figure from /metrics, summed over its labels; 0 where it is absent."""
        with urllib.request.urlopen(f"http://{HOST}:{self.port}/metrics", timeout=60) as reply:
            lines = reply.read().decode().splitlines()
        return sum(float(line.rsplit(" ", 1)[1]) for line in lines if line.partition("{")[0].split(" ")[0] == name)

    def resident_bytes(self) -> int:
        """Memory of the main process."""
        return memory(self.process).proportional

    def children_bytes(self) -> int:
        """Memory of its children: an ingest under way, or one that ended minutes ago."""
        return sum(memory(process).proportional for process in descendants(self.process))

    def children_seconds(self) -> float:
        """Processor time of the living children: that of an ingest under way."""
        return sum(_processor_seconds(process) for process in descendants(self.process))


@contextmanager
def serving(
    folder: Path,
    roots: Sequence[Path],
    settings: Mapping[str, Mapping[str, Any]] | None = None,
    *,
    ingested: bool = True,
    patience: float = 3600,
) -> Iterator[Desk]:
    """A desk that serves these roots from ``folder/data``.

    Args:
        settings: sections of config.yaml to change; without server.port it is a free one.
        ingested: wait until the knowledge was read to its end, not only until the desk is ready.
        patience: seconds until it counts as failed.

    Raises:
        DeskFailed: it ended, or was not ready in time.
    """
    server = {"host": HOST, "port": free_port(), **(settings or {}).get("server", {})}
    port = int(server["port"])
    configuration = {
        "data_dir": str(folder / "data"),
        **(settings or {}),
        "knowledge": {"roots": [str(root.absolute()) for root in roots], **(settings or {}).get("knowledge", {})},
        "server": server,
    }
    file = folder / "benchmark.yaml"
    file.write_text(yaml.safe_dump(configuration), encoding="utf-8")
    with (folder / "desk.log").open("wb") as log:
        begun = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, "-m", "bot.cli", "serve", "--config", str(file)],
            stdout=log,
            stderr=subprocess.STDOUT,
            cwd=ROOT,
        )
        try:
            _await_ready(process, port, begun + patience, folder / "desk.log")
            desk = Desk(port, process.pid, time.perf_counter() - begun)
            while ingested and not desk.metric("polydesk_ingests_total"):
                _check_alive(process, begun + patience, folder / "desk.log")
                time.sleep(0.1)
            yield replace(desk, seconds_to_ingested=time.perf_counter() - begun) if ingested else desk
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def descendants(process: int) -> list[int]:
    """The living processes below one."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and (fields := _stat(int(entry.name))):
            children.setdefault(int(fields[1]), []).append(int(entry.name))
    found, waiting = [], [process]
    while waiting:
        below = children.get(waiting.pop(), [])
        found += below
        waiting += below
    return found


def _stat(process: int) -> list[str]:
    """The fields of /proc/PID/stat from the state on; empty when it has ended."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def _processor_seconds(process: int) -> float:
    fields = _stat(process)
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK") if fields else 0.0


def memory(process: int) -> Memory:
    """What a process holds; nothing once it has ended."""
    try:
        lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
    except OSError:
        return Memory(0, 0)
    sizes = {line.split(":")[0]: int(line.split()[1]) * 1024 for line in lines[1:]}
    return Memory(sizes.get("Rss", 0), sizes.get("Pss", 0))


def _await_ready(process: subprocess.Popen[bytes], port: int, until: float, log: Path) -> None:
    while True:
        _check_alive(process, until, log)
        try:
            with urllib.request.urlopen(f"http://{HOST}:{port}/ready", timeout=5):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.02)


def _check_alive(process: subprocess.Popen[bytes], until: float, log: Path) -> None:
    if process.poll() is not None or time.perf_counter() > until:
        tail = log.read_text(errors="replace")[-1500:]
        raise DeskFailed(f"The desk was not ready (exit status {process.returncode}). Its log ends:\n{tail}")


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as taken:
        taken.bind((HOST, 0))
        return int(taken.getsockname()[1])
