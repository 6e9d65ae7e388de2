"""What counts as an answer of a rerank server."""

from __future__ import annotations

import json
from typing import Any

import pytest

from retrieval.errors import UpstreamError
from retrieval.rerank.replies import prompt_tokens, read_scores

URL = "http://reranker:8000/v1/rerank"


def scores(*found: Any) -> list[float]:
    return read_scores({"results": [{"index": index, "relevance_score": score} for index, score in found]}, 2, URL)


def test_scores_come_in_the_order_of_the_documents() -> None:
    assert scores((1, 0.9), (0, 0.1)) == [0.1, 0.9]
    assert scores((0, 0), (1, 1)) == [0.0, 1.0]
    assert read_scores([{"index": 1, "score": 0.9}, {"index": 0, "score": 0.1, "text": "x"}], 2, URL) == [0.1, 0.9]


@pytest.mark.parametrize(
    "found",
    [
        [],
        [(0, 0.1)],
        [(0, 0.1), (0, 0.2)],
        [(0, 0.1), (1, 0.2), (2, 0.3)],
        [(0, 0.1), (2, 0.2)],
        [(0, 0.1), (-1, 0.2)],
        [(0, 0.1), ("1", 0.2)],
        [(0, 0.1), (True, 0.2)],
        [(0, 0.1), (None, 0.2)],
        [(0, 0.1), (1, float("nan"))],
        [(0, 0.1), (1, float("inf"))],
        [(0, 0.1), (1, 1.5)],
        [(0, 0.1), (1, -3.2)],
        [(0, 0.1), (1, 10**400)],
        [(0, 0.1), (10**400, 0.2)],
        [(0, 0.1), (1, "0.2")],
        [(0, 0.1), (1, None)],
        [(0, 0.1), (1, True)],
    ],
)
def test_anything_but_one_probability_a_document_is_an_error(found: list[Any]) -> None:
    with pytest.raises(UpstreamError, match=f"The reranker at {URL} answers nonsense: "):
        scores(*found)


@pytest.mark.parametrize("reply", [None, 7, "x", {}, {"results": None}, {"results": {}}, ["x", "y"], [[0, 1]]])
def test_any_other_shape_is_an_error(reply: Any) -> None:
    with pytest.raises(UpstreamError, match="answers nonsense"):
        read_scores(reply, 2, URL)


def test_what_json_calls_a_number_is_checked() -> None:
    reply = json.loads('{"results": [{"index": 0, "relevance_score": NaN}]}')
    with pytest.raises(UpstreamError, match="no probability"):
        read_scores(reply, 1, URL)


def test_the_tokens_read_are_known_where_they_are_told() -> None:
    assert prompt_tokens({"usage": {"prompt_tokens": 7, "total_tokens": 9}}) == 7
    assert prompt_tokens({"usage": {"total_tokens": 9}}) == 9
    for reply in ({}, {"usage": None}, {"usage": {"total_tokens": "9"}}, [], None):
        assert prompt_tokens(reply) is None
