"""What rerank servers answer: vLLM, Cohere, Jina and text-embeddings-inference, made one and checked."""

from __future__ import annotations

from typing import Any

from retrieval.errors import UpstreamError


def read_scores(reply: Any, count: int, url: str) -> list[float]:
    """The scores of `count` documents in the order they were sent in.

    Args:
        reply: ``{"results": [{"index", "relevance_score"}]}`` in any order, or a plain list of
            ``{"index", "score"}``; whatever else stands in it is passed over.

    Raises:
        UpstreamError: a document has no score or two, or a score is no probability.
    """
    results = reply.get("results") if isinstance(reply, dict) else reply
    if not isinstance(results, list):
        raise _nonsense(url, "its reply has no list of results")
    scores: dict[int, float] = {}
    for result in results:
        if not isinstance(result, dict):
            raise _nonsense(url, "a result is no object")
        index: Any = result.get("index")
        score: Any = result.get("relevance_score", result.get("score"))
        if type(index) is not int or not 0 <= index < count or index in scores:
            raise _nonsense(url, f"a result has the index {index!r:.40}, of {count} documents")
        if type(score) not in (int, float) or not 0 <= score <= 1:
            raise _nonsense(url, f"a result has the score {score!r:.40}, which is no probability")
        scores[index] = float(score)
    if len(scores) != count:
        raise _nonsense(url, f"it scored {len(scores)} of {count} documents")
    return [scores[index] for index in range(count)]


def prompt_tokens(reply: Any) -> int | None:
    """How many tokens the server read, where it says so."""
    usage = reply.get("usage") if isinstance(reply, dict) else None
    for name in ("prompt_tokens", "total_tokens"):
        if isinstance(usage, dict) and type(usage.get(name)) is int:
            return int(usage[name])
    return None


def _nonsense(url: str, cause: str) -> UpstreamError:
    return UpstreamError(f"The reranker at {url} answers nonsense: {cause}.")
