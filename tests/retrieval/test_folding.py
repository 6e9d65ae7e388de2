"""Near-identical passages, and the same passage in several languages."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from retrieval.encoder.base import passage_text
from retrieval.encoder.onnx import OnnxEncoder
from retrieval.folding import DEPTH, fold
from retrieval.passages import Candidate, Passage, Ranked
from tests.retrieval.encoder.sentences import LAMP
from tests.retrieval.parallel import HEADING, SPECIFICATION


def passage(text: str, language: str = "en") -> Passage:
    return Passage(f"{language}/{len(text)}.md", HEADING, "", "", (HEADING,), text, "public", language)


def folded(e5: OnnxEncoder, passages: Sequence[Passage], language: str = "") -> tuple[Ranked, ...]:
    """Folds passages given best first, with their real vectors."""
    ranked = [Ranked(Candidate(id, one, id + 1, 0.9), id + 1, -float(id)) for id, one in enumerate(passages)]
    encoded = e5.encode_passages([passage_text(one.context, one.text) for one in passages])
    return fold(ranked, {id: one.pooled for id, one in enumerate(encoded)}, language)


def texts(ranked: Sequence[Ranked]) -> list[str]:
    return [one.passage.text for one in ranked]


@pytest.mark.parametrize("language", SPECIFICATION)
def test_translations_become_one_in_the_askers_language(e5: OnnxEncoder, language: str) -> None:
    lamp = passage(LAMP["en"])
    found = folded(e5, [*(passage(text, each) for each, text in SPECIFICATION.items()), lamp], language)
    assert texts(found) == [SPECIFICATION[language], LAMP["en"]]
    assert [one.rank for one in found] == [1, 2]
    assert found[0].score == 0.0
    assert set(found[0].duplicates) == {id for id, each in enumerate(SPECIFICATION) if each != language}
    assert found[1].duplicates == ()


def test_another_asker_gets_the_best(e5: OnnxEncoder) -> None:
    passages = [passage(SPECIFICATION[language], language) for language in ("es", "en")]
    for language in ("", "fr"):
        assert texts(folded(e5, passages, language)) == [SPECIFICATION["es"]]


def test_a_copy_in_another_file(e5: OnnxEncoder) -> None:
    copy = SPECIFICATION["en"].replace("with 85", "of 85")
    assert texts(folded(e5, [passage(SPECIFICATION["en"]), passage(copy)])) == [SPECIFICATION["en"]]


@pytest.mark.parametrize("other", ["en", "de"])
def test_passages_whose_numbers_differ_are_never_folded(e5: OnnxEncoder, other: str) -> None:
    changed = SPECIFICATION[other].replace("625", "500")
    found = folded(e5, [passage(SPECIFICATION["en"]), passage(changed, other)], other)
    assert texts(found) == [SPECIFICATION["en"], changed]


def test_different_passages_stay(e5: OnnxEncoder) -> None:
    passages = [
        passage("The return label is free of charge within the European Union."),
        passage("Returns from outside the European Union are at your own cost."),
        passage("Die Reparatur der Lampe dauert drei Werktage.", "de"),
    ]
    assert texts(folded(e5, passages, "de")) == [one.text for one in passages]


def test_a_summary_is_no_translation(e5: OnnxEncoder) -> None:
    """What is several times as long says more."""
    long = passage(SPECIFICATION["de"] * 4, "de")
    assert len(folded(e5, [long, passage(SPECIFICATION["en"])], "en")) == 2


def test_only_what_may_be_shown_is_compared(e5: OnnxEncoder) -> None:
    passages = [passage(f"{LAMP['en']} {number}") for number in range(DEPTH)] + [passage(SPECIFICATION["en"])] * 2
    found = folded(e5, passages)
    assert texts(found) == [one.text for one in passages]
    assert [one.rank for one in found] == list(range(1, DEPTH + 3))


def test_a_passage_without_a_vector_and_none_at_all() -> None:
    ranked = [Ranked(Candidate(id, passage(SPECIFICATION["en"]), id, 0.9), id, 1.0) for id in (1, 2)]
    assert fold(ranked, {}, "en") == tuple(ranked)
    assert fold([], {}, "en") == ()
