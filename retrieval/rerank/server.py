"""What kind of rerank server lies at an address: found out by asking it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from retrieval.errors import UpstreamRefused
from retrieval.rerank.replies import prompt_tokens
from retrieval.rerank.truncation import token_lengths, tokenize_body
from retrieval.upstream import Upstream

# A question and a passage of one letter each are six tokens with all that a model puts around a pair; a server that
# read more than this has put a template around them.
_UNTEMPLATED_TOKENS = 12
# Its letters have one byte, two and three.
_SAMPLE = "a é 語"
# What text-embeddings-inference takes in a request unless it was started with another --max-client-batch-size.
_TEI_DOCUMENTS = 32
# How servers say that they do not know a path, or not with this body.
_UNKNOWN = frozenset({400, 404, 405, 422, 501})


@dataclass(frozen=True, slots=True)
class Server:
    """A rerank server.

    Attributes:
        path: "/v1/rerank", or "/rerank" of text-embeddings-inference.
        templates: whether it puts a template around each pair itself.
        longest: tokens that query, document and template may have together; 0 where it does not say. vLLM does.
        counts: whether it can be asked for the tokens of a text, and these are made of bytes.
        most: documents that it takes in a request; 0 where no limit is known.
    """

    path: str
    templates: bool = False
    longest: int = 0
    counts: bool = False
    most: int = 0

    def body(
        self, model: str, query: str, documents: Sequence[str], instruction: str = "", truncate: bool = False
    ) -> dict[str, Any]:
        """A request for the scores of documents.

        Args:
            instruction: for a template of the server's own.
            truncate: have the server cut what is too long; not where a template's end would be lost.
        """
        if self.path == "/rerank":
            return {"query": query, "texts": documents, "raw_scores": False, "truncate": True}
        body: dict[str, Any] = {"model": model, "query": query, "documents": documents, "top_n": len(documents)}
        # Only vLLM is known to take these two; others may refuse what they do not know.
        if self.longest and self.templates and instruction:
            body["instruction"] = instruction
        if self.longest and truncate:
            body["truncate_prompt_tokens"] = -1
        return body


async def recognise(upstream: Upstream, model: str) -> Server:
    """Asks with a pair of single letters.

    Raises:
        UpstreamError: it does not answer as any rerank server does.
    """
    longest, counts = await _tokenizer(upstream, model)
    server = Server("/v1/rerank", longest=longest, counts=counts)
    try:
        reply = await upstream.post(server.path, server.body(model, "a", ["b"]))
    except UpstreamRefused as error:
        if error.status not in _UNKNOWN or longest:
            raise
        other = Server("/rerank", most=_TEI_DOCUMENTS)
        try:
            await upstream.post(other.path, other.body(model, "a", ["b"]))
        except UpstreamRefused:
            # The usual path's refusal says more: a model of another name is not found either.
            raise error from None
        return other
    tokens = prompt_tokens(reply)
    return replace(server, templates=tokens is not None and tokens > _UNTEMPLATED_TOKENS)


async def _tokenizer(upstream: Upstream, model: str) -> tuple[int, bool]:
    """`Server.longest` and `Server.counts`, as vLLM answers for them."""
    try:
        reply = await upstream.post("/tokenize", tokenize_body(model, _SAMPLE))
    except UpstreamRefused as error:
        if error.status in _UNKNOWN:
            return 0, False
        raise
    longest = reply.get("max_model_len") if isinstance(reply, dict) else None
    if type(longest) is not int:
        return 0, False
    return longest, sum(token_lengths(reply)) == len(_SAMPLE.encode())
