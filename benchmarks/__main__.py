"""``python -m benchmarks NAME…``: runs benchmarks, prints their tables and writes benchmarks/results/NAME.json."""

from __future__ import annotations

import argparse
import importlib
import os
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from benchmarks.options import Options
from benchmarks.result import Result, show, write
from bot.logs import configure_logs
from retrieval.errors import PolydeskError

NAMES = ("abstention", "ask", "edit", "encoder", "first_sentence", "gpu_reranker", "growth", "index_recall",
         "ingest", "kill_ingest", "load", "memory", "rerank", "rerank_server", "reranker_outage", "slack_ack",
         "slack_answer", "slack_kill", "start", "streams", "token_store", "translation", "widget_answer",
         "widget_cuts", "widget_load", "widget_size", "withheld")  # fmt: skip
"""Each is a module of this package with ``run(options: Options) -> Result``."""


def main(arguments: Sequence[str]) -> int:
    """Runs what the command line names; returns the exit status."""
    parser = _parser()
    given = parser.parse_args(arguments)
    options = Options(
        knowledge=given.knowledge,
        queries=tuple(given.queries),
        paragraphs=given.paragraphs,
        limit=given.limit,
        work=given.work,
        threads=given.threads,
    )
    configure_logs("error", "text")
    console = Console() if sys.stdout.isatty() else Console(width=130)
    failed = False
    for name in given.names:
        try:
            result: Result = importlib.import_module(f"benchmarks.{name}").run(options)
        except PolydeskError as error:
            console.print(f"[red]{name}: {error}[/red]")
            failed = True
            continue
        show(result, console)
        write(name, result, given.results, command(name, arguments, given.names))
    return int(failed)


def command(name: str, arguments: Sequence[str], names: Sequence[str]) -> str:
    """The command as typed, for one benchmark, folders shortened to their last part: no home directory is published."""
    parts = [argument for argument in arguments if argument not in names]
    return shlex.join(["python", "-m", "benchmarks", name, *(_shortened(part) for part in parts)])


def _shortened(argument: str) -> str:
    return os.path.join("DIR", Path(argument).name) if Path(argument).is_absolute() else argument


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="+", choices=NAMES, metavar="NAME", help=", ".join(NAMES))
    parser.add_argument("--knowledge", type=Path, metavar="DIR", help="a folder of knowledge files")
    parser.add_argument("--queries", type=Path, nargs="+", default=[], metavar="FILE", help="question files about it")
    parser.add_argument("--paragraphs", type=Path, metavar="DIR", help="an XQuAD-like folder, for abstention")
    parser.add_argument("--limit", type=int, help="fewer questions, files or repetitions")
    parser.add_argument("--work", type=Path, metavar="DIR", help="keep data folders here between runs")
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1, help="encoder threads while ingesting")
    parser.add_argument("--results", type=Path, default=Path(__file__).parent / "results", metavar="DIR")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
