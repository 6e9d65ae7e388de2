"""The self-test passes what is sound and nothing else."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

import pytest

from retrieval.rerank.self_test import Verdict, self_test
from tests.fakes.rerank import at_random, by_shared_words

Model = Callable[[str, str], float]


async def verdict(model: Model) -> Verdict:
    async def score(question: str, documents: Sequence[str], instruction: str) -> list[float]:
        return [model(question, document) for document in documents]

    return await self_test(score)


def less_sure(question: str, document: str) -> float:
    """A sound model whose probabilities are all small, as some families' are."""
    return 0.3 * by_shared_words(question, document)


@pytest.mark.parametrize("model", [by_shared_words, less_sure])
async def test_a_sound_model_passes(model: Model) -> None:
    assert (await verdict(model)).passed


def swapped(question: str, document: str) -> float:
    return 1 - by_shared_words(question, document)


def constant(question: str, document: str) -> float:
    """vLLM 0.11 with the 8B model, whose head it did not load."""
    return 0.5


def by_length(question: str, document: str) -> float:
    return min(1.0, len(document) / 1_000)


def by_shortness(question: str, document: str) -> float:
    return 1 - by_length(question, document)


def own_language_only(question: str, document: str) -> float:
    """Knows what is true where question and passage share a word."""
    shares = set(question.lower().split()) & set(document.lower().split())
    return by_shared_words(question, document) if shares else 0.01


@pytest.mark.parametrize("model", [swapped, constant, by_length, by_shortness, own_language_only, at_random])
async def test_what_is_not_sound_does_not(model: Model) -> None:
    found = await verdict(model)
    assert not found.passed
    assert "it scored an answer" in found.reason


async def test_chance_does_not_pass() -> None:
    """Nor does a little more than chance, as with a model that is read without its template."""
    dice = random.Random(0)

    def chance(question: str, document: str) -> float:
        return 0.85 * dice.random() + 0.15 * by_shared_words(question, document)

    assert not any([(await verdict(chance)).passed for _ in range(300)])
