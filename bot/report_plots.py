"""The plots of an evaluation as SVG fragments. They take the page's text colour, so they read on light and on dark.

matplotlib is imported when the first plot is drawn: it comes with the extra ``report``, and only reports need it.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Sequence
from importlib import util
from typing import TYPE_CHECKING, Any

from retrieval.abstention import OperatingPoint, abstention_curve, operating_point, thinned
from retrieval.errors import ConfigurationError
from retrieval.evaluate import Outcome, Summary, quality

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

BLUE, ORANGE, GREY = "#3f86c6", "#d9822b", "#8a8f98"
# matplotlib wants a colour it knows; this one stands for the page's own and is replaced in the SVG.
TEXT = "#010203"
MINIMUM_WIDTH = 6.0

Draw = Callable[["Figure"], None]


def require_plots() -> None:
    """Tells before a long run, not after it, that no plot can be drawn.

    Raises:
        ConfigurationError: matplotlib is not installed.
    """
    if util.find_spec("matplotlib") is None:
        raise ConfigurationError("The report needs matplotlib: pip install 'polydesk[report]'.")


def svg(name: str, width: float, height: float, draw: Draw) -> str:
    """One figure as an SVG fragment whose ids are its own.

    Args:
        name: tells the ids of one plot from those of the others on the page.
        width, height: in inches; the page scales it down where it is narrower.

    Raises:
        ConfigurationError: matplotlib is not installed.
    """
    require_plots()
    import matplotlib
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    text = ("text.color", "axes.labelcolor", "axes.edgecolor", "xtick.color", "ytick.color")
    style: dict[Any, Any] = {
        **dict.fromkeys(text, TEXT),
        "svg.fonttype": "none",
        "svg.hashsalt": name,
        "font.size": 9,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "legend.frameon": False,
    }
    with matplotlib.rc_context(style):
        figure = Figure(figsize=(width, height), layout="constrained")
        FigureCanvasSVG(figure)
        draw(figure)
        written = io.StringIO()
        figure.savefig(written, format="svg", transparent=True, metadata={"Date": None})
    fragment = written.getvalue()
    fragment = fragment[fragment.index("<svg") :].replace(TEXT, "currentColor")
    fragment = re.sub(r"\s*<metadata>.*?</metadata>", "", fragment, flags=re.S)
    return re.sub(r'<svg\b([^>]*?) width="[^"]*"', f'<svg role="img" aria-label="{name}"\\1', fragment, count=1)


def quality_plot(summaries: Sequence[Summary]) -> str:
    """R@1 before and after reranking, and R@50, by question language."""

    def draw(figure: Figure) -> None:
        axes = figure.subplots()
        places = range(len(summaries))
        before = [summary.recall_only.r1 or 0 for summary in summaries]
        after = [summary.reranked.r1 or 0 for summary in summaries]
        ceiling = [summary.recall_only.r50 or 0 for summary in summaries]
        axes.bar([place - 0.2 for place in places], before, 0.38, color=GREY, label="R@1 recall only")
        bars = axes.bar([place + 0.2 for place in places], after, 0.38, color=BLUE, label="R@1 reranked")
        axes.bar_label(bars, fmt="%.2f", fontsize=7, padding=1)
        axes.scatter(places, ceiling, marker="_", s=260, color=ORANGE, label="R@50 recall", zorder=3)
        axes.set_xticks(list(places), [summary.language for summary in summaries])
        axes.set_ylim(0, 1.08)
        axes.set_ylabel("share of questions")
        axes.legend(loc="upper center", bbox_to_anchor=(0.5, 1.14), ncols=3, fontsize=8)

    return svg("quality", max(MINIMUM_WIDTH, 0.8 * len(summaries)), 3.2, draw)


def matrix_plot(outcomes: Sequence[Outcome]) -> str:
    """Reranked R@1 by question language (rows) and passage language (columns), with the number of questions."""
    cells: dict[tuple[str, str], list[Outcome]] = {}
    for outcome in outcomes:
        if outcome.answerable and outcome.passage_language:
            cells.setdefault((outcome.question.language, outcome.passage_language), []).append(outcome)
    rows = sorted({row for row, _ in cells})
    columns = sorted({column for _, column in cells})
    if not cells:
        return ""
    rates = {cell: quality([outcome.reranked_ranks for outcome in found]).r1 or 0 for cell, found in cells.items()}

    def draw(figure: Figure) -> None:
        axes = figure.subplots()
        grid = [[rates.get((row, column), float("nan")) for column in columns] for row in rows]
        image = axes.imshow(grid, cmap="viridis", vmin=0, vmax=1, aspect="auto")
        for (row, column), rate in rates.items():
            axes.text(
                columns.index(column),
                rows.index(row),
                f"{rate:.2f}\n{len(cells[row, column])}",
                ha="center",
                va="center",
                fontsize=7,
                color="#ffffff" if rate < 0.6 else "#000000",
            )
        axes.set_xticks(range(len(columns)), columns)
        axes.set_yticks(range(len(rows)), rows)
        axes.set_xlabel("passage language")
        axes.set_ylabel("question language")
        figure.colorbar(image, ax=axes, label="R@1")

    return svg("matrix", max(MINIMUM_WIDTH, 0.6 * len(columns) + 2), max(2.0, 0.45 * len(rows) + 1), draw)


def abstention_plot(outcomes: Sequence[Outcome], threshold: float) -> str:
    """What each threshold refuses, the one in force marked; the trade-off beside it where both kinds were asked."""
    answerable = [outcome.confidence for outcome in outcomes if outcome.answerable]
    unanswerable = [outcome.confidence for outcome in outcomes if not outcome.answerable]
    curve = thinned(abstention_curve(answerable, unanswerable))
    here = operating_point(answerable, unanswerable, threshold)

    def draw(figure: Figure) -> None:
        panels = figure.subplots(1, 2 if curve else 1, squeeze=False)[0]
        _refused(panels[0], answerable, unanswerable, threshold)
        if curve:
            _trade_off(panels[1], curve, here)

    return svg("abstention", 8.0 if curve else MINIMUM_WIDTH, 3.2, draw)


def _refused(axes: Axes, answerable: Sequence[float], unanswerable: Sequence[float], threshold: float) -> None:
    thresholds = [step / 100 for step in range(101)]
    for confidences, colour, label in ((answerable, BLUE, "answerable"), (unanswerable, ORANGE, "unanswerable")):
        if confidences:
            refused = [operating_point(confidences, (), step).wrongly_refused for step in thresholds]
            axes.plot(thresholds, refused, color=colour, label=f"{label} ({len(confidences)})")
    axes.axvline(threshold, color=TEXT, linestyle=":", label=f"threshold {threshold:.2f}")
    axes.set_xlabel("threshold on confidence")
    axes.set_ylabel("share refused")
    axes.legend(fontsize=8)


def _trade_off(axes: Axes, curve: Sequence[OperatingPoint], here: OperatingPoint) -> None:
    axes.plot([point.wrongly_refused for point in curve], [point.rightly_refused for point in curve], color=BLUE)
    axes.axvline(0.05, color=GREY, linestyle=":", label="5 % wrongly refused")
    axes.scatter([here.wrongly_refused], [here.rightly_refused], color=ORANGE, zorder=3, label="threshold in force")
    axes.set_xlabel("answerable questions refused")
    axes.set_ylabel("unanswerable questions refused")
    axes.legend(loc="lower right", fontsize=8)


def latency_plot(outcomes: Sequence[Outcome]) -> str:
    """Share of questions done within a time, for the rerank alone and for the whole answer."""

    def draw(figure: Figure) -> None:
        from matplotlib.ticker import NullLocator

        axes = figure.subplots()
        for label, colour, times in (
            ("rerank", ORANGE, sorted(outcome.rerank_ms for outcome in outcomes)),
            ("whole answer", BLUE, sorted(outcome.total_ms for outcome in outcomes)),
        ):
            # A step a question would make a file of megabytes; 200 steps show the same line.
            taken = [times[round(step * (len(times) - 1) / 199)] for step in range(200)]
            axes.plot(taken, [step / 199 for step in range(200)], color=colour, label=label)
        axes.set_xscale("log")
        ticks = [step * 10**power for power in range(-1, 5) for step in (1, 2, 5)]
        axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks], minor=False)
        axes.xaxis.set_minor_locator(NullLocator())
        every = sorted(milliseconds for outcome in outcomes for milliseconds in (outcome.rerank_ms, outcome.total_ms))
        axes.set_xlim(max(every[0], 0.1) / 1.5, max(every[-1], 1) * 1.5)
        axes.set_xlabel("milliseconds")
        axes.set_ylabel("share of questions")
        axes.legend(fontsize=8)

    return svg("latency", MINIMUM_WIDTH, 3.0, draw)
