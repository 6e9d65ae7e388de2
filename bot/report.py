"""An evaluation as one HTML file that needs nothing else: tables and plots, readable on light and on dark."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from html import escape

from bot.evaluation_result import Evaluation
from bot.report_plots import abstention_plot, latency_plot, matrix_plot, quality_plot
from retrieval.evaluate import Summary

STYLE = """
:root { color-scheme: light dark; --ink: #1c2430; --paper: #ffffff; --line: #d5dae1; --soft: #5b6573; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e9ee; --paper: #14181f; --line: #343c48; --soft: #9aa4b2; } }
body { margin: 2rem auto; max-width: 60rem; padding: 0 1rem; color: var(--ink); background: var(--paper);
  font: 16px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.6rem; } h2 { font-size: 1.15rem; margin-top: 2.5rem; } p { max-width: 46rem; color: var(--soft); }
.table { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: .875rem; }
th, td { padding: .3rem .6rem; text-align: right; border-bottom: 1px solid var(--line); white-space: nowrap; }
th:first-child, td:first-child { text-align: left; } tr:last-child { font-weight: 600; }
svg { max-width: 100%; height: auto; font-family: system-ui, sans-serif; }
"""

COLUMNS = (
    "language", "asked", "recall@1", "recall@50", "R@1", "R@5", "MRR@10", "nDCG@10", "same", "cross",
    "answer", "refused −", "refused +", "rerank ms", "total ms",
)  # fmt: skip
LEGEND = (
    "recall: the order before reranking; R, MRR, nDCG: after it. same, cross: R@1 where question and passage share "
    "their language, and where not. answer: an expected answer stands in the text or a quote. refused −: answerable "
    "questions refused; refused +: unanswerable ones. Times: p50/p95. The last row has means over languages."
)


def render(evaluation: Evaluation, when: datetime) -> str:
    """The report.

    Raises:
        ConfigurationError: matplotlib is not installed.
    """
    sections = [
        ("Every figure", LEGEND, table(evaluation)),
        (
            "Recall and rerank, by the language of the question",
            "Share of the answerable questions whose passage comes first, before and after reranking. The dash shows "
            "how many have it among the recalled at all: more than that no reranking can reach.",
            quality_plot(evaluation.results),
        ),
        (
            "Language of the question against language of the passage",
            "Reranked R@1, and under it the number of questions.",
            matrix_plot(evaluation.outcomes),
        ),
        (
            "When the desk says that it does not know",
            "A question is refused where the desk's confidence is below its threshold. Unanswerable are the questions "
            "whose gold files are all absent from the knowledge.",
            abstention_plot(evaluation.outcomes, evaluation.threshold),
        ),
        ("Time", "Share of the questions done within a time.", latency_plot(evaluation.outcomes)),
        ("Files left out", "These knowledge files could not be used.", _list(evaluation.failures)),
    ]
    body = "\n".join(
        f"<section><h2>{escape(title)}</h2><p>{escape(text)}</p>{content}</section>"
        for title, text, content in sections
        if content
    )
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>Polydesk evaluation</title><style>{STYLE}</style></head><body><h1>Polydesk evaluation</h1>"
        f"<p>{evaluation.average.questions} questions against {evaluation.files} files in {evaluation.passages} "
        f"passages, {escape(when.isoformat(sep=' ', timespec='minutes'))}.</p>\n{body}\n</body></html>\n"
    )


def _list(lines: Sequence[str]) -> str:
    return f"<ul>{''.join(f'<li>{escape(line)}</li>' for line in lines)}</ul>" if lines else ""


def table(evaluation: Evaluation) -> str:
    """One row a language and one for the average."""
    heads = "".join(f"<th>{escape(column)}</th>" for column in COLUMNS)
    rows = "\n".join(
        "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in cells(summary)) + "</tr>"
        for summary in (*evaluation.results, evaluation.average)
    )
    return f'<div class="table"><table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></div>'


def cells(summary: Summary) -> Sequence[str]:
    """A summary's figures in the order of `COLUMNS`; a dash where nothing was measured."""
    return (
        summary.language,
        str(summary.questions),
        _rate(summary.recall_only.r1),
        _rate(summary.recall_only.r50),
        _rate(summary.reranked.r1),
        _rate(summary.reranked.r5),
        _rate(summary.reranked.mrr10),
        _rate(summary.reranked.ndcg10),
        _rate(summary.same_language.rate),
        _rate(summary.cross_language.rate),
        _rate(summary.answer_contains),
        _rate(summary.answerable.rate),
        _rate(summary.unanswerable.rate),
        f"{_time(summary.rerank_ms.p50)}/{_time(summary.rerank_ms.p95)}",
        f"{_time(summary.total_ms.p50)}/{_time(summary.total_ms.p95)}",
    )


def _rate(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


def _time(value: float | None) -> str:
    return "–" if value is None else f"{value:.1f}"
