"""Puts the commands together and turns every expected error into one sentence and an exit code.

Imports that take long stand inside the commands, so that `polydesk --help` is there at once.
"""

from __future__ import annotations

from typing import Any

import typer
from typer.core import TyperGroup

from bot.cli.ask import ask
from bot.cli.check import check
from bot.cli.conversations import conversations
from bot.cli.doctor import doctor
from bot.cli.evaluate import evaluate
from bot.cli.ingest import ingest
from bot.cli.options import ConfigOption, DataDirOption
from bot.cli.rebuild import rebuild
from bot.cli.search import search
from bot.cli.serve import serve
from bot.cli.slack import slack
from bot.cli.translate import translate
from retrieval.errors import ConfigurationError, DataFolderInUse, PolydeskError

FAILED, WRONG_USE, IN_USE = 1, 2, 3


class Commands(TyperGroup):
    """Catches what the commands raise on purpose."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except PolydeskError as error:
            sentence, code = described(error)
            typer.echo(sentence, err=True)
            raise typer.Exit(code) from error
        except KeyboardInterrupt as error:
            raise typer.Exit(130) from error


def described(error: PolydeskError) -> tuple[str, int]:
    """What a person reads of an error, and the exit code."""
    from bot.client import DeskRefused
    from bot.phrases import Phrases
    from bot.question import QuestionRefused

    match error:
        case QuestionRefused():
            return Phrases().get(error.key, "en", **error.values), WRONG_USE
        case DeskRefused(status=422):
            return str(error), WRONG_USE
        case ConfigurationError():
            return str(error), WRONG_USE
        case DataFolderInUse():
            return str(error), IN_USE
        case _:
            return str(error), FAILED


app = typer.Typer(
    cls=Commands,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    help="A self-hosted support desk that answers in every language, every sentence cited.",
)
app.command()(serve)
app.command()(ingest)
app.command()(check)
app.command()(ask)
app.command()(search)
app.command("eval")(evaluate)
app.command()(doctor)
app.command()(rebuild)
app.add_typer(conversations, name="conversations")
app.add_typer(translate, name="translate")
app.add_typer(slack, name="slack")


@app.callback()
def common(context: typer.Context, config: ConfigOption = None, data_dir: DataDirOption = None) -> None:
    context.obj = {"config": config, "data_dir": data_dir}
