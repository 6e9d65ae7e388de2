"""polydesk serve: the desk."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer

from bot.cli.options import ConfigOption, DataDirOption, settings_of


def serve(
    context: typer.Context,
    host: Annotated[str | None, typer.Option(help="Instead of server.host.", show_default=False)] = None,
    port: Annotated[int | None, typer.Option(help="Instead of server.port.", show_default=False)] = None,
    demo: Annotated[bool, typer.Option("--demo", help="Show the demo's shop at /, with the widget.")] = False,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
) -> None:
    """Answer questions over HTTP, and publish what changes under the knowledge roots."""
    from uvicorn.loops.auto import auto_loop_factory

    from bot.logs import configure_logs
    from bot.web.serving import serve_desk

    settings = settings_of(context, config, data_dir)
    given = {name: value for name, value in (("host", host), ("port", port)) if value is not None}
    settings = settings.model_copy(update={"server": settings.server.model_copy(update=given)})
    configure_logs(settings.logging.level, settings.logging.format)
    with asyncio.Runner(loop_factory=auto_loop_factory()) as runner:
        runner.run(serve_desk(settings, with_demo=demo))
