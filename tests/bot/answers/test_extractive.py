"""Answers from real passages by the real encoder."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import pytest

from bot.answers.extractive import Extractive
from bot.answers.grounding import grounded
from bot.answers.values import Draft
from retrieval import token_vectors
from retrieval.encoder import create_encoder
from retrieval.encoder.base import Encoder, passage_text
from retrieval.identifiers import identifiers
from retrieval.passages import Candidate, Passage, Ranked
from retrieval.search import SearchResult

RETURNS = Passage(
    "returns.md", "Returns", "https://shop.example/returns", "how", ("Returns", "How to send a bike back"),
    "We are proud of our bikes and build each of them by hand in Maastricht, where the company was founded in 2011. "
    "You may return a bike within 30 days of delivery. The bike must not have been ridden for more than 50 kilometres. "
    "Our workshop in the old mill is open on weekdays and visitors are always welcome to look around with a coffee. "
    "The refund is paid to the card that you paid with, within five working days after the bike has reached us. "
    "Every year in May we celebrate the day of the open door with music, and the mayor usually gives a short speech.",
    "public", "en",
)  # fmt: skip
COUNTRIES = Passage(
    "shipping.md", "Shipping", "https://shop.example/shipping", "prices", ("Shipping", "Prices by country"),
    "| Country | Parcel | Bike |\n| --- | --- | --- |\n"
    "| Germany, without the islands of the North Sea and the Baltic | €6.95 | €59 |\n"
    "| Austria, with the valleys that only a toll road leads to | €9.90 | €79 |\n"
    "| Poland, with a courier who calls an hour before he comes | €12.90 | €95 |\n"
    "| Sweden, north of Sundsvall with three more days of travel | €14.90 | €119 |\n"
    "| Portugal, the mainland only since ships take no batteries | €13.90 | €109 |",
    "public", "en",
)  # fmt: skip
RESET = Passage(
    "display.md", "Display", "", "", ("Display", "Reset"),
    "Its memory lasts for years, even without a battery, so nothing is lost when it stands in a shed.\n\n"
    "To reset it:\n\n1. Switch the bike off.\n2. Hold plus and minus for ten seconds.\n3. Let go when RESET blinks.\n\n"
    "The total distance is kept, because the law asks for it in most of the countries that we deliver our bikes to. "
    "Error E07 means that the speed sensor gives no signal.",
    "public", "en",
)  # fmt: skip
# One section in two passages, as a long table is cut.
BIKES = tuple(
    Passage(
        "bikes.md", "Bikes", "https://shop.example/bikes", "models", ("Bikes", "Models compared"),
        "| | City 3 | Tour 5 | Cargo 2 | Fold 1 |\n| --- | --- | --- | --- | --- |\n" + rows, "public", "en", "", hints,
    )
    for rows, hints in (
        ("| Model number | LW-C3 | LW-T5 | LW-G2 | LW-F1 |\n| Price | €2,349 | €3,199 | €4,890 | €1,799 |\n"
         "| Motor | hub, 40 Nm | mid, 75 Nm | mid, 85 Nm | hub, 40 Nm |", "How heavy are the bikes?"),
        ("| Weight | 19.8 kg | 24.6 kg | 38.5 kg | 16.2 kg |\n| Gears | chain, 9 | hub gear | chain, 11 | chain, 1 |\n"
         "| Sold in | all countries | Germany, Austria | all countries | Poland only |", ""),
    )
)  # fmt: skip
LEASING = Passage(
    "leasing.md", "Leasing", "", "", ("Leasing",),
    "Leasing ist nur für Beschäftigte in Deutschland möglich.", "public", "de",
)  # fmt: skip
SHOP = (RETURNS, COUNTRIES, RESET, LEASING, *BIKES)


class Blobs:
    """The token vectors of the shop as the store keeps them."""

    def __init__(self, encoder: Encoder, passages: Sequence[Passage]) -> None:
        encoded = encoder.encode_passages([passage_text(one.context, one.text) for one in passages])
        self.pooled = [one.pooled for one in encoded]
        self.blobs = {id: token_vectors.pack(one.layers) for id, one in enumerate(encoded)}

    def token_blobs(self, ids: Sequence[int]) -> dict[int, bytes]:
        return {id: self.blobs[id] for id in ids if id in self.blobs}


@pytest.fixture(scope="module")
def encoder() -> Iterator[Encoder]:
    found = create_encoder()
    yield found
    found.close()


@pytest.fixture(scope="module")
def blobs(encoder: Encoder) -> Blobs:
    return Blobs(encoder, SHOP)


@pytest.fixture(scope="module")
def writer(encoder: Encoder, blobs: Blobs) -> Extractive:
    return Extractive(encoder, blobs)


def search(encoder: Encoder, blobs: Blobs, question: str, first: Passage | None = None) -> SearchResult:
    """All of the shop by cosine, `first` moved to the top."""
    encoded = encoder.encode_questions([question])[0]
    order = sorted(range(len(SHOP)), key=lambda id: (SHOP[id] is not first, -float(blobs.pooled[id] @ encoded.pooled)))
    found = [
        Candidate(id, SHOP[id], rank, float(blobs.pooled[id] @ encoded.pooled)) for rank, id in enumerate(order, 1)
    ]
    return SearchResult(
        question=encoded,
        ranked=tuple(Ranked(one, one.rank, 3.0 - one.rank) for one in found),
        candidates=tuple(found),
        revision=1,
        timings_ms={},
        degraded=(),
        identifiers=identifiers(question),
    )


@pytest.mark.parametrize(
    ("question", "passage", "answer"),
    [
        ("Within how many days may I return a bike?", RETURNS, "within 30 days of delivery"),
        ("Innerhalb wie vieler Tage kann ich ein Fahrrad zurückgeben?", RETURNS, "within 30 days of delivery"),
        ("退款什么时候支付？", RETURNS, "within five working days"),
        ("¿Cuánto cuesta enviar una bicicleta a Polonia?", COUNTRIES, "| €95 |"),
        ("Que signifie l'erreur E07 ?", RESET, "Error E07 means"),
        ("Як скинути дисплей?", RESET, "Hold plus and minus"),
        ("Can I lease a bike?", LEASING, "Leasing ist nur"),
    ],
)
def test_the_sentence_that_answers_is_quoted_in_any_language(
    encoder: Encoder, blobs: Blobs, writer: Extractive, question: str, passage: Passage, answer: str
) -> None:
    draft = writer.write(search(encoder, blobs, question, first=passage))
    assert answer in draft.text
    assert draft.citations[0].path == passage.path
    assert draft.citations[0].url == passage.link
    assert draft.citations[0].heading == passage.heading
    assert 0 < draft.citations[0].score <= 1
    assert_sound(draft)


def assert_sound(draft: Draft) -> None:
    """What every draft keeps: numbers in order of use, quotes in their passages, nothing for grounding to withhold."""
    assert list(dict.fromkeys(sentence.n for sentence in draft.sentences)) == [one.n for one in draft.citations]
    assert [one.n for one in draft.citations] == list(range(1, len(draft.citations) + 1))
    assert grounded(draft, SHOP) == draft


def test_a_long_passage_is_never_quoted_whole(encoder: Encoder, blobs: Blobs, writer: Extractive) -> None:
    draft = writer.write(search(encoder, blobs, "Within how many days may I return a bike?", first=RETURNS))
    assert len(draft.citations[0].quote) < 0.7 * len(RETURNS.text)
    assert "mayor" not in draft.text


def test_a_row_is_shown_under_its_header(encoder: Encoder, blobs: Blobs, writer: Extractive) -> None:
    text = writer.write(search(encoder, blobs, "What does it cost to send a bike to Poland?", first=COUNTRIES)).text
    assert text.startswith("| Country | Parcel | Bike |\n| --- | --- | --- |\n")
    assert "Poland" in text


def test_a_section_that_was_cut_for_its_length_is_read_as_one(
    encoder: Encoder, blobs: Blobs, writer: Extractive
) -> None:
    for question in ("How heavy is the Fold 1?", "Wie schwer ist das Fold 1?", "Fold 1 有多重？"):
        draft = writer.write(search(encoder, blobs, question, first=BIKES[0]))
        assert draft.text.startswith("| | City 3 | Tour 5 | Cargo 2 | Fold 1 |\n| --- | --- | --- | --- | --- |\n")
        assert "| Weight |" in draft.text
        assert draft.citations[0].quote in BIKES[1].text
        assert len({citation.quote for citation in draft.citations}) == len(draft.citations)
        assert_sound(draft)


def test_steps_come_together_with_their_introduction(encoder: Encoder, blobs: Blobs, writer: Extractive) -> None:
    text = writer.write(search(encoder, blobs, "How do I reset the display?", first=RESET)).text
    assert "To reset it: [1]\n\n1. Switch the bike off.\n2. Hold plus and minus for ten seconds.\n3." in text


def test_no_more_passages_than_asked_for(encoder: Encoder, blobs: Blobs) -> None:
    one = Extractive(encoder, blobs, passages=1, sentences=1)
    draft = one.write(search(encoder, blobs, "How do I send a bike back?"))
    assert len(draft.citations) == 1


def test_passages_removed_since_the_search_are_left_out(encoder: Encoder, blobs: Blobs) -> None:
    left = Blobs(encoder, SHOP)
    del left.blobs[0]
    draft = Extractive(encoder, left).write(search(encoder, blobs, "How do I return a bike?", first=RETURNS))
    assert "returns.md" not in {citation.path for citation in draft.citations}
    left.blobs.clear()
    assert Extractive(encoder, left).write(search(encoder, blobs, "How do I return a bike?")) == Draft((), (), 0.0)


def test_nothing_found_and_nothing_asked(encoder: Encoder, blobs: Blobs, writer: Extractive) -> None:
    found = search(encoder, blobs, "How do I return a bike?")
    assert writer.write(replace(found, ranked=(), candidates=())) == Draft((), (), 0.0)
    nothing = replace(found.question, layers=tuple(layer[:0] for layer in found.question.layers))
    assert writer.write(replace(found, question=nothing)) == Draft((), (), 0.0)


def test_confidence_tells_the_shop_from_the_rest_of_the_world(
    encoder: Encoder, blobs: Blobs, writer: Extractive
) -> None:
    known = ("How do I return a bike?", "Wie setze ich das Display zurück?", "邮寄自行车到德国多少钱？")
    unknown = ("Who wrote the opera Carmen?", "Wie hoch ist der Mount Everest?", "法国大革命是哪一年？")
    confidences = [writer.write(search(encoder, blobs, question)).confidence for question in (*known, *unknown)]
    assert all(0 <= confidence <= 1 for confidence in confidences)
    assert min(confidences[:3]) > max(confidences[3:])


def test_a_code_found_exactly_raises_confidence(encoder: Encoder, blobs: Blobs, writer: Extractive) -> None:
    named = search(encoder, blobs, "E07?", first=RESET)
    assert named.identifiers
    unnamed = replace(named, identifiers=frozenset())
    missing = replace(named, identifiers=frozenset({"E99"}))
    assert writer.write(named).confidence > writer.write(unnamed).confidence + 0.1
    assert writer.write(missing).confidence == writer.write(unnamed).confidence
