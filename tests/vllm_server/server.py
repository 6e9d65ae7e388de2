"""Starts a real vLLM on this machine's CPU, waits until it answers, and ends it whatever happens."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.error import URLError
from urllib.request import urlopen

from retrieval.errors import PolydeskError

Kind = Literal["reranker", "chat"]

REPOSITORY = Path(__file__).parents[2]
ENVIRONMENT = REPOSITORY / ".venv-vllm"
PYTHON = ENVIRONMENT / "bin" / "python"
# Written by the Makefile: the first when all went well, the second by pip.
INSTALLED, INSTALL_LOG = ENVIRONMENT / ".installed", ENVIRONMENT / "install.log"

START_SECONDS, STOP_SECONDS = 400, 20
MAX_TOKENS = 8192
# The documented start of Qwen3-Reranker: yes against no at the last position, as a classifier.
HF_OVERRIDES = {
    "architectures": ["Qwen3ForSequenceClassification"],
    "classifier_from_token": ["no", "yes"],
    "is_original_qwen3_reranker": True,
}
RERANKER = ("--runner", "pooling", "--hf-overrides", json.dumps(HF_OVERRIDES))
SETTINGS = {
    # GiB, the smallest there is; a million tokens of the tiny model.
    "VLLM_CPU_KVCACHE_SPACE": "1",
    # Nothing is fetched, nobody is told.
    "HF_HUB_OFFLINE": "1",
    "VLLM_NO_USAGE_STATS": "1",
    "DO_NOT_TRACK": "1",
}


class ServerFailed(PolydeskError):
    """vLLM did not come up; the message has the end of its log."""


@dataclass(frozen=True, slots=True)
class RunningServer:
    """A vLLM that answers.

    Attributes:
        base_url: without /v1.
        model: the name it is served under.
        folder: the model's files, for a reference.
        log: all it printed.
    """

    base_url: str
    model: str
    folder: Path
    log: Path


def missing() -> str | None:
    """Why there is no vLLM to start, or None when there is one."""
    if INSTALLED.exists():
        return None
    if not INSTALL_LOG.exists():
        return "vLLM is not installed: make vllm-environment"
    last = [line for line in INSTALL_LOG.read_text(encoding="utf-8", errors="replace").splitlines() if line.strip()]
    name = INSTALL_LOG.relative_to(REPOSITORY)
    return f"vLLM could not be installed, {name} says: {last[-1] if last else 'nothing'}"


@contextmanager
def serving(kind: Kind, model_folder: Path, log: Path, port: int = 0) -> Iterator[RunningServer]:
    """A vLLM that serves a model folder until the end of the block.

    Args:
        kind: "reranker" for /v1/rerank, "chat" for /v1/chat/completions.
        port: 0 for any free one.

    Raises:
        ServerFailed: it ended, or did not answer within START_SECONDS.
    """
    port = port or _free_port()
    name = f"tiny-qwen3-{kind}"
    command = [
        str(PYTHON), "-m", "tests.vllm_server.launch", str(os.getpid()),
        "--model", str(model_folder), "--served-model-name", name, "--host", "127.0.0.1", "--port", str(port),
        "--max-model-len", str(MAX_TOKENS), "--dtype", "float32", "--enforce-eager",
        *(RERANKER if kind == "reranker" else ()),
    ]  # fmt: skip
    with log.open("wb") as output:
        # A session of its own: Ctrl-C in a terminal reaches the tests, which then end the server and all it started.
        process = subprocess.Popen(
            command, cwd=REPOSITORY, env={**os.environ, **SETTINGS}, stdin=subprocess.DEVNULL, stdout=output,
            stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
        try:
            base_url = f"http://127.0.0.1:{port}"
            _wait(process, base_url, log)
            yield RunningServer(base_url, name, model_folder, log)
        finally:
            _stop(process)


def _wait(process: subprocess.Popen[bytes], base_url: str, log: Path) -> None:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end:
        if process.poll() is not None:
            raise ServerFailed(f"vLLM ended with status {process.returncode}:\n{_tail(log)}")
        try:
            with urlopen(f"{base_url}/health", timeout=5) as response:
                if response.status == 200:
                    return
        except (URLError, OSError):
            time.sleep(0.5)
    raise ServerFailed(f"vLLM did not answer within {START_SECONDS} seconds:\n{_tail(log)}")


def _stop(process: subprocess.Popen[bytes]) -> None:
    """Ends the process and all it started; its group has its number."""
    process.terminate()
    try:
        with suppress(subprocess.TimeoutExpired):
            process.wait(STOP_SECONDS)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _tail(log: Path, characters: int = 4000) -> str:
    return log.read_text(encoding="utf-8", errors="replace")[-characters:]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port
