"""The graphs in the repository are those that the script writes."""

from __future__ import annotations

import pytest

from retrieval import similarity
from retrieval.encoder.bundled import load_bundled
from retrieval.encoder.onnx import GRAPH

onnx = pytest.importorskip("onnx", reason="onnx is not installed; the extra dev brings it")


def test_the_shipped_graphs_are_the_scripts() -> None:
    from scripts.make_encoder_graph import Graph
    from scripts.make_encoder_graph import similarity as similarity_graph

    assert onnx.load(GRAPH, load_external_data=False) == Graph(load_bundled()).build()
    assert onnx.load(similarity.GRAPH) == similarity_graph()


def test_the_graph_ships_without_weights() -> None:
    assert GRAPH.stat().st_size < 100_000
    assert {tensor.data_location for tensor in onnx.load(GRAPH, load_external_data=False).graph.initializer} == {0, 1}
