"""Waiting for what happens by itself; only what never happens fails."""

from __future__ import annotations

import asyncio
from collections.abc import Callable


async def eventually(happened: Callable[[], bool], patience: float = 30.0) -> None:
    """Returns as soon as it happened; raises TimeoutError after `patience` seconds."""
    async with asyncio.timeout(patience):
        while not happened():  # noqa: ASYNC110 - nothing tells when it does
            await asyncio.sleep(0.005)
