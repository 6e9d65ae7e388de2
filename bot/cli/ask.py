"""polydesk ask "…": one answer."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

import typer

from bot.cli.options import AudienceOption, ConfigOption, DataDirOption, JsonOption, LanguageOption, settings_of


def ask(
    context: typer.Context,
    question: Annotated[str, typer.Argument(help="In any language.")],
    language: LanguageOption = "",
    audience: AudienceOption = None,
    json: JsonOption = False,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
) -> None:
    """Answer one question from the knowledge that was ingested."""
    from bot.cli import output
    from bot.cli.desk import open_desk
    from bot.question import PUBLIC

    settings = settings_of(context, config, data_dir)

    async def asked() -> dict[str, Any]:
        async with open_desk(settings) as desk:
            return await desk.ask(question, language, tuple(audience or PUBLIC))

    answer = asyncio.run(asked())
    if json:
        output.json_line(answer)
    else:
        output.answer(answer)
