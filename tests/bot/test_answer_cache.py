"""An answer is remembered for exactly what it depends on."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.answer import Answer
from bot.answer_cache import AnswerCache, CacheKey

ANSWER = Answer("id", "answered", "Yes. [1]", "en", False, (), (), 3, {"total": 1.0})


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def cache(size: int = 10, fingerprint: str = "settings", clock: Clock | None = None) -> AnswerCache:
    return AnswerCache(size, 60, fingerprint, clock or Clock())


def key(answers: AnswerCache, text: str = "May I?", audiences: tuple[str, ...] = ("public",)) -> CacheKey:
    return answers.key(text, audiences, "en", 3)


def test_another_spelling_finds_the_answer() -> None:
    answers = cache()
    answers.put(key(answers), ANSWER)
    assert answers.get(key(answers, " may  I ")) == ANSWER


@pytest.mark.parametrize(
    "other",
    [
        {"question": "may you"},
        {"audiences": ("agents", "public")},
        {"language": "de"},
        {"fingerprint": "other settings"},
        {"revision": 4},
    ],
)
def test_whatever_the_answer_depends_on_tells_it_apart(other: dict[str, object]) -> None:
    answers = cache()
    answers.put(key(answers), ANSWER)
    assert answers.get(replace(key(answers), **other)) is None  # type: ignore[arg-type]


def test_the_order_of_audiences_does_not_matter() -> None:
    answers = cache()
    assert key(answers, audiences=("b", "a", "b")) == key(answers, audiences=("a", "b"))


def test_a_degraded_answer_is_not_kept() -> None:
    answers = cache()
    answers.put(key(answers), replace(ANSWER, degraded=("reranker",)))
    assert len(answers) == 0


def test_an_answer_of_another_revision_is_not_kept() -> None:
    answers = cache()
    answers.put(key(answers), replace(ANSWER, knowledge_revision=4))
    assert len(answers) == 0


def test_it_is_bounded_in_size_and_time() -> None:
    clock = Clock()
    answers = cache(size=2, clock=clock)
    for text in ("a", "b", "c"):
        answers.put(key(answers, text), ANSWER)
    assert [answers.get(key(answers, text)) is not None for text in ("a", "b", "c")] == [False, True, True]
    clock.now = 61
    assert answers.get(key(answers, "c")) is None


def test_size_zero_keeps_nothing() -> None:
    answers = cache(size=0)
    answers.put(key(answers), ANSWER)
    assert answers.get(key(answers)) is None
