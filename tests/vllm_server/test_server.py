"""What the tests say when there is no vLLM, or it does not start; and that the model's scores can tell anything."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.vllm_server import server
from tests.vllm_server.pairs import numbered_sentences, pairs
from tests.vllm_server.reference import Reference
from tests.vllm_server.server import ServerFailed, missing, serving


def test_why_there_is_none(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(server, "REPOSITORY", tmp_path)
    monkeypatch.setattr(server, "INSTALLED", tmp_path / ".installed")
    monkeypatch.setattr(server, "INSTALL_LOG", tmp_path / "install.log")
    assert missing() == "vLLM is not installed: make vllm-environment"
    (tmp_path / "install.log").write_text("Collecting torch\nERROR: No matching distribution found for torch\n\n")
    assert missing() == (
        "vLLM could not be installed, install.log says: ERROR: No matching distribution found for torch"
    )
    (tmp_path / ".installed").touch()
    assert missing() is None


def test_a_server_that_ends_at_once_shows_its_log(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    # This environment has no vLLM.
    monkeypatch.setattr(server, "PYTHON", Path(sys.executable))
    with (
        pytest.raises(ServerFailed, match=r"(?s)ended with status 1.*No module named 'vllm'"),
        serving("reranker", tmp_path, tmp_path / "log"),
    ):
        pytest.fail("it came up")


def test_the_models_scores_spread(reference: Reference) -> None:
    some = pairs(lambda script: numbered_sentences(script, 3))[::4]
    scores = [reference.score(reference.pair_ids("Judge", pair.question, pair.passage)) for pair in some]
    assert min(scores) < 0.1
    assert max(scores) > 0.9
    assert len({round(score, 3) for score in scores}) > 40
