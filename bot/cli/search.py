"""polydesk search "…": why an answer is what it is."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

import typer

from bot.cli.options import AudienceOption, ConfigOption, DataDirOption, JsonOption, LanguageOption, settings_of


def search(
    context: typer.Context,
    question: Annotated[str, typer.Argument(help="In any language.")],
    language: LanguageOption = "",
    audience: AudienceOption = None,
    json: JsonOption = False,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
) -> None:
    """Show the recalled passages with their ranks and scores before and after reranking."""
    from bot.cli import output
    from bot.cli.desk import open_desk
    from bot.question import PUBLIC

    settings = settings_of(context, config, data_dir)

    async def searched() -> dict[str, Any]:
        async with open_desk(settings) as desk:
            return await desk.search(question, language, tuple(audience or PUBLIC))

    explained = asyncio.run(searched())
    if json:
        output.json_line(explained)
    else:
        output.explanation(explained)
