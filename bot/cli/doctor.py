"""polydesk doctor: what works on this machine, a sentence each."""

from __future__ import annotations

import asyncio

import typer

from bot.cli.options import ConfigOption, DataDirOption, JsonOption, settings_of


def doctor(
    context: typer.Context, json: JsonOption = False, config: ConfigOption = None, data_dir: DataDirOption = None
) -> None:
    """Check everything the desk needs; the exit code is 1 if something does not work."""
    from bot.cli import output
    from bot.doctor import examine

    findings = asyncio.run(examine(settings_of(context, config, data_dir)))
    if json:
        output.json_line({"findings": [{"ok": each.ok, "sentence": each.sentence} for each in findings]})
    else:
        output.findings([(each.ok, each.sentence) for each in findings])
    if not all(each.ok for each in findings):
        raise typer.Exit(1)
