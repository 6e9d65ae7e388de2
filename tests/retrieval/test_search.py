"""Search with real encoder, Chroma, SQLite and late interaction."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retrieval.encoder.base import Encoded, Floats, passage_text
from retrieval.encoder.onnx import OnnxEncoder
from retrieval.errors import UpstreamError
from retrieval.file_state import EncodedPassage, NewVersion
from retrieval.identifiers import identifiers
from retrieval.index import Index
from retrieval.passages import Candidate, Passage
from retrieval.publisher import Publisher
from retrieval.rerank.base import Reranker
from retrieval.rerank.late_interaction import LateInteraction
from retrieval.search import Search, SearchResult
from retrieval.store import Store
from retrieval.token_vectors import pack
from tests.retrieval.encoder.sentences import REFUND
from tests.retrieval.parallel import HEADING, SPECIFICATION
from tests.retrieval.stored import state

ANSWER = "We refund within five working days after the parcel has arrived. The money goes back to your card."
# Nobody would find this by its meaning when asking about a saddle.
CODED = "The warehouse in Rotterdam keeps stock item QX-4711-B for ten years."
AUDIENCES = ("public", "agents", "partners", "finance")
PARTS = ("saddle", "pedal", "chain", "rim", "bell", "fork", "stem", "tyre", "tube", "cable")
TROUBLES = ("squeaks", "is loose", "rusts", "is missing", "is bent", "was painted wrong", "rattles", "is too tight")


@dataclass
class Desk:
    """Published passages, and what finds them."""

    encoder: OnnxEncoder
    store: Store
    index: Index

    def publish(self, audience: str, path: str, passages: Sequence[tuple[str, str, str]]) -> None:
        """Publishes a file with passages given as heading, text and language."""
        made = [Passage(path, head, "", "", (head,), text, audience, language) for head, text, language in passages]
        encoded = self.encoder.encode_passages([passage_text(one.context, one.text) for one in made])
        both = tuple(
            EncodedPassage(one, self._pooled(one, vectors), pack(vectors.layers), identifiers(one.text))
            for one, vectors in zip(made, encoded, strict=True)
        )
        new = NewVersion(state(path), path, "", audience, self.encoder.identity, both)
        Publisher(self.store, self.index).publish([new])

    def _pooled(self, passage: Passage, own: Encoded) -> Floats:
        signposts = self.encoder.encode_questions(passage.signposts)
        return np.stack([own.pooled, *(signpost.pooled for signpost in signposts)])

    def search(self, recall: int = 50, reranker: Reranker | None = None) -> Search:
        return Search(self.encoder, self.index, self.store, reranker or LateInteraction(self.store), recall=recall)

    async def find(
        self, text: str, audiences: Sequence[str] = AUDIENCES, language: str = "", recall: int = 50
    ) -> SearchResult:
        search = self.search(recall)
        try:
            return await search.find(text, audiences, language)
        finally:
            search.close()


def opened(encoder: OnnxEncoder, folder: Path) -> Iterator[Desk]:
    store = Store(f"sqlite:///{folder / 'polydesk.sqlite3'}")
    store.migrate()
    index = Index(folder / "chroma")
    yield Desk(encoder, store, index)
    index.close()
    store.close()


@pytest.fixture(scope="module")
def desk(e5: OnnxEncoder, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """Eighty public passages about bicycle parts, the answer to a question, and a few for each inner circle."""
    for desk in opened(e5, tmp_path_factory.mktemp("search")):
        parts = [(part, f"The {part} {trouble}: call us.", "en") for part in PARTS for trouble in TROUBLES]
        desk.publish("public", "parts.md", [*parts, ("Returns", ANSWER, "en"), ("Stock", CODED, "en")])
        for audience in AUDIENCES[1:]:
            code = f"VOU-{audience[:3].upper()}-77"
            inner = [f"For {audience}: if the {part} rattles, grant a voucher, code {code}." for part in PARTS[:4]]
            desk.publish(audience, f"{audience}.md", [("Goodwill", text, "en") for text in inner])
        yield desk


@pytest.fixture
def own_desk(e5: OnnxEncoder, tmp_path: Path) -> Iterator[Desk]:
    """An empty one, to change."""
    yield from opened(e5, tmp_path)


def texts(result: SearchResult) -> list[str]:
    return [one.passage.text for one in result.ranked]


@pytest.mark.parametrize("language", ["en", "de", "zh", "ar", "hi"])
async def test_the_answer_is_found_in_any_language(desk: Desk, language: str) -> None:
    assert texts(await desk.find(REFUND[language], ["public"], language))[0] == ANSWER


async def test_fifty_are_recalled_and_every_stage_can_be_read(desk: Desk) -> None:
    result = await desk.find(REFUND["en"])
    assert [one.rank for one in result.candidates] == list(range(1, 51))
    assert {one.origin for one in result.candidates} == {"recall"}
    similarities = [one.nearness for one in result.candidates]
    assert similarities == sorted(similarities, reverse=True)
    assert [one.rank for one in result.ranked] == list(range(1, len(result.ranked) + 1))
    shown = [id for one in result.ranked for id in (one.candidate.id, *one.duplicates)]
    assert sorted(shown) == sorted(one.id for one in result.candidates)
    assert result.ranked[0].candidate in result.candidates
    assert result.revision == desk.store.revision()
    assert result.timings_ms.keys() >= {"encode", "recall", "rerank", "fold"}
    assert all(time >= 0 for time in result.timings_ms.values())
    assert (result.degraded, result.identifiers) == ((), frozenset())


async def test_similarities_are_the_cosines(desk: Desk) -> None:
    result = await desk.find("Which QX-4711-B is in stock?", recall=5)
    vectors = desk.store.vectors([one.id for one in result.candidates])
    for one in result.candidates:
        own, *signposts = vectors[one.id] @ result.question.pooled
        assert one.similarity == pytest.approx(own, abs=1e-3)
        assert one.signpost == pytest.approx(max(signposts), abs=1e-3)
    nearness = [one.nearness for one in result.candidates]
    assert nearness == sorted(nearness, reverse=True)


async def test_a_heading_leads_to_what_its_text_would_not(own_desk: Desk) -> None:
    about = "Alles über Gutscheine für treue Kundinnen"
    parts = [("", f"The {part} {trouble}.", "en") for part in PARTS for trouble in TROUBLES]
    own_desk.publish("public", "parts.md", [*parts, (about, "See the table on the back of the leaflet.", "en")])
    for question in (about, "Alles über Gutscheine", "Vouchers for loyal customers"):
        result = await own_desk.find(question, recall=3)
        assert result.candidates[0].passage.heading == (about,)
        assert result.candidates[0].signpost > result.candidates[0].similarity


async def test_another_phrasing_of_the_question_finds_too(own_desk: Desk) -> None:
    parts = [("", f"The {part} {trouble}.", "en") for part in PARTS for trouble in TROUBLES]
    own_desk.publish("public", "parts.md", [*parts, ("", ANSWER, "en")])
    search = own_desk.search(recall=12)
    alone = await search.find("The saddle squeaks", AUDIENCES)
    both = await search.find("The saddle squeaks", AUDIENCES, phrasings=[REFUND["en"]])
    search.close()
    assert ANSWER not in [one.passage.text for one in alone.candidates]
    assert ANSWER in [one.passage.text for one in both.candidates]
    assert len(both.candidates) == 12


async def test_an_identifier_is_found_that_recall_misses(desk: Desk) -> None:
    question = "The saddle of my bike squeaks"
    assert CODED not in texts(await desk.find(question, ["public"], recall=5))
    for written in ("QX-4711-B", "qx4711b"):
        result = await desk.find(f"{question}, {written}", ["public"], recall=5)
        found = next(one for one in result.candidates if one.passage.text == CODED)
        assert (found.origin, found.exact, found.rank) == ("identifier", 1.0, 6)
        assert CODED in texts(result)[:2]
        assert result.identifiers


async def test_an_identifier_that_recall_finds_too_is_there_once(desk: Desk) -> None:
    result = await desk.find("Where is stock item QX-4711-B kept?", ["public"])
    found = [one for one in result.candidates if one.passage.text == CODED]
    assert [(one.origin, one.exact) for one in found] == [("recall", 1.0)]
    assert len(result.candidates) == 50


CODES = "VOU-AGE-77 VOU-PAR-77 VOU-FIN-77 QX-4711-B"
QUESTIONS = ("The saddle rattles", CODES, "Gutschein für die Klingel", "VOU-AGE-77?")


@settings(deadline=None, max_examples=40)
@given(st.sets(st.sampled_from((*AUDIENCES, "strangers", ""))), st.sampled_from(QUESTIONS), st.sampled_from((2, 50)))
def test_nothing_outside_the_audiences_is_ever_found(
    desk: Desk, audiences: set[str], question: str, recall: int
) -> None:
    result = asyncio.run(desk.find(question, sorted(audiences), recall=recall))
    assert {one.passage.audience for one in result.candidates} <= audiences
    assert {one.passage.audience for one in result.ranked} <= audiences
    assert bool(result.candidates) == bool(audiences & set(AUDIENCES))


async def test_all_audiences_compete_in_one_order(desk: Desk) -> None:
    result = await desk.find("Which voucher may I grant if the saddle rattles?", ["public", "agents", "finance"])
    assert len(result.candidates) == 50
    assert {one.passage.audience for one in result.ranked[:2]} == {"agents", "finance"}


async def test_more_are_asked_for_when_the_index_holds_what_is_served_no_more(own_desk: Desk) -> None:
    """As while a file is published: its old passages are in the index, but not in the store."""
    own_desk.publish("public", "parts.md", [(part, f"The {part} is loose.", "en") for part in PARTS])
    near = own_desk.encoder.encode_questions(["The saddle is loose."])[0].pooled
    gone = list(range(10_000, 10_025))
    drawn = np.random.default_rng(0).standard_normal((len(gone), len(near))).astype(np.float32)
    own_desk.index.add("public", gone, list(near + 0.01 * drawn))
    result = await own_desk.find("The saddle is loose.", recall=5)
    assert len(result.candidates) == 5
    assert texts(result)[0] == "The saddle is loose."
    everything = await own_desk.find("The saddle is loose.", recall=50)
    assert len(everything.candidates) == len(PARTS)


class Failing(Reranker):
    """A reranker whose upstream is down: the failure is real to search, whatever its cause."""

    name = "failing"

    async def _rerank(
        self, question: str, encoded: Encoded, candidates: Sequence[Candidate], instruction: str
    ) -> list[float]:
        raise UpstreamError("The reranker at http://reranker.example cannot be reached.")


async def test_a_failing_reranker_leaves_the_order_of_recall(desk: Desk) -> None:
    search = desk.search(reranker=Failing())
    result = await search.find(REFUND["en"], ["public"])
    search.close()
    assert result.degraded == ("reranker",)
    recalled = [one.id for one in result.candidates]
    places = [recalled.index(one.candidate.id) for one in result.ranked]
    assert places == sorted(places)
    assert texts(result)[0] == ANSWER


@pytest.mark.parametrize("language", ["en", "es", "de"])
async def test_of_equal_passages_the_askers_language_is_shown(own_desk: Desk, language: str) -> None:
    own_desk.publish("public", "bikes.md", [(HEADING, SPECIFICATION[each], each) for each in ("de", "en", "es")])
    own_desk.publish("public", "other.md", [("Bell", "The bell is loose.", "en")])
    result = await own_desk.find("Which motor has the Lark Trail 7?", ["public"], language)
    assert texts(result) == [SPECIFICATION[language], "The bell is loose."]
    assert len(result.ranked[0].duplicates) == 2
    assert len(result.candidates) == 4


async def test_no_knowledge_and_no_words(own_desk: Desk) -> None:
    assert (await own_desk.find("Anything?")).ranked == ()
    own_desk.publish("public", "parts.md", [("Bell", "The bell is loose.", "en")])
    assert (await own_desk.find("Anything?", [])).ranked == ()
    for question in ("", "   ", "🚀" * 50, "word " * 20_000):
        assert len((await own_desk.find(question)).ranked) == 1


async def test_a_revision_is_read_whole(own_desk: Desk) -> None:
    """Questions asked while a file is published see its old or its new text, never both and never none."""
    own_desk.publish("public", "bell.md", [("Bell", "The bell costs ten euros, version 0.", "en")])
    search = own_desk.search()

    async def ask() -> set[tuple[int, str]]:
        seen = set()
        for _ in range(30):
            result = await search.find("How much is the bell?", ["public"])
            found = {one.passage.text for one in result.candidates}
            assert len(found) == 1, found
            seen.add((result.revision, found.pop()))
        return seen

    def publish() -> None:
        for number in range(1, 6):
            own_desk.publish("public", "bell.md", [("Bell", f"The bell costs ten euros, version {number}.", "en")])

    seen, _ = await asyncio.gather(ask(), asyncio.to_thread(publish))
    search.close()
    assert all(text.endswith(f"version {revision - 1}.") for revision, text in seen)
