"""polydesk translate: the packages of Argos Translate that this desk has."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.options import ConfigOption, DataDirOption, JsonOption, settings_of

if TYPE_CHECKING:
    from rich.progress import Progress

    from bot.translate.argos_packages import Package

translate = typer.Typer(
    no_args_is_help=True,
    help="Packages for translation.engine: argos. A running desk takes changes up when it is started again.",
)

WhatArgument = Annotated[
    list[str], typer.Argument(metavar="FROM TO | FILE...", help="Two languages such as en es, or .argosmodel files.")
]


@translate.command()
def install(
    context: typer.Context, what: WhatArgument, config: ConfigOption = None, data_dir: DataDirOption = None
) -> None:
    """Install the package for two languages from Argos's index, over the network, or packages from files."""
    from bot.translate.argos_index import download
    from bot.translate.argos_library import argos_index_url, require_argos
    from bot.translate.argos_models import prover
    from bot.translate.argos_packages import install_file, packages_folder

    folder = settings_of(context, config, data_dir).data_dir
    place = packages_folder(folder)
    require_argos(folder)
    if any(Path(name).suffix == ".argosmodel" or Path(name).is_file() for name in what):
        for name in what:
            _say(install_file(Path(name), place, proved=prover(folder)))
        return
    if len(what) != 2:
        raise typer.BadParameter("Name two languages, such as en es, or .argosmodel files.")
    source, target = what
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".download-", dir=place) as temporary, _bar() as bar:
        task = bar.add_task(f"{source} → {target}", total=None)
        file = download(
            source,
            target,
            Path(temporary),
            index_url=argos_index_url(folder),
            progress=lambda done, whole: bar.update(task, completed=done, total=whole or None),
        )
        _say(install_file(file, place, proved=prover(folder)))


@translate.command("list")
def list_(
    context: typer.Context, json: JsonOption = False, config: ConfigOption = None, data_dir: DataDirOption = None
) -> None:
    """List the packages that are installed, and what can be translated with them."""
    from bot.cli import output
    from bot.translate.argos_models import Models
    from bot.translate.argos_packages import installed, packages_folder

    folder = settings_of(context, config, data_dir).data_dir
    packages = installed(packages_folder(folder))
    models = Models(packages, folder, most=2, threads=1)
    through = sorted(pair for pair in models.pairs() if len(models.route(*pair)) > 1)
    if json:
        output.json_line(
            {"packages": [_values(each) for each in packages], "through_english": list(map(list, through))}
        )
        return
    for package in packages:
        _say(package)
    if through:
        typer.echo(f"Through English: {', '.join(f'{source} → {target}' for source, target in through)}.")
    if not packages:
        typer.echo("No packages are installed: run `polydesk translate install en es`.")


@translate.command()
def remove(
    context: typer.Context,
    source: Annotated[str, typer.Argument(metavar="FROM")],
    target: Annotated[str, typer.Argument(metavar="TO")],
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
) -> None:
    """Delete the package from one language to another."""
    from bot.translate.argos_packages import PackageRefused, packages_folder
    from bot.translate.argos_packages import remove as delete

    if not delete(source, target, packages_folder(settings_of(context, config, data_dir).data_dir)):
        raise PackageRefused(f"No package from {source} to {target} is installed.")
    typer.echo(f"{source} → {target} was removed.")


def _say(package: Package) -> None:
    typer.echo(f"{package.source} → {package.target}  version {package.version}  {package.bytes / 1e6:.1f} MB")


def _values(package: Package) -> dict[str, str | int]:
    return {"from": package.source, "to": package.target, "version": package.version, "bytes": package.bytes}


@contextmanager
def _bar() -> Iterator[Progress]:
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        yield bar
