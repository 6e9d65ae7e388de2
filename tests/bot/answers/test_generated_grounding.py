"""Each check of a generated sentence, with the real encoder over passages of a small shop."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from bot.answers.grounding import INSTRUCTION, Grounding, Verdict
from bot.answers.support import LateSupport
from retrieval.encoder import create_encoder
from retrieval.encoder.base import passage_text
from retrieval.errors import UpstreamError
from retrieval.languages import LanguageDetector
from retrieval.passages import Passage, StoredPassage
from retrieval.token_vectors import pack

REFUNDS = (
    "We refund within five working days after the parcel has arrived at our warehouse. The money goes back the way it "
    "came. The label for the return is called “Green label” and is free of charge within the European Union."
)
BATTERY = (
    "Charge the battery at room temperature with the charger that came with the bike. A full charge takes four hours. "
    "The display shows E-104 when the battery is colder than five degrees."
)


class Blobs:
    """Token vectors as the store gives them."""

    def __init__(self, blobs: dict[int, bytes]) -> None:
        self._blobs = blobs

    def token_blobs(self, ids: Sequence[int]) -> dict[int, bytes]:
        return {id: self._blobs[id] for id in ids if id in self._blobs}


class Judge:
    """A reranker that answers as told and notes what it was asked."""

    def __init__(self, scores: Sequence[float] | None) -> None:
        self._scores = scores
        self.asked: list[tuple[str, list[str], str]] = []

    async def score(self, query: str, documents: Sequence[str], instruction: str) -> list[float]:
        self.asked.append((query, list(documents), instruction))
        if self._scores is None:
            raise UpstreamError("reranker", "http://reranker", "it hangs")
        return list(self._scores)


@pytest.fixture(scope="module")
def passages() -> list[StoredPassage]:
    return [
        StoredPassage(place, Passage(f"{name}.md", name, "", "", (name,), text, "public", "en"))
        for place, (name, text) in enumerate((("Refunds", REFUNDS), ("Battery", BATTERY)))
    ]


@pytest.fixture(scope="module")
def support(passages: list[StoredPassage]) -> LateSupport:
    encoder = create_encoder("onnx", threads=1)
    texts = [passage_text(one.passage.context, one.passage.text) for one in passages]
    return LateSupport(
        encoder, Blobs({place: pack(one.layers) for place, one in enumerate(encoder.encode_passages(texts))})
    )


@pytest.fixture(scope="module")
def grounding(support: LateSupport) -> Grounding:
    return Grounding(support, LanguageDetector(("en", "de", "es", "zh", "ar")))


@pytest.mark.parametrize(
    ("language", "sentence", "quote"),
    [
        ("en", "The money goes back the way it came [1].", "The money goes back the way it came."),
        ("de", "Eine volle Ladung dauert vier Stunden [2].", "A full charge takes four hours."),
        ("es", "Una carga completa dura 4 horas. [2]", "A full charge takes four hours."),
        ("zh", "完全充电需要四个小时［2］。", "A full charge takes four hours."),
    ],
)
async def test_what_a_passage_states_is_shown_with_its_quote(
    grounding: Grounding, passages: list[StoredPassage], language: str, sentence: str, quote: str
) -> None:
    verdict = await grounding.check(sentence, passages, language)
    assert (verdict.supported, verdict.reason) == (True, "supported")
    assert "[" not in verdict.text
    assert "［" not in verdict.text
    ((n, found),) = verdict.quotes
    assert quote in found
    assert found in passages[n - 1].passage.text
    assert verdict.score > 0.5


@pytest.mark.parametrize(
    ("language", "sentence", "reason"),
    [
        ("en", " [1] ", "empty"),
        ("en", "The money goes back the way it came.", "marker"),
        ("en", "The money goes back the way it came [3].", "marker"),
        ("en", "The money goes back the way it came [0].", "marker"),
        ("en", "The money goes back the way it came [1-2].", "marker"),
        ("es", "The money goes back the way that it came to us in the first place [1].", "language"),
        ("en", "Ask for your money at refunds.example [1].", "link"),
        ("en", "The display shows E-105 when it is cold [2].", "code"),
        ("de", "Eine volle Ladung dauert sechs Stunden [2].", "number"),
        ("en", "A full charge takes four days [2].", "unit"),
        ("en", "A full charge takes four hours on Sundays [2].", "date"),
        ("en", "The label is called “Red return label” [1].", "quote"),
        ("en", "Our chief mechanic was born in Italy and likes to sing [1].", "support"),
        ("en", "A full charge takes four hours [1].", "number"),
    ],
)
async def test_what_it_does_not_state_is_withheld(
    grounding: Grounding, passages: list[StoredPassage], language: str, sentence: str, reason: str
) -> None:
    verdict = await grounding.check(sentence, passages, language)
    assert (verdict.supported, verdict.reason, verdict.quotes) == (False, reason, ())


async def test_only_passages_that_back_a_sentence_are_quoted(
    grounding: Grounding, passages: list[StoredPassage]
) -> None:
    verdict = await grounding.check("A full charge takes four hours [1][2].", passages, "en")
    assert [n for n, _ in verdict.quotes] == [2]


async def test_a_passage_that_is_gone_backs_nothing(grounding: Grounding, passages: list[StoredPassage]) -> None:
    gone = [StoredPassage(99, passages[0].passage)]
    verdict = await grounding.check("The money goes back the way it came [1].", gone, "en")
    assert verdict == Verdict(False, "support", "The money goes back the way it came.")


async def test_a_reranker_judges_in_place_of_late_interaction(
    support: LateSupport, passages: list[StoredPassage]
) -> None:
    judge = Judge([0.1, 0.9])
    grounding = Grounding(support, LanguageDetector(("en",)), judge)
    claim = "Filling the battery up needs patience"
    assert not (await Grounding(support, LanguageDetector(("en",))).check(f"{claim} [2].", passages, "en")).supported
    verdict = await grounding.check(f"{claim} [1][2].", passages, "en")
    assert (verdict.supported, verdict.score, [n for n, _ in verdict.quotes]) == (True, 0.9, [2])
    assert judge.asked == [(f"{claim}.", [REFUNDS, BATTERY], INSTRUCTION)]


async def test_a_reranker_is_not_believed_about_what_has_nothing_to_do_with_the_passage(
    support: LateSupport, passages: list[StoredPassage]
) -> None:
    grounding = Grounding(support, LanguageDetector(("en",)), Judge([1.0, 1.0]))
    for invented in ("The moon is made of cheese", "Our chief mechanic was born in Italy"):
        assert not (await grounding.check(f"{invented} [1][2].", passages, "en")).supported


async def test_late_interaction_takes_over_when_the_reranker_fails(
    support: LateSupport, passages: list[StoredPassage]
) -> None:
    grounding = Grounding(support, LanguageDetector(("en",)), Judge(None))
    assert (await grounding.check("A full charge takes four hours [2].", passages, "en")).supported
    assert not (await grounding.check("Our chief mechanic was born in Italy [2].", passages, "en")).supported
