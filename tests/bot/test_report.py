"""The report is one file that needs nothing else, and its figures are those of the evaluation."""

import re
import xml.etree.ElementTree as ElementTree
from datetime import UTC, datetime

import pytest

from bot.evaluation_result import Evaluation, evaluated
from bot.report import render
from retrieval.evaluate import Outcome
from retrieval.question_files import EvaluationQuestion, Gold

WHEN = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def outcomes(language: str, *, unanswerable: int = 2) -> list[Outcome]:
    question = EvaluationQuestion("q", "text", language, (Gold("a.md"),), ("x",))
    known = [
        Outcome(question, True, (rank + 1,), (rank,), "en", False, rank == 1, 0.5 + rank / 10, rank / 2, 10.0 * rank)
        for rank in (1, 2, 3)
    ]
    unknown = [
        Outcome(question, False, (None,), (None,), "", True, None, 0.1 * number, 1.0, 12.0)
        for number in range(unanswerable)
    ]
    return known + unknown


@pytest.fixture
def evaluation() -> Evaluation:
    return evaluated(240, 250, 0.45, [*outcomes("de"), *outcomes("<zh>")])


def test_json_follows_the_contract(evaluation: Evaluation) -> None:
    written = evaluation.to_json()
    assert set(written) == {"knowledge", "average", "results"}
    assert written["knowledge"] == {"files": 240, "passages": 250}
    german = written["results"][0]
    assert german["language"] == "de"
    assert german["questions"] == 5
    assert german["recall_only"] == {"r1": 0.0, "r5": 1.0, "r50": 1.0, "mrr10": 0.3611, "ndcg10": 0.5205}
    assert german["reranked"]["r1"] == 0.3333
    assert german["cross_language"] == {"questions": 3, "r1": 0.3333}
    assert german["same_language"] == {"questions": 0, "r1": None}
    assert german["answer_contains"] == 0.3333
    assert german["answerable"] == {"questions": 3, "abstained": 0.0}
    assert german["unanswerable"] == {"questions": 2, "abstained": 1.0}
    assert german["rerank_ms"] == {"p50": 1.0, "p95": 1.5}
    assert german["total_ms"] == {"p50": 12.0, "p95": 30.0}
    assert set(written["average"]) == set(german)
    assert written["average"]["questions"] == 10


def test_the_report_stands_alone(evaluation: Evaluation) -> None:
    html = render(evaluation, WHEN)
    assert not re.search(r"<(script|link|img|iframe)\b", html)
    assert "@import" not in html
    # What is left of outside addresses are the names of XML vocabularies, which nothing fetches.
    assert set(re.findall(r"https?://[^\"' )]+", html)) <= {
        "http://www.w3.org/2000/svg",
        "http://www.w3.org/1999/xlink",
    }
    assert "&lt;zh&gt;" in html
    assert "<zh>" not in html


def test_every_plot_is_drawn_in_the_colour_of_the_page(evaluation: Evaluation) -> None:
    html = render(evaluation, WHEN)
    plots = re.findall(r"<svg.*?</svg>", html, flags=re.S)
    assert [ElementTree.fromstring(plot).attrib["aria-label"] for plot in plots] == [
        "quality",
        "matrix",
        "abstention",
        "latency",
    ]
    assert all("currentColor" in plot and "#010203" not in plot for plot in plots)
    assert "threshold 0.45" in plots[2]
    assert "threshold in force" in plots[2]


def test_a_run_without_unanswerable_questions_or_languages_is_reported_too() -> None:
    html = render(evaluated(1, 1, 0.5, outcomes("und", unanswerable=0)), WHEN)
    assert "threshold in force" not in html
    assert "Language of the question against" in html  # passages declare one, so the matrix still has a column
