"""What is the same for many is sent as small as the browser takes it, and made small once."""

from __future__ import annotations

import asyncio
import gzip
from functools import lru_cache

from fastapi import Request

# Small enough that a desk may well keep all that it gives out.
KEPT = 64


async def compressed(request: Request, content: bytes) -> tuple[bytes, dict[str, str]]:
    """The content as it is sent, and the headers that tell how."""
    headers = {"Vary": "Accept-Encoding"}
    if "gzip" not in request.headers.get("accept-encoding", ""):
        return content, headers
    return await asyncio.to_thread(_gzipped, content), headers | {"Content-Encoding": "gzip"}


@lru_cache(maxsize=KEPT)
def _gzipped(content: bytes) -> bytes:
    return gzip.compress(content, 9, mtime=0)
