"""polydesk eval: how well questions of some files are answered from a folder."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from bot.cli.options import ConfigOption, DataDirOption, settings_of
from retrieval.errors import PolydeskError


def evaluate(
    context: typer.Context,
    knowledge: Annotated[Path, typer.Option(help="Folder of knowledge files.", exists=True, file_okay=False)],
    queries: Annotated[
        list[Path], typer.Option(help="queries.LANG.jsonl; may be repeated.", exists=True, dir_okay=False)
    ],
    more_queries: Annotated[
        list[Path] | None, typer.Argument(metavar="[FILE]...", help="More question files.", exists=True, dir_okay=False)
    ] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="Questions of each file.", show_default=False)] = None,
    json: Annotated[Path | None, typer.Option(help="Write the figures to this file.", show_default=False)] = None,
    report: Annotated[Path | None, typer.Option(help="Write an HTML report with plots.", show_default=False)] = None,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
) -> None:
    """Index a folder apart from the desk's own knowledge, ask every question, and show how good the answers are."""
    from json import dumps

    from bot.cli import output
    from bot.evaluation import evaluate as run
    from bot.report import COLUMNS, cells, render
    from bot.report_plots import require_plots

    settings = settings_of(context, config, data_dir)
    if report:
        require_plots()
    for path in (json, report):
        try:  # Found out now, and not when the figures of an hour are to be written.
            if path:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.touch()
        except OSError as error:
            raise PolydeskError(f"{path} cannot be written: {error.strerror}.") from error
    files = [*queries, *(more_queries or ())]
    with output.progress(quiet=False) as progress:

        def asking(done: int, total: int) -> None:
            progress({"phase": "asking", "done": done, "total": total})

        evaluation = asyncio.run(run(settings, knowledge, files, limit, ingesting=progress, asking=asking))
    for failure in evaluation.failures:
        typer.echo(failure, err=True)
    if json:
        json.write_text(dumps(evaluation.to_json(), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    if report:
        report.write_text(render(evaluation, datetime.now(UTC)), encoding="utf-8")
    output.figures(COLUMNS, [cells(summary) for summary in (*evaluation.results, evaluation.average)])
