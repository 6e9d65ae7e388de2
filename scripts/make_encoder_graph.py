"""Writes the ONNX graphs that the project ships.

retrieval/encoder/e5_small.onnx is multilingual-e5-small without its weights, from the vectors of the words on;
retrieval/similarity.onnx is one integer matrix product.

    python scripts/make_encoder_graph.py

Needs the package `onnx` (extra "dev"). The graph is written operator by operator rather than exported from torch: it
uses ONNX Runtime's fused operators as they are, so the runtime has nothing left to optimise at start, and reads one
text at a time, without padding and mask, because that is the fastest on a CPU and makes a text's vectors independent
of what it is encoded with (the activations' scale is taken over the whole input).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import onnx
from onnx import TensorProto, helper

from retrieval.encoder.bundled import BundledModel, load_bundled
from retrieval.encoder.weights import KEPT_LAYERS, initializers

RETRIEVAL = Path(__file__).parents[1] / "retrieval"
FUSED = "com.microsoft"
EPSILON = 1e-12


class Graph:
    """Collects nodes; each method adds one step and returns the name of its output."""

    def __init__(self, model: BundledModel) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []
        self.model = model

    def add(self, operator: str, inputs: list[str], *outputs: str, domain: str = "", **attributes: Any) -> str:
        self.nodes.append(helper.make_node(operator, inputs, list(outputs), domain=domain, **attributes))
        return outputs[0]

    def constant(self, name: str, values: list[int]) -> str:
        self.constants.append(helper.make_tensor(name, TensorProto.INT64, [len(values)], values))
        return name

    def embed(self) -> str:
        length = self.add("Shape", ["words"], "length", start=1, end=2)
        zero = self.constant("zero", [0])
        places = self.add("Slice", ["positions", zero, length, zero], "places")
        return self.normalise(self.add("Add", ["words", places], "embedded"), "embedding", "state.0")

    def linear(self, x: str, name: str) -> str:
        inputs = [x, *(f"{name}.{part}" for part in ("weight", "scales", "zeros", "bias"))]
        return self.add("DynamicQuantizeMatMul", inputs, f"{name}.out", domain=FUSED)

    def normalise(self, x: str, name: str, output: str) -> str:
        return self.add("LayerNormalization", [x, f"{name}.norm.weight", f"{name}.norm.bias"], output, epsilon=EPSILON)

    def layer(self, x: str, number: int, thirds: str) -> str:
        prefix = f"l{number}."
        queries, keys, values = (f"{prefix}{part}" for part in ("queries", "keys", "values"))
        self.add("Split", [self.linear(x, f"{prefix}qkv"), thirds], queries, keys, values, axis=2)
        mixed = self.add(
            "MultiHeadAttention", [queries, keys, values], f"{prefix}mixed", domain=FUSED, num_heads=self.model.heads
        )
        added = self.add("Add", [self.linear(mixed, f"{prefix}attention"), x], f"{prefix}added")
        attended = self.normalise(added, f"{prefix}attention", f"{prefix}attended")
        active = self.add("Gelu", [self.linear(attended, f"{prefix}inner")], f"{prefix}active")
        summed = self.add("Add", [self.linear(active, f"{prefix}outer"), attended], f"{prefix}summed")
        return self.normalise(summed, f"{prefix}outer", f"state.{number + 1}")

    def build(self) -> onnx.ModelProto:
        state = self.embed()
        thirds = self.constant("thirds", [self.model.hidden] * 3)
        for number in range(self.model.layers):
            state = self.layer(state, number, thirds)
        weights = [_declared(name, array) for name, array in initializers(self.model).items()]
        graph = helper.make_graph(
            self.nodes,
            "multilingual-e5-small",
            [helper.make_tensor_value_info("words", TensorProto.FLOAT, [1, "tokens", self.model.hidden])],
            [
                helper.make_tensor_value_info(f"state.{layer}", TensorProto.FLOAT, [1, "tokens", self.model.hidden])
                for layer in KEPT_LAYERS
            ],
            [*weights, *self.constants],
        )
        opsets = [helper.make_opsetid("", 20), helper.make_opsetid(FUSED, 1)]
        return helper.make_model(graph, opset_imports=opsets, ir_version=10, producer_name="polydesk")


def _declared(name: str, array: Any) -> onnx.TensorProto:
    """An initialiser whose data is handed over when the session is made."""
    tensor = onnx.TensorProto(
        name=name, dims=array.shape, data_type=helper.np_dtype_to_tensor_dtype(array.dtype),
        data_location=TensorProto.EXTERNAL,
    )  # fmt: skip
    tensor.external_data.add(key="location", value="memory")
    return tensor


def similarity() -> onnx.ModelProto:
    graph = helper.make_graph(
        [helper.make_node("MatMulInteger", ["bits", "question"], ["products"])],
        "similarity",
        [
            helper.make_tensor_value_info("bits", TensorProto.UINT8, ["tokens", "dimension"]),
            helper.make_tensor_value_info("question", TensorProto.INT8, ["dimension", "question tokens"]),
        ],
        [helper.make_tensor_value_info("products", TensorProto.INT32, ["tokens", "question tokens"])],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)


if __name__ == "__main__":
    onnx.save(Graph(load_bundled()).build(), RETRIEVAL / "encoder" / "e5_small.onnx")
    onnx.save(similarity(), RETRIEVAL / "similarity.onnx")
