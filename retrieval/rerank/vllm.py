"""Reranks on a server: vLLM with Qwen3-Reranker above all, and whatever speaks as Cohere, Jina or TEI do."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from retrieval.concurrency import all_of
from retrieval.encoder.base import Encoded, passage_text
from retrieval.errors import UpstreamError
from retrieval.passages import Candidate
from retrieval.rerank.base import Reranker
from retrieval.rerank.instructions import INSTRUCTION, Instructions
from retrieval.rerank.replies import read_scores
from retrieval.rerank.self_test import Verdict, self_test
from retrieval.rerank.server import Server, recognise
from retrieval.rerank.template import document_part, harmless, query_part
from retrieval.rerank.truncation import Truncation
from retrieval.upstream import Upstream

Template = Literal["auto", "qwen3", "none"]

# Scores of float32: closer to 0 or 1 they cannot come.
_LEAST = 1e-7
# Without a template a pair is left as it is where that is as good; what is already templated must not be twice.
_AS_GOOD = 0.05


@dataclass(frozen=True, slots=True)
class _Way:
    """How pairs are sent: to what kind of server, and whether the template is put around them here."""

    server: Server
    templated: bool


class VllmReranker(Reranker):
    """Asks a server for the relevance of each passage; all candidates in one request, where `batch` allows.

    Used from one event loop. What it sends of a passage is what is encoded of it: headings, hints, text.

    Args:
        base_url: without /v1.
        template: "qwen3" puts Qwen3-Reranker's template around each pair, "none" nothing; "auto" finds out which of
            both the server needs.
        instruction: what the model is told to judge, in English.
        instructions: the same by audience. A channel's goes before it, and a passage's own before that.
        passage_tokens: longer passages are cut.
        batch: passages in a request at most; more requests are made at once.
        timeout_seconds: for each request.
    """

    name = "vllm"

    def __init__(
        self,
        base_url: str,
        model: str,
        *,
        api_key: str = "",
        template: Template = "auto",
        instruction: str = INSTRUCTION,
        instructions: Mapping[str, str] | None = None,
        passage_tokens: int = 4_000,
        batch: int = 64,
        timeout_seconds: float = 0.8,
    ) -> None:
        self._upstream = Upstream("reranker", base_url, api_key=api_key, timeout_seconds=timeout_seconds)
        self._address = self._upstream.url("")
        self._truncation = Truncation(self._upstream, model)
        self._model = model
        self._template = template
        self._instructions = Instructions(instruction, dict(instructions or {}))
        self._passage_tokens = passage_tokens
        self._batch = batch
        self._way: _Way | None = None

    @property
    def description(self) -> str:
        """Model, address and what was found out about the server."""
        template = self._template
        if self._way is not None and template == "auto":
            template = "qwen3" if self._way.templated else "none"
        return f"{self._model} at {self._address}, template {template}"

    @property
    def follows_instructions(self) -> bool:
        if self._way is None:
            return self._template != "none"
        return self._way.templated or self._way.server.templates

    async def check(self) -> None:
        """Finds out anew what the server needs, and has it do the self-test.

        Raises:
            UpstreamError: it cannot be reached, answers nonsense, or fails the self-test.
        """
        server = await recognise(self._upstream, self._model)
        ways = [_Way(server, self._template == "qwen3")]
        if self._template == "auto" and not server.templates:
            ways = [_Way(server, True), _Way(server, False)]
        verdicts = await all_of(*(self._self_test(way) for way in ways))
        place = _choice(verdicts)
        self._way = ways[place]
        if not verdicts[place].passed:
            raise UpstreamError(
                f"The reranker at {self._address} failed its self-test: {verdicts[place].reason}. Its "
                "template, its model or how the model was loaded is wrong."
            )

    async def score(self, query: str, documents: Sequence[str], instruction: str = "") -> list[float]:
        """How probable it is that each document is what the instruction asks for, in [0, 1], in the documents' order.

        Args:
            instruction: in English; the default one where it is empty.

        Raises:
            UpstreamError: the server cannot be reached or answers nonsense.
        """
        if not documents:
            return []
        return await self._score(await self._known_way(), query, documents, instruction or self._instructions.default)

    async def close(self) -> None:
        """Closes the connections."""
        await self._upstream.close()

    async def _rerank(
        self, question: str, encoded: Encoded, candidates: Sequence[Candidate], instruction: str
    ) -> list[float]:
        """The log-odds of relevance: on a scale like the other reranker's, unlike the probability, which saturates."""
        groups: dict[str, list[int]] = {}
        for place, candidate in enumerate(candidates):
            groups.setdefault(self._instructions.of(candidate.passage, instruction), []).append(place)
        way = await self._known_way()
        texts = [passage_text(one.passage.context, one.passage.text) for one in candidates]
        found = await all_of(
            *(self._score(way, question, [texts[place] for place in places], told) for told, places in groups.items())
        )
        scores = [0.0] * len(candidates)
        for places, group in zip(groups.values(), found, strict=True):
            for place, score in zip(places, group, strict=True):
                scores[place] = _log_odds(score)
        return scores

    async def _known_way(self) -> _Way:
        if self._way is None:
            server = await recognise(self._upstream, self._model)
            # Nobody had it checked; so the template is left out only where the server certainly has it.
            templated = self._template == "qwen3" or (self._template == "auto" and not server.templates)
            self._way = _Way(server, templated)
        return self._way

    async def _self_test(self, way: _Way) -> Verdict:
        return await self_test(lambda query, documents, instruction: self._score(way, query, documents, instruction))

    async def _score(self, way: _Way, query: str, documents: Sequence[str], instruction: str) -> list[float]:
        server = way.server
        query, documents = harmless(query), [harmless(document) for document in documents]
        cut_here = way.templated or server.templates
        if cut_here:
            query, documents = await self._cut(server, query, documents, instruction)
        if way.templated:
            query = query_part(query, instruction)
            documents = [document_part(document) for document in documents]
        size = min(self._batch, server.most or self._batch)
        batches = [documents[start : start + size] for start in range(0, len(documents), size)]
        bodies = [server.body(self._model, query, batch, instruction, truncate=not cut_here) for batch in batches]
        pairs = zip(bodies, batches, strict=True)
        found = await all_of(*(self._post(server, body, len(batch)) for body, batch in pairs))
        return [score for scores in found for score in scores]

    async def _post(self, server: Server, body: dict[str, Any], count: int) -> list[float]:
        return read_scores(await self._upstream.post(server.path, body), count, self._upstream.url(server.path))

    async def _cut(self, server: Server, query: str, documents: list[str], instruction: str) -> tuple[str, list[str]]:
        """Question and passages such that each pair with its template is no longer than the model takes.

        A server that is sent more refuses all of them, or cuts off the template's end, and then scores at random.
        """
        limit = self._passage_tokens
        if not server.counts:
            # The tokens cannot be counted, but there are no more of them than bytes.
            return query, [document.encode()[:limit].decode(errors="ignore") for document in documents]
        if server.longest:
            (query,) = await self._truncation.cut([query], server.longest // 2)
            around = query_part(query, instruction) + document_part("")
            if limit + len(around.encode()) > server.longest:
                limit = min(limit, max(1, server.longest - await self._truncation.count(around)))
        return query, await self._truncation.cut(documents, limit)


def _choice(verdicts: Sequence[Verdict]) -> int:
    """Of templated (first) and not templated: the one that passes; of two that do, the better one."""
    if len(verdicts) == 1:
        return 0
    templated, plain = verdicts
    return 1 if plain.passed and plain.margin >= templated.margin - _AS_GOOD else 0


def _log_odds(score: float) -> float:
    score = min(1 - _LEAST, max(_LEAST, score))
    return math.log(score / (1 - score))
