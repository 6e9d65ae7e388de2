"""An in-process reranker of Qwen3-Reranker-4B's shape on a GPU, 50 passages of 300 tokens: which batching is best?

The weights are random, in bfloat16: times do not depend on them. Each way of batching scores the same pairs, a question
and template of 96 tokens before each passage and 9 behind it; lengths of passages vary around 300. The share is of what
the same GPU reaches in a plain product of 8192 × 8192 matrices, for the work of all pairs in full without padding: what
is padded lowers it, what a shared prefix saves raises it. Needs CUDA; `--limit` bounds the repetitions (otherwise 10).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from typing import Any

import numpy as np

from benchmarks.gpu_batchings import BATCHINGS, Rows, agreement
from benchmarks.options import MissingOption, Options
from benchmarks.result import Cell, Result
from benchmarks.timing import quantiles

REPETITIONS, WARM_UPS = 10, 3
NEEDED = 'This benchmark needs torch and transformers: pip install -e ".[sentence-transformers]".'


@dataclass(frozen=True, slots=True)
class Shape:
    """The sizes of a Qwen3, and of what is reranked.

    Attributes:
        matrix: side of the matrices whose product gives the device's measured peak.
    """

    hidden: int = 2560
    layers: int = 36
    heads: int = 32
    key_value_heads: int = 8
    head_width: int = 128
    feed_forward: int = 9728
    vocabulary: int = 151_669
    passages: int = 50
    passage_tokens: int = 300
    prefix_tokens: int = 96
    suffix_tokens: int = 9
    matrix: int = 8192

    @property
    def parameters(self) -> int:
        """Those of the layers, which every token passes; embeddings cost nothing."""
        attention = self.hidden * self.head_width * (2 * self.heads + 2 * self.key_value_heads)
        return self.layers * (attention + 3 * self.hidden * self.feed_forward)

    def operations(self, lengths: Sequence[int]) -> float:
        """Floating-point operations of rows without padding: two a parameter and token, and causal attention."""
        attention = 2 * self.layers * self.heads * self.head_width * sum(length * length for length in lengths)
        return 2.0 * self.parameters * sum(lengths) + attention


def run(options: Options) -> Result:
    """Measures on the first CUDA device.

    Raises:
        MissingOption: torch is not installed, or sees no CUDA device.
    """
    try:
        import torch
    except ImportError as error:
        raise MissingOption(NEEDED) from error
    if find_spec("transformers") is None:
        raise MissingOption(NEEDED)
    if not torch.cuda.is_available():
        raise MissingOption("This benchmark needs an NVIDIA GPU, and torch sees none (torch.cuda.is_available()).")
    return measure(Shape(), "cuda", options.limit or REPETITIONS)


def measure(shape: Shape, device: str, repetitions: int) -> Result:
    """All ways of batching on a device.

    Args:
        shape: small for a trial on a CPU.
    """
    import torch

    model = _model(shape, device)
    rows = _rows(shape)
    peak = _peak(shape, device)
    table: list[tuple[Cell, ...]] = []
    details: dict[str, Any] = {}
    expected: Any = None
    with torch.inference_mode():
        for name, batching in BATCHINGS.items():
            scores = batching(model, rows, device).float().cpu().numpy()
            expected = scores if expected is None else expected
            _reset_memory(device)
            taken = _timed(partial(batching, model, rows, device), device, repetitions)
            median = float(np.median(taken)) / 1000
            share = shape.operations(rows.lengths) / median / peak
            found = (share * 100, _memory(device), agreement(scores, expected))
            table.append((name, *quantiles(taken)[:2], sum(rows.lengths) / median, *found))
            details[name] = {"milliseconds": taken}
    best = min(table, key=lambda row: float(row[1] or 0))
    table[0] = (f"baseline: {table[0][0]}", *table[0][1:])
    return Result(
        title="Reranking in the process by a model of Qwen3-Reranker-4B's shape, random weights",
        baseline=f"one pair a pass; peak: the product of two {shape.matrix} × {shape.matrix} matrices, same precision",
        setting={
            "device": torch.cuda.get_device_name(0) if device == "cuda" else device,
            "passages": shape.passages,
            "tokens of a passage, mean": shape.passage_tokens,
            "tokens in all": sum(rows.lengths),
            "layers' parameters, billions": shape.parameters / 1e9,
            "measured peak, TFLOP/s": peak / 1e12,
            "best": best[0],
        },
        columns=("", "p50 ms", "p95 ms", "tokens/s", "% of measured peak", "memory GB", "agreement"),
        rows=table,
        details=details,
    )


def _model(shape: Shape, device: str) -> Any:
    import torch
    from transformers import Qwen3Config, Qwen3Model

    configuration = Qwen3Config(
        vocab_size=shape.vocabulary,
        hidden_size=shape.hidden,
        intermediate_size=shape.feed_forward,
        num_hidden_layers=shape.layers,
        num_attention_heads=shape.heads,
        num_key_value_heads=shape.key_value_heads,
        head_dim=shape.head_width,
        max_position_embeddings=8192,
        attn_implementation="sdpa",
    )
    torch.manual_seed(0)
    with torch.device(device):
        # bfloat16 on a CPU, too: a trial runs what is measured.
        return Qwen3Model._from_config(configuration, dtype=torch.bfloat16).eval()


def _rows(shape: Shape) -> Rows:
    draw = np.random.default_rng(0)
    spread = draw.normal(shape.passage_tokens, shape.passage_tokens / 5, shape.passages)
    passages = np.maximum(1, spread - spread.mean() + shape.passage_tokens).round().astype(int)
    ids = draw.integers(0, shape.vocabulary, shape.prefix_tokens).tolist()
    end = draw.integers(0, shape.vocabulary, shape.suffix_tokens).tolist()
    rest = [[*draw.integers(0, shape.vocabulary, int(length)).tolist(), *end] for length in passages]
    return Rows(tuple(ids), tuple(tuple(row) for row in rest))


def _peak(shape: Shape, device: str) -> float:
    """Operations a second of a plain product in bfloat16: what the device gives, not what its data sheet says."""
    import torch

    one, other = (torch.randn(shape.matrix, shape.matrix, device=device, dtype=torch.bfloat16) for _ in range(2))
    taken = _timed(lambda: one @ other, device, 20)
    return 2.0 * shape.matrix**3 / (float(np.median(taken)) / 1000)


def _timed(call: Callable[[], object], device: str, times: int) -> list[float]:
    """Milliseconds of each call, the device's work included."""
    for _ in range(WARM_UPS):
        call()
    taken = []
    for _ in range(times):
        _wait(device)
        begun = time.perf_counter()
        call()
        _wait(device)
        taken.append((time.perf_counter() - begun) * 1000)
    return taken


def _wait(device: str) -> None:
    import torch

    if device != "cpu":
        torch.cuda.synchronize()


def _reset_memory(device: str) -> None:
    import torch

    if device != "cpu":
        torch.cuda.reset_peak_memory_stats()


def _memory(device: str) -> float | None:
    import torch

    return torch.cuda.max_memory_allocated() / 1e9 if device != "cpu" else None
