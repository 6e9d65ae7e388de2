"""What the commands print: one JSON line for a program, or something for a person to read."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

Values = dict[str, Any]

PHASES = {"reading": "Reading files", "asking": "Asking questions"}


WIDTH_OF_A_PIPE = 140


def console() -> Console:
    return Console(file=sys.stdout, highlight=False, width=None if sys.stdout.isatty() else WIDTH_OF_A_PIPE)


def json_line(values: Values) -> None:
    """One line of JSON in UTF-8."""
    sys.stdout.write(json.dumps(values, ensure_ascii=False) + "\n")


def answer(values: Values) -> None:
    """The text, then what it rests on."""
    out = console()
    out.print(escape(values["text"]))
    for citation in values["citations"]:
        place = " › ".join(citation["heading"]) or citation["title"]
        marker = escape(f"[{citation['n']}]")
        out.print(f"\n[bold]{marker}[/] {escape(place)}  [dim]{escape(citation['path'])}[/]")
        if citation["url"]:
            out.print(f"    [cyan]{escape(citation['url'])}[/]", soft_wrap=True)
        out.print(f"    [dim]“{escape(citation['quote'])}”[/]")
    if values["degraded"]:
        out.print(f"\n[yellow]Without: {escape(', '.join(values['degraded']))}[/]")
    total = values["timings_ms"]["total"]
    facts = f"{values['status']} · {values['language']} · revision {values['knowledge_revision']} · {total:.0f} ms"
    out.print(f"\n[dim]{facts}[/]")


def explanation(values: Values) -> None:
    """A table of the candidates. Text and head: the cosines to a passage, and to its heading or editors' questions."""
    table = Table(box=None, pad_edge=False)
    for name in ("rank", "recall", "score", "text", "head"):
        table.add_column(name, justify="right", no_wrap=True, min_width=6)
    table.add_column("lang", no_wrap=True, min_width=4)
    table.add_column("section", overflow="ellipsis", no_wrap=True, max_width=60)
    table.add_column("file", overflow="ellipsis", no_wrap=True, max_width=50, style="dim")
    for candidate in values["candidates"]:
        folded = candidate["folded_into"] is not None
        table.add_row(
            "=" if folded else str(candidate["rank"] or ""),
            str(candidate["rank_recall"]) + ("*" if candidate["origin"] == "identifier" else ""),
            "" if candidate["score"] is None else f"{candidate['score']:.3f}",
            f"{candidate['similarity']:.3f}",
            "" if candidate["signpost"] is None else f"{candidate['signpost']:.3f}",
            candidate["language"],
            escape(" › ".join(candidate["heading"]) or candidate["title"]),
            escape(f"{candidate['path']}#{candidate['anchor']}" if candidate["anchor"] else candidate["path"]),
            style="dim" if folded else None,
        )
    out = console()
    out.print(table)
    times = "  ".join(f"{stage} {value:.1f} ms" for stage, value in values["timings_ms"].items())
    out.print(
        f"\nconfidence {values['confidence']:.2f} (answers from {values['threshold']:.2f})  {times}  "
        f"revision {values['knowledge_revision']}"
    )
    if values["identifiers"]:
        out.print(f"identifiers: {escape(', '.join(values['identifiers']))} (* found by them)")
    if values["degraded"]:
        out.print(f"[yellow]Without: {escape(', '.join(values['degraded']))}[/]")


def failures(values: list[Values]) -> None:
    """The files that cannot be used, each with its reason."""
    out = console()
    for failure in values:
        place = f"{failure['path']}:{failure['line']}" if failure["line"] else failure["path"]
        out.print(f"[red]✗[/] [bold]{escape(place)}[/]: {escape(failure['reason'])}", soft_wrap=True)


def report(values: Values) -> None:
    """What an ingest did."""
    failures(values["failures"])
    counts = ", ".join(
        f"{values[name]} {name}" for name in ("added", "changed", "removed", "unchanged", "expired") if values[name]
    )
    console().print(
        f"Revision {values['revision']}: {counts or 'no files'}; {values['passages']} passages in "
        f"{values['seconds']:.1f} s."
    )


@contextmanager
def progress(quiet: bool) -> Iterator[Callable[[Values], None]]:
    """Something to call with each step of an ingest; draws a bar on a terminal only."""
    out = Console(file=sys.stderr)
    if quiet or not out.is_terminal:
        yield lambda values: None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[rate]}"))
    with Progress(*columns, TimeRemainingColumn(), console=out, transient=True) as bar:
        task = bar.add_task("", total=None, rate="")

        def show(values: Values) -> None:
            rate = f"{values['rate']:.0f} passages/s" if values.get("rate") else ""
            bar.update(
                task, description=PHASES[values["phase"]], completed=values["done"], total=values["total"], rate=rate
            )

        yield show


def checked(values: Values) -> None:
    """What a check found."""
    failures(values["failures"])
    out = console()
    for path in values["expired"]:
        out.print(f"[yellow]○[/] {escape(path)} has expired and is not served.", soft_wrap=True)
    for twice in values["same_title"]:
        out.print(f"[yellow]○[/] “{escape(twice['title'])}” is the title of {escape(', '.join(twice['paths']))}.")
    audiences = ", ".join(f"{count} {name}" for name, count in values["audiences"].items())
    out.print(
        f"{values['files']} files can be served ({escape(audiences) or 'none'}), {len(values['failures'])} broken, "
        f"{len(values['expired'])} expired."
    )


def findings(found: list[tuple[bool, str]]) -> None:
    """One line a finding."""
    out = console()
    for good, sentence in found:
        out.print(f"{'[green]✓[/]' if good else '[red]✗[/]'} {escape(sentence)}", soft_wrap=True)


def conversations(values: list[Values]) -> None:
    """One line a conversation."""
    out = console()
    table = Table(box=None, pad_edge=False)
    for name in ("id", "state", "updated", "desk", "visitor"):
        table.add_column(name, no_wrap=True)
    table.add_column("first question", overflow="ellipsis", no_wrap=True, max_width=50)
    for each in values:
        facts = (each[name] for name in ("id", "state", "updated_at", "desk", "visitor"))
        table.add_row(*map(escape, facts), escape(" ".join(each["preview"].split())))
    if values:
        out.print(table)
    else:
        out.print("There are no such conversations.")


def conversation(values: Values) -> None:
    """What was said, from the oldest to the newest."""
    out = console()
    facts = (values[name] for name in ("id", "state", "language", "desk", "origin", "visitor"))
    out.print(f"[dim]{escape(' · '.join(facts))}[/]")
    for message in values["messages"]:
        name = f" {message['name']}" if message["name"] else ""
        marks = [message["status"]] if message["status"] != "done" else []
        marks += [f"{message['feedback']} {message['reason']}".strip()] if message["feedback"] else []
        out.print(f"\n[bold]{message['number']} {message['author']}{escape(name)}[/]  [dim]{message['at']}[/]")
        out.print(escape(message["text"] or "…"), soft_wrap=True)
        if marks:
            out.print(f"[yellow]{escape(', '.join(marks))}[/]")


def figures(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """A table whose last row sums up."""
    table = Table(box=None, pad_edge=False)
    for place, name in enumerate(columns):
        table.add_column(escape(name), justify="right" if place else "left")
    for row in rows[:-1]:
        table.add_row(*map(escape, row))
    table.add_section()
    table.add_row(*map(escape, rows[-1]), style="bold")
    console().print(table)
