"""Cuts texts at a number of the reranker's own tokens, which its server counts: nothing of the model is needed here."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Sequence
from typing import Any

from cachetools import LRUCache

from retrieval.concurrency import all_of
from retrieval.errors import UpstreamError
from retrieval.upstream import Upstream

# Passages come back with other questions; an entry is two small numbers.
REMEMBERED = 100_000
AT_ONCE = 16


class Truncation:
    """The tokenizer of a vLLM server whose model reads bytes (byte-level BPE), as those of Qwen do.

    A token of theirs has at least one byte, so a text of no more bytes than tokens allowed is never asked about.
    What is cut is the end, between two characters, so that the tokens left are the first of the whole text's.
    """

    def __init__(self, upstream: Upstream, model: str) -> None:
        self._upstream = upstream
        self._model = model
        # Where a text ends by its digest and limit; in bytes.
        self._ends: LRUCache[tuple[bytes, int], int] = LRUCache(REMEMBERED)
        self._turns = asyncio.Semaphore(AT_ONCE)

    async def cut(self, texts: Sequence[str], limit: int) -> list[str]:
        """The texts, in NFC, each with at most `limit` tokens (counted on the text alone).

        Raises:
            UpstreamError: the server cannot be asked, or its tokens are no bytes.
        """
        return await all_of(*(self._cut(text, limit) for text in texts))

    async def count(self, text: str) -> int:
        """The number of tokens of a text.

        Raises:
            UpstreamError: as `cut`.
        """
        return len(await self._tokens(text))

    async def _cut(self, text: str, limit: int) -> str:
        if len(text) <= limit and len(text.encode()) <= limit:
            return text
        content = text.encode()
        key = hashlib.blake2b(content, digest_size=16).digest(), limit
        end = self._ends.get(key)
        if end is None:
            end = self._ends[key] = sum((await self._tokens(text))[:limit])
        return text if end == len(content) else content[:end].decode(errors="ignore")

    async def _tokens(self, text: str) -> list[int]:
        async with self._turns:
            reply = await self._upstream.post("/tokenize", tokenize_body(self._model, text))
        lengths = token_lengths(reply)
        if sum(lengths) != len(text.encode()):
            raise UpstreamError(f"{self._upstream.url('/tokenize')} does not count in tokens made of bytes.")
        return lengths


def tokenize_body(model: str, text: str) -> dict[str, Any]:
    """A request for a text's tokens, as vLLM takes it."""
    return {"model": model, "prompt": text, "add_special_tokens": False, "return_token_strs": True}


def token_lengths(reply: Any) -> list[int]:
    """The length of each token in bytes: byte-level tokenizers write each byte as one printable character."""
    found = reply.get("token_strs") if isinstance(reply, dict) else None
    return [len(token) for token in found or () if isinstance(token, str)]
