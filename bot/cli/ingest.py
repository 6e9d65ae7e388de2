"""polydesk ingest: reads the knowledge files and publishes what changed."""

from __future__ import annotations

import asyncio
from typing import Any

import typer

from bot.cli.options import ConfigOption, DataDirOption, JsonOption, RootsArgument, settings_of


def ingest(
    context: typer.Context,
    roots: RootsArgument = None,
    json: JsonOption = False,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
) -> None:
    """Read the knowledge files and publish what changed.

    Folders given here take the place of the configured roots, also for a desk that is started later; without any, the
    configured roots hold again.
    """
    from bot.cli import output
    from bot.cli.desk import open_desk

    settings = settings_of(context, config, data_dir)
    chosen = tuple(root.expanduser().resolve() for root in roots or ())

    async def ingested() -> dict[str, Any]:
        async with open_desk(settings) as desk:
            with output.progress(quiet=json) as progress:
                return await desk.ingest(chosen, progress)

    report = asyncio.run(ingested())
    if json:
        output.json_line(report)
    else:
        output.report(report)
    if report["failures"]:
        raise typer.Exit(1)
