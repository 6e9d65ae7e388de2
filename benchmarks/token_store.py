"""Bytes that the token vectors of a passage take, both layers. `--limit` bounds the passages (300 where not given)."""

from __future__ import annotations

from benchmarks.options import Options
from benchmarks.passages import encoded_texts, passages_of
from benchmarks.result import Cell, Result
from retrieval.encoder import create_encoder
from retrieval.evaluate import percentile
from retrieval.token_vectors import pack

PASSAGES = 300
HIDDEN = 384
REFERENCE_TOKENS = 200


def run(options: Options) -> Result:
    """Encodes and packs real passages."""
    encoder = create_encoder("onnx", threads=options.threads)
    texts = encoded_texts(passages_of(options.need_knowledge(), options.limit or PASSAGES, encoder))
    encoded = encoder.encode_passages(texts)
    encoder.close()
    sizes = [float(len(pack(each.layers))) for each in encoded]
    tokens = [sum(len(layer) for layer in each.layers) / len(each.layers) for each in encoded]
    layers = len(encoded[0].layers)
    half = [count * HIDDEN * 2 * layers for count in tokens]
    return Result(
        title="Token store",
        baseline=f"the same {layers} layers as half-precision states of width {HIDDEN}, as a late-interaction model "
        "stores them without projection.",
        setting={
            "passages": len(texts),
            "layers": layers,
            "dimension": encoder.token_dimension,
            "tokens p50": percentile(tokens, 0.5),
        },
        columns=("", "p50 KB", "p95 KB", f"KB at {REFERENCE_TOKENS} tokens"),
        rows=(_row("packed", sizes, tokens), _row("baseline: half precision", half, tokens)),
    )


def _row(name: str, sizes: list[float], tokens: list[float]) -> tuple[Cell, ...]:
    at_reference = sum(sizes) / sum(tokens) * REFERENCE_TOKENS / 1000
    return name, (percentile(sizes, 0.5) or 0) / 1000, (percentile(sizes, 0.95) or 0) / 1000, at_reference
