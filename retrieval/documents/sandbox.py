"""Parsing apart: a process of its own, with limits, which is killed and replaced when a file is too much for it."""

from __future__ import annotations

import json
import os
import selectors
import signal
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import asdict
from pathlib import Path
from typing import IO, Any

from retrieval.documents.limits import MEBIBYTE, Limits
from retrieval.documents.parse import too_large
from retrieval.documents.wire import document_from_wire
from retrieval.errors import KnowledgeFileError
from retrieval.folder_rules import FolderRules
from retrieval.passages import Document

_READ_AT_ONCE = MEBIBYTE
_START_SECONDS = 60.0


class ParserProcess:
    """Parses files one after the other in a child that lives on from file to file.

    Threads may share it; they wait for each other. The child starts with the first file.
    """

    def __init__(self, limits: Limits | None = None) -> None:
        self._limits = limits or Limits()
        self._lock = threading.Lock()
        self._child: subprocess.Popen[bytes] | None = None
        self._trace: IO[bytes] | None = None

    def parse(self, file: Path, path: str, rules: FolderRules) -> Document:
        """The document that a file holds.

        Args:
            file: where it lies.
            path: its name within the knowledge, for the document and for errors.

        Raises:
            KnowledgeFileError: if the file cannot be used, or its parsing took too long, too much memory or crashed.
        """
        with self._lock:
            try:
                size = file.stat().st_size
            except OSError as error:
                raise KnowledgeFileError(path, f"cannot be read: {error.strerror or error}") from error
            if size > self._limits.max_bytes:
                raise too_large(path, size, self._limits)
            answer = self._ask({"file": str(file), "path": path, "rules": asdict(rules)}, path)
        if "error" in answer:
            raise KnowledgeFileError(path, answer["error"]["reason"], answer["error"]["line"])
        return document_from_wire(answer["document"])

    def close(self) -> None:
        """Ends the child."""
        with self._lock:
            self._stop()

    def __enter__(self) -> ParserProcess:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _ask(self, request: dict[str, Any], path: str) -> dict[str, Any]:
        child = self._running_child(path)
        deadline = time.monotonic() + self._limits.seconds
        try:
            assert child.stdin is not None
            child.stdin.write(json.dumps(request).encode() + b"\n")
            child.stdin.flush()
            line = self._read_line(child, deadline)
        except BrokenPipeError:
            line = b""
        if not line:
            raise self._crashed(child, path)
        if not line.endswith(b"\n"):
            self._stop()
            raise KnowledgeFileError(path, f"took longer than {self._limits.seconds:g} seconds to read")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def _read_line(self, child: subprocess.Popen[bytes], deadline: float) -> bytes:
        """The child's answer; "" if it died, and something without a line feed if time ran out."""
        assert child.stdout is not None
        received = bytearray()
        with selectors.DefaultSelector() as selector:
            selector.register(child.stdout, selectors.EVENT_READ)
            while not received.endswith(b"\n"):
                if not selector.select(max(0.0, deadline - time.monotonic())):
                    return b"late"
                chunk = os.read(child.stdout.fileno(), _READ_AT_ONCE)
                if not chunk:
                    return b""
                received += chunk
        return bytes(received)

    def _running_child(self, path: str) -> subprocess.Popen[bytes]:
        if self._child is not None and self._child.poll() is None:
            return self._child
        self._stop()
        self._trace = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the child
        self._child = subprocess.Popen(
            [sys.executable, "-m", "retrieval.documents.parser_child", json.dumps(asdict(self._limits))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._trace,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        )
        # It says when it is ready, so that the first file is not charged for the start.
        if not self._read_line(self._child, time.monotonic() + _START_SECONDS).endswith(b"\n"):
            raise self._crashed(self._child, path)
        return self._child

    def _crashed(self, child: subprocess.Popen[bytes], path: str) -> KnowledgeFileError:
        child.kill()
        code = child.wait()
        reason = f"could not be parsed: {self._last_words() or f'the parser ended with code {code}'}"
        if code == -signal.SIGXCPU:
            reason = f"took longer than {self._limits.seconds:g} seconds to read"
        elif "MemoryError" in reason or code == -signal.SIGKILL:
            reason = f"takes more than {self._limits.memory_bytes // MEBIBYTE} MiB of memory to read"
        self._stop()
        return KnowledgeFileError(path, reason)

    def _last_words(self) -> str:
        """The last line of the child's trace: the error's name and message."""
        if self._trace is None:
            return ""
        self._trace.seek(0, os.SEEK_END)
        self._trace.seek(max(0, self._trace.tell() - 2_000))
        lines = self._trace.read().decode(errors="replace").strip().splitlines()
        return lines[-1][:300] if lines else ""

    def _stop(self) -> None:
        if self._child is not None:
            self._child.kill()
            self._child.wait()
            for stream in (self._child.stdin, self._child.stdout):
                if stream is not None:
                    stream.close()
            self._child = None
        if self._trace is not None:
            self._trace.close()
            self._trace = None
