"""The settings that the containers are started with."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.config import Settings
from bot.config_file import VARIABLE, load_settings
from tests.deploy.compose import ROOT, defaults, flag, services

ALONE, GPU = ROOT / "deploy" / "config.yaml", ROOT / "deploy" / "config.gpu.yaml"


def environment() -> dict[str, str]:
    """The desk's, as the container gets it."""
    return {name: str(value) for name, value in services()["desk"]["environment"].items()}


@pytest.mark.parametrize("file", [ALONE, GPU])
def test_the_desk_listens_and_reads_and_writes_where_compose_mounts(file: Path) -> None:
    settings = load_settings(file, environment())
    assert settings.server.host == "0.0.0.0"
    assert services()["desk"]["ports"][0].endswith(f":{settings.server.port}")
    mounted = {volume.split(":")[1] for volume in services()["desk"]["volumes"]}
    assert mounted == {str(settings.data_dir), *map(str, settings.knowledge.roots), "/etc/polydesk/config.yaml"}


@pytest.mark.parametrize("file", [ALONE, GPU])
def test_a_variable_of_the_file_reaches_the_container_with_the_same_default(file: Path) -> None:
    variables = [(name, default) for name, default in VARIABLE.findall(file.read_text(encoding="utf-8")) if name]
    assert variables
    for name, default in variables:
        assert name in services()["desk"]["environment"]
        assert defaults()[name] == {default}


def test_without_a_gpu_nothing_is_asked_for_that_is_not_there() -> None:
    settings = load_settings(ALONE, {})
    assert settings.reranker.kind == "late_interaction"
    assert not settings.llm.base_url
    # But for the places, and what the variables hold anyway, it is the default desk.
    assert settings.model_dump(exclude={"data_dir", "knowledge", "server"}) == Settings().model_dump(
        exclude={"data_dir", "knowledge", "server"}
    )


def test_with_a_gpu_the_desk_asks_the_servers_that_compose_starts() -> None:
    settings = load_settings(GPU, environment())
    assert (settings.reranker.kind, settings.answer.kind) == ("vllm", "generated")
    for upstream, name in ((settings.reranker, "reranker"), (settings.llm, "llm")):
        assert upstream.base_url == f"http://{name}:8000"
        assert services()[name]["command"][0] == upstream.model
        assert set(services()[name]["networks"]) & set(services()["desk"]["networks"])
    # The template is put around the pairs by the desk, so the server must have none.
    assert settings.reranker.template == "qwen3"
    assert not any(part.startswith("--chat-template") for part in services()["reranker"]["command"])


def test_the_servers_take_the_longest_that_the_desk_sends() -> None:
    settings = load_settings(GPU, environment())
    # No tokenizer makes more tokens than there are bytes, and hardly any more than characters; the template has 80.
    pair = settings.reranker.passage_tokens + settings.server.max_question_chars + 80
    assert int(flag(services()["reranker"], "max-model-len")) >= pair
    prompt = settings.llm.context_tokens + settings.server.max_question_chars + settings.llm.max_tokens
    assert int(flag(services()["llm"], "max-model-len")) >= prompt + 1000


def test_the_key_of_the_servers_is_the_one_that_the_desk_sends() -> None:
    settings = load_settings(GPU, {"VLLM_API_KEY": "k-1"})
    assert settings.reranker.api_key.get_secret_value() == settings.llm.api_key.get_secret_value() == "k-1"
    assert all("VLLM_API_KEY" in services()[name]["environment"] for name in ("desk", "reranker", "llm"))
