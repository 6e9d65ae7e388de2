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


@slack.command()
def status(
    context: typer.Context,
    retry: Annotated[
        bool, typer.Option("--retry", help="Have events that were given up worked off after all.")
    ] = False,
    json: JsonOption = False,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
) -> None:
    """Show what waits and what was given up, also beside a running desk; the exit code is 1 if something was."""
    from bot.cli import output
    from bot.slack.status import look, revive

    settings = settings_of(context, config, data_dir)
    if retry:
        typer.echo(f"Taken up again: {revive(settings.data_dir)} events.")
        return
    found = look(settings.data_dir)
    if json:
        output.json_line(found.values())
    else:
        typer.echo(found.text())
    if found.dead:
        raise typer.Exit(1)


@slack.command("new-key")
def new_key() -> None:
    """Print a key for slack.encryption_keys."""
    from bot.slack.sealing import new_key as made

    typer.echo(made())


@slack.command("rotate-key")
def rotate_key(context: typer.Context, config: ConfigOption = None, data_dir: DataDirOption = None) -> None:
    """Encrypt the stored tokens with the newest key; older ones can be removed from the settings afterwards."""
    from bot.slack.sealing import Seal
    from bot.slack.status import rotate

    settings = settings_of(context, config, data_dir)
    seal = Seal(settings.slack.encryption_keys.get_secret_value())
    typer.echo(f"Encrypted anew: {rotate(settings.data_dir, seal)} installations.")
