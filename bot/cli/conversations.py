"""polydesk conversations: what customers say in the widget of the running desk."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from bot.cli.options import ConfigOption, DataDirOption, JsonOption, settings_of

if TYPE_CHECKING:
    from pathlib import Path

    from bot.client import DeskClient

conversations = typer.Typer(
    no_args_is_help=True,
    help="Read and answer what customers say in the widget, and erase it; through the running desk.",
)

IdArgument = Annotated[str, typer.Argument(metavar="ID", help="Of the conversation.")]


@conversations.command("list")
def list_(
    context: typer.Context,
    state: Annotated[
        Literal["bot", "waiting", "person"] | None,
        typer.Option(help="Only those that have it: waiting are those who asked for a person.", show_default=False),
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=1_000, help="At most so many, the newest.")] = 50,
    json: JsonOption = False,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
) -> None:
    """List conversations, the newest first."""
    from bot.cli import output

    values = _asked(context, config, data_dir, lambda desk: desk.conversations(state or "", limit))
    _say(values, json, lambda: output.conversations(values["conversations"]))


@conversations.command()
def show(
    context: typer.Context,
    id: IdArgument,
    json: JsonOption = False,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
) -> None:
    """Show what was said."""
    from bot.cli import output

    values = _asked(context, config, data_dir, lambda desk: desk.conversation(id))
    _say(values, json, lambda: output.conversation(values))


@conversations.command()
def reply(
    context: typer.Context,
    id: IdArgument,
    text: Annotated[str, typer.Argument(help="What to say; - reads it from standard input.")],
    name: Annotated[str, typer.Option(help="Shown to the customer.", show_default=False)] = "",
    json: JsonOption = False,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
) -> None:
    """Answer as a person; the bot is silent from then on."""
    said = sys.stdin.read() if text == "-" else text
    values = _asked(context, config, data_dir, lambda desk: desk.reply(id, said, name))
    sent = f"Message {values['message']} was sent. Have the bot answer again: polydesk conversations return {id}"
    _say(values, json, lambda: typer.echo(sent))


@conversations.command("return")
def give_back(
    context: typer.Context,
    id: IdArgument,
    json: JsonOption = False,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
) -> None:
    """Have the bot answer again."""
    values = _asked(context, config, data_dir, lambda desk: desk.give_back(id))
    _say(values, json, lambda: typer.echo(f"The bot answers in {id} again."))


@conversations.command()
def erase(context: typer.Context, id: IdArgument, config: ConfigOption = None, data_dir: DataDirOption = None) -> None:
    """Erase a conversation, every copy of it."""
    _asked(context, config, data_dir, lambda desk: desk.erase(id))
    typer.echo(f"{id} was erased.")


@conversations.command("erase-visitor")
def erase_visitor(
    context: typer.Context,
    id: Annotated[str, typer.Argument(metavar="VISITOR", help="As `list` and `show` name them.")],
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
) -> None:
    """Erase all conversations of a customer; they are somebody new from then on."""
    _asked(context, config, data_dir, lambda desk: desk.erase_visitor(id))
    typer.echo(f"All conversations of {id} were erased.")


def _asked(
    context: typer.Context, config: Path | None, data_dir: Path | None, ask: Callable[[DeskClient], Awaitable[Any]]
) -> Any:
    """What the running desk says to that."""
    from bot.cli.desk import running_desk

    settings = settings_of(context, config, data_dir)

    async def asked() -> Any:
        async with running_desk(settings) as desk:
            return await ask(desk)

    return asyncio.run(asked())


def _say(values: Any, json: bool, say: Callable[[], None]) -> None:
    from bot.cli import output

    if json:
        output.json_line(values)
    else:
        say()
