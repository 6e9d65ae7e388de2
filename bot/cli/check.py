"""polydesk check: would these files be published? Reads them only."""

from __future__ import annotations

import typer

from bot.cli.options import ConfigOption, DataDirOption, JsonOption, RootsArgument, settings_of


def check(
    context: typer.Context,
    roots: RootsArgument = None,
    json: JsonOption = False,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
) -> None:
    """Read the knowledge files without publishing; report broken and expired ones and titles that stand twice."""
    from bot.check import check_roots
    from bot.cli import output

    settings = settings_of(context, config, data_dir)
    chosen = tuple(root.expanduser().resolve() for root in roots or ()) or settings.knowledge.roots
    with output.progress(quiet=json) as progress:
        found = check_roots(chosen, settings, progress)
    if json:
        output.json_line(found)
    else:
        output.checked(found)
    if found["failures"]:
        raise typer.Exit(1)
