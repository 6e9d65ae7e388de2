"""Watches the roots and ingests what changes: an edit is answered without anybody's doing."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable
from pathlib import Path

from watchfiles import awatch
from watchfiles._rust_notify import WatchfilesRustInternalError

from retrieval.errors import PolydeskError
from retrieval.ingest import Ingest, IngestReport

_log = logging.getLogger(__name__)
_POLL_MS = 1_000
_RETRY_SECONDS = 1.0


class Watcher:
    """Runs an ingest at the start, after every change under the roots, and every so often besides.

    Args:
        debounce_ms: how long a change waits for more of them, so that half an upload is not read twice.
        every_seconds: between runs without a change; these find what has expired, roots that came back, and edits on
            file systems that tell nobody.
        polling: looks at the files instead of being told; for network file systems.
    """

    def __init__(
        self,
        ingest: Ingest,
        *,
        debounce_ms: int = 200,
        every_seconds: float = 60.0,
        polling: bool = False,
    ) -> None:
        self._ingest = ingest
        self._debounce_ms = debounce_ms
        self._every_seconds = every_seconds
        self._polling = polling

    async def run(self, report: Callable[[IngestReport], None] = lambda report: None) -> None:
        """Watches until it is cancelled. A run that fails is logged, and the next change or tick tries again.

        Args:
            report: called after every run.
        """
        async for _ in self._changes():
            try:
                report(await self._ingest.run())
            except PolydeskError as error:
                _log.error("%s", error)

    async def _changes(self) -> AsyncIterator[None]:
        """Yields when there may be something to ingest, and once as soon as the roots are watched."""
        while True:
            roots = self._present()
            if not roots:
                yield
                await asyncio.sleep(self._every_seconds)
                continue
            changes = awatch(
                *roots,
                watch_filter=None,
                debounce=self._debounce_ms,
                step=50,
                rust_timeout=int(self._every_seconds * 1000),
                yield_on_timeout=True,
                force_polling=self._polling or None,
                poll_delay_ms=_POLL_MS,
                ignore_permission_denied=True,
            )
            # The watch begins before the first run, so that no edit falls between the two.
            change = asyncio.ensure_future(anext(changes))
            try:
                await asyncio.sleep(0)
                yield
                while True:
                    await change
                    change = asyncio.ensure_future(anext(changes))
                    yield
                    if self._present() != roots:
                        break
            except FileNotFoundError:
                await asyncio.sleep(_RETRY_SECONDS)
            except (OSError, WatchfilesRustInternalError) as error:
                if self._polling:
                    raise
                _log.warning(
                    "Changes under the roots are looked for once a second, as the system cannot tell: %s", error
                )
                self._polling = True
            finally:
                change.cancel()
                await asyncio.wait([change])
                await changes.aclose()

    def _present(self) -> dict[Path, tuple[int, int]]:
        """The roots that exist, with what tells a folder from another one put in its place."""
        present = {}
        for root in self._ingest.roots:
            with contextlib.suppress(OSError):
                status = root.stat()
                present[root] = (status.st_dev, status.st_ino)
        return present
