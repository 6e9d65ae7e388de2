from __future__ import annotations

from dataclasses import replace

from bot.answers.grounding import grounded
from bot.answers.values import Draft, Sentence, cite
from retrieval.passages import Passage

WARRANTY = Passage(
    "warranty.md", "Warranty", "https://shop.example/warranty", "frame", ("Warranty", "Frame"),
    "The frame has five years. The battery has two. Wear is not covered.", "public", "en",
)  # fmt: skip
SHIPPING = replace(WARRANTY, path="shipping.md", title="Shipping", url="", anchor="", text="We ship to Spain.")
DRAFT = Draft(
    (Sentence("The frame has five years.", 1), Sentence("The battery has two.", 1), Sentence("We ship to Spain.", 2)),
    (
        cite(1, WARRANTY, "The frame has five years. The battery has two.", 0.8),
        cite(2, SHIPPING, "We ship to Spain.", 0.7),
    ),
    0.9,
)


def test_what_is_supported_stays_as_it_is() -> None:
    assert grounded(DRAFT, [SHIPPING, WARRANTY]) == DRAFT


def test_a_sentence_that_is_not_in_its_quote_is_withheld() -> None:
    invented = replace(DRAFT, sentences=(*DRAFT.sentences, Sentence("Wear is not covered.", 1), Sentence(" ", 1)))
    assert grounded(invented, [WARRANTY, SHIPPING]) == DRAFT


def test_a_sentence_without_citation_is_withheld() -> None:
    assert grounded(replace(DRAFT, sentences=(*DRAFT.sentences, Sentence("Bye.", 7))), [WARRANTY, SHIPPING]) == DRAFT


def test_a_quote_that_its_passage_does_not_hold_takes_its_sentences_along() -> None:
    edited = replace(WARRANTY, text="The frame has ten years.")
    checked = grounded(DRAFT, [edited, SHIPPING])
    assert checked is not None
    assert checked.text == "We ship to Spain. [1]"
    assert [citation.path for citation in checked.citations] == ["shipping.md"]
    assert [citation.n for citation in checked.citations] == [1]


def test_a_citation_must_lead_to_where_its_quote_stands() -> None:
    elsewhere = replace(WARRANTY, anchor="other")
    assert grounded(replace(DRAFT, sentences=DRAFT.sentences[:2]), [elsewhere, SHIPPING]) is None


def test_citations_that_nothing_uses_are_left_out() -> None:
    checked = grounded(replace(DRAFT, sentences=DRAFT.sentences[2:]), [WARRANTY, SHIPPING])
    assert checked is not None
    assert [(citation.n, citation.path) for citation in checked.citations] == [(1, "shipping.md")]


def test_nothing_left_is_no_answer() -> None:
    assert grounded(DRAFT, []) is None
    assert grounded(Draft((), (), 0.0), [WARRANTY]) is None
