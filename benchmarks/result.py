"""What a benchmark hands back, how it is shown, and how it is kept."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.machine import describe

Cell = str | int | float | None


@dataclass(frozen=True, slots=True)
class Result:
    """One benchmark's figures.

    Attributes:
        baseline: a sentence that says against what the figures stand.
        setting: what was measured: sizes, counts, threads.
        columns, rows: the table; a row holds one cell a column.
        details: whatever a reader may want to plot: curves, single times.
    """

    title: str
    baseline: str
    setting: Mapping[str, Cell]
    columns: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    details: Mapping[str, Any] = field(default_factory=dict)


def show(result: Result, console: Console) -> None:
    """Prints the table with its setting and baseline."""
    setting = ", ".join(f"{name} {_text(value)}" for name, value in result.setting.items())
    table = Table(title=result.title, caption=f"{setting}\nBaseline: {result.baseline}")
    for number, column in enumerate(result.columns):
        table.add_column(column, justify="left" if number == 0 else "right")
    for row in result.rows:
        table.add_row(*(_text(cell) for cell in row))
    console.print(table)


def write(name: str, result: Result, folder: Path, command: str) -> Path:
    """Writes the result with the machine it was measured on; returns the file.

    Args:
        command: as typed, for whoever wants to run it again.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.json"
    content = {
        "name": name,
        "title": result.title,
        "command": command,
        **describe(),
        "baseline": result.baseline,
        "setting": dict(result.setting),
        "columns": list(result.columns),
        "rows": [[_rounded(cell) for cell in row] for row in result.rows],
        "details": dict(result.details),
    }
    path.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return path


def _rounded(cell: Cell) -> Cell:
    return float(f"{cell:.4g}") if isinstance(cell, float) else cell


def _text(cell: Cell) -> str:
    if cell is None:
        return "–"
    if isinstance(cell, float):
        return f"{cell:,.0f}" if abs(cell) >= 1000 else f"{cell:.3g}"
    return f"{cell:,}" if isinstance(cell, int) else cell
