"""Options that every command takes, before or after the command's name."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from bot.config import Settings

ConfigOption = Annotated[
    Path | None,
    typer.Option("--config", help="Settings file; config.yaml in this folder by default.", show_default=False),
]
DataDirOption = Annotated[
    Path | None,
    typer.Option("--data-dir", help="Where all state lies. Also POLYDESK_DATA_DIR.", show_default=False),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Write JSON for a program.")]
LanguageOption = Annotated[
    str, typer.Option("--language", help="Language of the answer, such as de; detected by default.", show_default=False)
]
AudienceOption = Annotated[
    list[str] | None,
    typer.Option("--audience", help="Whose files may be used; may be repeated. public by default.", show_default=False),
]
RootsArgument = Annotated[
    list[Path] | None, typer.Argument(metavar="[DIR]...", help="Folders in place of the configured roots.")
]


def settings_of(context: typer.Context, config: Path | None, data_dir: Path | None) -> Settings:
    """The settings in force for a command; what stands after its name goes before what stands before it.

    Raises:
        ConfigurationError: see `load_settings`.
    """
    from bot.config_file import load_settings
    from bot.logs import configure_logs

    configure_logs("error", "text")  # Standard output belongs to the command; `serve` logs as it is configured.
    common: dict[str, Path | None] = context.obj or {}
    return load_settings(config or common.get("config"), os.environ, data_dir or common.get("data_dir"))
