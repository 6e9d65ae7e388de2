"""polydesk rebuild: the index anew from the store."""

from __future__ import annotations

import asyncio

import typer

from bot.cli.options import ConfigOption, DataDirOption, settings_of


def rebuild(context: typer.Context, config: ConfigOption = None, data_dir: DataDirOption = None) -> None:
    """Build the Chroma index anew from the database. The desk must not run meanwhile."""
    from bot.service import Service

    settings = settings_of(context, config, data_dir)

    async def rebuilt() -> int:
        async with Service.open(settings) as service:
            return await service.rebuild()

    typer.echo(f"The index was built anew: {asyncio.run(rebuilt())} passages.")
