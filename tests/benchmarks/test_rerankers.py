"""The benchmarks of rerankers run, on sizes and servers whose figures mean nothing."""

from __future__ import annotations

import pytest

from benchmarks import gpu_reranker, rerank_server
from benchmarks.gpu_batchings import BATCHINGS
from benchmarks.gpu_reranker import Shape
from benchmarks.options import MissingOption, Options
from benchmarks.torch_baseline import installed
from tests.vllm_server.server import RunningServer

needs_torch = pytest.mark.skipif(not installed(), reason='pip install "polydesk[sentence-transformers]"')
SMALL = Shape(
    hidden=64, layers=3, heads=4, key_value_heads=2, head_width=16, feed_forward=128, vocabulary=500, passages=10,
    passage_tokens=30, prefix_tokens=12, suffix_tokens=4, matrix=64,
)  # fmt: skip


@needs_torch
def test_all_ways_of_batching_give_the_same_scores() -> None:
    import torch

    torch.set_num_threads(1)  # At this size more of them only wait for each other.
    result = gpu_reranker.measure(SMALL, "cpu", repetitions=1)
    assert len(result.rows) == len(BATCHINGS)
    assert str(result.rows[0][0]).startswith("baseline")
    agreement = result.columns.index("agreement")
    assert all(float(row[agreement] or 0) > 0.99 for row in result.rows)
    assert all(float(cell or 0) > 0 for row in result.rows for cell in row[1:5])


def test_the_operations_of_a_real_one() -> None:
    shape = Shape()
    # Of the model's 4.0 billion parameters, 0.4 are embeddings.
    assert shape.parameters == pytest.approx(3.63e9, rel=0.01)
    assert shape.operations([300] * 50) == pytest.approx(2 * 3.63e9 * 15_000, rel=0.03)


@needs_torch
def test_without_a_gpu_it_says_so() -> None:
    import torch

    if torch.cuda.is_available():
        pytest.skip("there is a GPU")
    with pytest.raises(MissingOption, match="NVIDIA GPU"):
        gpu_reranker.run(Options())


def test_a_request_to_a_real_server(vllm_reranker: RunningServer) -> None:
    result = rerank_server.measure(vllm_reranker, limit=2)
    assert [len(row) for row in result.rows] == [len(result.columns)] * 8
    assert all(float(cell or 0) > 0 for row in result.rows for cell in row[1:4])
    if installed():
        assert float(result.setting["largest difference to transformers"] or 0) < 0.001


def test_without_vllm_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("benchmarks.rerank_server.missing", lambda: "vLLM is not installed: make vllm-environment")
    with pytest.raises(MissingOption, match="make vllm-environment"):
        rerank_server.run(Options())
