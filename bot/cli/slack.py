"""polydesk slack: what sets the Slack app up."""

from __future__ import annotations

from typing import Annotated

import typer

from bot.cli.options import ConfigOption, DataDirOption, JsonOption, settings_of

slack = typer.Typer(no_args_is_help=True, help="The Slack app.")


@slack.command()
def manifest(
    context: typer.Context,
    url: Annotated[
        str,
        typer.Option(
            help="Where Slack reaches this desk, such as https://help.example.com; server.public_url by default.",
            show_default=False,
        ),
    ] = "",
    socket: Annotated[
        bool, typer.Option("--socket", help="For Socket Mode, which needs no address; as slack.mode by default.")
    ] = False,
    json: JsonOption = False,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
) -> None:
    """Print the manifest that makes the app in Slack, for the features that are configured."""
    import json as json_format

    import yaml

    from bot.phrases import Phrases
    from bot.slack.manifest import manifest as made
    from bot.slack.words import Words
    from retrieval.errors import ConfigurationError

    settings = settings_of(context, config, data_dir)
    address = (url or settings.server.public_url).rstrip("/")
    calls_slack = socket or (settings.slack.mode == "socket" and not url)
    if not calls_slack and not address.startswith("https://"):
        raise ConfigurationError("Slack calls https:// addresses only: give --url https://…, or --socket.")
    values = made(settings.slack, address, Words(Phrases(), settings.languages.default), socket=calls_slack)
    if json:
        typer.echo(json_format.dumps(values, ensure_ascii=False, indent=2))
    else:
        typer.echo(yaml.safe_dump(values, allow_unicode=True, sort_keys=False), nl=False)
