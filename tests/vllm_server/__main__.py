"""``make vllm-cpu``: the tests' vLLM by hand, with what to write into config.yaml."""

from __future__ import annotations

import argparse
import sys
import time
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.vllm_server.model import write_model
from tests.vllm_server.server import RunningServer, ServerFailed, missing, serving

PORTS = {"reranker": 8001, "chat": 8002}
SECTIONS = {
    "reranker": """Its weights are random: it fails the self-test, and the desk goes on without it. In config.yaml:

reranker:
  kind: vllm
  base_url: {base_url}
  model: {model}
  template: qwen3
""",
    "chat": """Its weights are random: it answers in fluent nonsense, none of which the desk may show. In config.yaml:

llm:
  base_url: {base_url}
  model: {model}
answer:
  kind: generated
""",
}


def main() -> int:
    """Serves until Ctrl-C; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.vllm_server", description=__doc__)
    parser.add_argument("kind", nargs="?", choices=sorted(PORTS), default="reranker")
    parser.add_argument("--port", type=int, default=0)
    given = parser.parse_args()
    reason = missing()
    if reason:
        return _say(reason, 1)
    with TemporaryDirectory(prefix="polydesk-vllm-") as work:
        _say("Starting vLLM; this takes about a minute …")
        try:
            model = write_model(Path(work) / "model")
            with serving(given.kind, model, Path(work) / "log", given.port or PORTS[given.kind]) as server:
                return _stay(given.kind, server)
        except ServerFailed as error:
            return _say(str(error), 1)


def _stay(kind: str, server: RunningServer) -> int:
    section = SECTIONS[kind].format(base_url=server.base_url, model=server.model)
    _say(f"\n{server.model} answers on {server.base_url}; Ctrl-C ends it. Its log: {server.log}\n{section}")
    with suppress(KeyboardInterrupt):
        while True:
            time.sleep(60)
    return 0


def _say(text: str, status: int = 0) -> int:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()
    return status


if __name__ == "__main__":
    sys.exit(main())
