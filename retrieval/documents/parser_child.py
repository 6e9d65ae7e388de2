"""The process that parses: reads requests, one JSON line each, and answers each with one."""

from __future__ import annotations

import json
import os
import resource
import sys
from pathlib import Path
from typing import Any, BinaryIO

from retrieval.documents.limits import Limits
from retrieval.documents.parse import parse, too_large
from retrieval.documents.wire import document_to_wire, error_to_wire
from retrieval.errors import KnowledgeFileError
from retrieval.folder_rules import FolderRules


def main() -> None:
    """Serves requests until its input ends. Any error but a file's own ends the process; its parent reads the trace."""
    limits = Limits(**json.loads(sys.argv[1]))
    resource.setrlimit(resource.RLIMIT_AS, (limits.memory_bytes, limits.memory_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # Libraries may print: what they print must not get between the answers.
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    _write(answers, {"ready": True})
    for line in sys.stdin.buffer:
        _limit_processor_time(limits.seconds)
        _write(answers, _answer(json.loads(line), limits))


def _answer(request: dict[str, Any], limits: Limits) -> dict[str, Any]:
    path = request["path"]
    try:
        data = _read_file(Path(request["file"]), path, limits)
        return {"document": document_to_wire(parse(data, path, FolderRules(**request["rules"]), limits))}
    except KnowledgeFileError as error:
        return {"error": error_to_wire(error)}


def _read_file(file: Path, path: str, limits: Limits) -> bytes:
    try:
        with file.open("rb") as opened:
            data = opened.read(limits.max_bytes + 1)
            if len(data) > limits.max_bytes:
                raise too_large(path, os.fstat(opened.fileno()).st_size, limits)
            return data
    except OSError as error:
        raise KnowledgeFileError(path, f"cannot be read: {error.strerror or error}") from error


def _limit_processor_time(seconds: float) -> None:
    """Ends this process if one file takes too long, even when nobody is left to kill it."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    allowed = int(usage.ru_utime + usage.ru_stime + seconds) + 2
    resource.setrlimit(resource.RLIMIT_CPU, (allowed, resource.RLIM_INFINITY))


def _write(answers: BinaryIO, answer: dict[str, Any]) -> None:
    answers.write(json.dumps(answer, ensure_ascii=True).encode("ascii") + b"\n")
    answers.flush()


if __name__ == "__main__":
    main()
