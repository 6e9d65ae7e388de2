"""One interface to the desk for the commands: the desk that runs on the data folder, or one opened for the moment."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any, Protocol

from bot.client import DeskClient, Progress
from bot.config import Settings, SlackSettings
from bot.desk_file import read_desk_file
from retrieval.data_folder import owner
from retrieval.errors import PolydeskError

PATIENCE_SECONDS = 10.0


class NoDeskRuns(PolydeskError):
    """This can be asked of a running desk only."""


class Desk(Protocol):
    """What `ask`, `search` and `ingest` need."""

    async def ask(self, text: str, language: str, audiences: Sequence[str]) -> dict[str, Any]:
        """An Answer as JSON values."""

    async def search(self, text: str, language: str, audiences: Sequence[str]) -> dict[str, Any]:
        """See `bot.explain`."""

    async def ingest(self, roots: Sequence[Path], progress: Progress) -> dict[str, Any]:
        """Reads the roots, or the configured ones where none are given; returns the report."""


class RunningDesk:
    """The desk of another process, over HTTP."""

    def __init__(self, client: DeskClient) -> None:
        self._client = client

    async def ask(self, text: str, language: str, audiences: Sequence[str]) -> dict[str, Any]:
        return await self._client.ask(text, language, audiences)

    async def search(self, text: str, language: str, audiences: Sequence[str]) -> dict[str, Any]:
        return await self._client.search(text, language, audiences)

    async def ingest(self, roots: Sequence[Path], progress: Progress) -> dict[str, Any]:
        return await self._client.ingest([str(root) for root in roots], progress)


@asynccontextmanager
async def open_desk(settings: Settings) -> AsyncIterator[Desk]:
    """The desk of a data folder, wherever it runs.

    Raises:
        DataFolderInUse: when a process has the folder that is not a desk one can speak to.
    """
    async with AsyncExitStack() as stack:
        if owner(settings.data_dir) is not None and (client := await _find_running(settings.data_dir)):
            # Found before anything heavy is imported: a running desk answers at once.
            yield RunningDesk(await stack.enter_async_context(client))
            return
        from bot.local_desk import LocalDesk
        from bot.service import Service

        # A moment's desk has nothing to do with Slack.
        alone = settings.model_copy(update={"slack": SlackSettings()})
        yield LocalDesk(await stack.enter_async_context(Service.open(alone)))


@asynccontextmanager
async def running_desk(settings: Settings) -> AsyncIterator[DeskClient]:
    """The desk that runs on the data folder, for what only a running one can do.

    Raises:
        NoDeskRuns: when none does.
    """
    client = await _find_running(settings.data_dir) if owner(settings.data_dir) is not None else None
    if client is None:
        raise NoDeskRuns(f"No desk runs on {settings.data_dir}: start it with `polydesk serve`.")
    async with client:
        yield client


async def _find_running(data_dir: Path) -> DeskClient | None:
    """The desk that holds the folder, or None where something else does; a desk that is just starting is waited for."""
    until = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < until:
        process, desk = owner(data_dir), read_desk_file(data_dir)
        if process is None or desk is None or desk.pid != process:
            return None
        client = DeskClient(desk)
        if await client.alive():
            return client
        await client.close()
        await asyncio.sleep(0.1)
    return None
