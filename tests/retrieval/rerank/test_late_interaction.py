"""Reranking real candidates by their stored token vectors."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from retrieval.encoder.base import passage_text
from retrieval.encoder.onnx import OnnxEncoder
from retrieval.passages import Candidate, Passage
from retrieval.rerank.late_interaction import LateInteraction
from retrieval.token_vectors import pack
from tests.retrieval.encoder.sentences import REFUND

ANSWER = (
    "Returns",
    "We refund within five working days after the parcel has arrived at our warehouse. The money goes to your card.",
)
OTHERS = (
    ("Returns", "The return label is free of charge within the European Union; print it at home."),
    ("Payment", "You can pay by card, by bank transfer or in four instalments. We take the money when we ship."),
    ("Battery", "Charge the battery at room temperature. A full charge takes four hours."),
    ("Leasing", "Your employer leases the bike and pays a part of the rate every month."),
    ("Delivery", "A parcel arrives within three working days; a bike takes ten."),
    ("Lights", "The front lamp flickers when its cable is loose. Push the plug in until it clicks."),
    ("Account", "Reset your password by the link in the mail that we send you."),
)


class Blobs:
    """What the store gives: token vectors by passage, some of which may have gone."""

    def __init__(self, blobs: dict[int, bytes]) -> None:
        self._blobs = blobs

    def token_blobs(self, ids: Sequence[int]) -> dict[int, bytes]:
        return {id: self._blobs[id] for id in ids if id in self._blobs}


class Shop:
    """Candidates with their vectors; the first is the answer to the question about refunds."""

    def __init__(self, encoder: OnnxEncoder) -> None:
        self.encoder = encoder
        self.passages = [
            Passage(f"{id}.md", heading, "", "", (heading,), text, "public", "en")
            for id, (heading, text) in enumerate((ANSWER, *OTHERS))
        ]
        encoded = encoder.encode_passages([passage_text(one.context, one.text) for one in self.passages])
        self.pooled = np.stack([one.pooled for one in encoded])
        self.blobs = {id: pack(one.layers) for id, one in enumerate(encoded)}

    async def scores(self, question: str, blobs: dict[int, bytes] | None = None) -> list[float]:
        (encoded,) = self.encoder.encode_questions([question])
        cosines = self.pooled @ encoded.pooled
        candidates = [
            Candidate(int(id), self.passages[id], rank, float(cosines[id]))
            for rank, id in enumerate(np.argsort(-cosines), 1)
        ]
        given = self.blobs if blobs is None else blobs
        found = await LateInteraction(Blobs(given)).rerank(question, encoded, candidates)
        by_id = {candidate.id: score for candidate, score in zip(candidates, found, strict=True)}
        return [by_id[id] for id in range(len(self.passages))]


@pytest.fixture(scope="module")
def shop(e5: OnnxEncoder) -> Shop:
    return Shop(e5)


@pytest.mark.parametrize("language", REFUND)
async def test_the_answer_comes_first_whatever_the_language(shop: Shop, language: str) -> None:
    scores = await shop.scores(REFUND[language])
    assert int(np.argmax(scores)) == 0, scores


async def test_a_passage_whose_vectors_are_gone_ranks_last(shop: Shop) -> None:
    """Its file was published anew while the question was on its way."""
    scores = await shop.scores(REFUND["en"], {id: blob for id, blob in shop.blobs.items() if id != 0})
    assert int(np.argmin(scores)) == 0
    assert len({id for id, score in enumerate(scores) if np.isfinite(score)}) == len(OTHERS)


async def test_a_passage_without_tokens_ranks_last(shop: Shop) -> None:
    empty = pack([np.zeros((0, shop.encoder.token_dimension), np.float32)] * 2)
    scores = await shop.scores(REFUND["en"], {**shop.blobs, 0: empty})
    assert int(np.argmin(scores)) == 0


async def test_all_gone(shop: Shop) -> None:
    scores = await shop.scores(REFUND["en"], {})
    assert len(scores) == len(shop.passages)
    assert not np.isnan(scores).any()


async def test_a_question_without_tokens_keeps_the_order_of_recall(shop: Shop, e5: OnnxEncoder) -> None:
    scores = await shop.scores("")
    cosines = shop.pooled @ e5.encode_questions([""])[0].pooled
    assert np.argsort(scores).tolist() == np.argsort(cosines).tolist()


async def test_one_candidate_or_none(shop: Shop, e5: OnnxEncoder) -> None:
    (encoded,) = e5.encode_questions([REFUND["en"]])
    reranker = LateInteraction(Blobs(shop.blobs))
    assert await reranker.rerank("", encoded, []) == []
    (score,) = await reranker.rerank("", encoded, [Candidate(0, shop.passages[0], 1, 0.5)])
    assert np.isfinite(score)


async def test_equal_candidates_score_alike(shop: Shop, e5: OnnxEncoder) -> None:
    (encoded,) = e5.encode_questions([REFUND["de"]])
    twins = [Candidate(id, shop.passages[0], rank, 0.5) for rank, id in enumerate((0, 100), 1)]
    first, second = await LateInteraction(Blobs({0: shop.blobs[0], 100: shop.blobs[0]})).rerank("", encoded, twins)
    assert first == second
