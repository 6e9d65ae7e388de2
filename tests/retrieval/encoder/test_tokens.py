"""Tokens and the characters that they stand for."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retrieval.encoder.bundled import BundledModel, load_bundled
from retrieval.encoder.onnx import OnnxEncoder
from retrieval.encoder.tokens import TextTokenizer
from tests.retrieval.encoder.sentences import REFUND, UNUSUAL

MODEL = load_bundled()
TOKENIZER = TextTokenizer(MODEL)


def check(text: str, model: BundledModel = MODEL) -> None:
    """Each token's characters, replaced as the model replaces them, hold the token's piece; spans are in order."""
    tokens = TOKENIZER.encode("query: ", text)
    own = tokens.ids[tokens.skip : -1]
    assert len(own) == len(tokens.offsets)
    for id, (start, end) in zip(own, tokens.offsets.tolist(), strict=True):
        assert 0 <= start <= end <= len(text)
        piece = model.pieces[id][0].replace("▁", "")
        if id != model.unknown_id:
            assert piece in text[start:end].translate(model.replacements), (piece, text[start:end])
    starts = tokens.offsets[:, 0].tolist()
    assert starts == sorted(starts)


@pytest.mark.parametrize("text", [*REFUND.values(), *UNUSUAL])
def test_spans(text: str) -> None:
    check(text)


@settings(deadline=None, max_examples=150)
@given(st.text(st.one_of(st.characters(codec="utf-8"), st.sampled_from("aé ﬁ…ﷺ２½\u200b\u0301한語🚀")), max_size=60))
def test_spans_of_any_text(text: str) -> None:
    check(text)


def test_the_prefix_and_special_tokens_are_left_out() -> None:
    tokens = TOKENIZER.encode("query: ", "Refund a bike")
    assert (tokens.ids[0], tokens.ids[-1]) == (MODEL.begin_id, MODEL.end_id)
    assert ["Refund a bike"[start:end].strip() for start, end in tokens.offsets] == ["Re", "fund", "a", "bike"]


def test_a_character_that_becomes_several_tokens() -> None:
    """Each of the tokens stands for the whole character, the last as well as the first."""
    text = "so ﷺ."
    spans = TOKENIZER.encode("passage: ", text).offsets.tolist()
    assert {text[start:end] for start, end in spans if start == 3 and end > 3} == {"ﷺ"}
    assert [text[start:end].strip() for start, end in spans][-1] == "."


def test_an_empty_text() -> None:
    tokens = TOKENIZER.encode("query: ", "")
    assert tokens.offsets.shape == (0, 2)
    assert len(tokens.ids) == tokens.skip + 1
    assert TOKENIZER.count("") == 0


def test_a_long_text_is_cut_at_the_models_length() -> None:
    text = "Der Akku hält lange. " * 5_000
    tokens = TOKENIZER.encode("passage: ", text)
    assert len(tokens.ids) == MODEL.positions
    assert len(tokens.offsets) == MODEL.positions - tokens.skip - 1
    assert TOKENIZER.count(text) > 5 * 5_000
    assert text[tokens.offsets[-1][0] : tokens.offsets[-1][1]].strip() in "Der Akku hält lange."


@pytest.mark.parametrize("text", [*REFUND.values(), *UNUSUAL])
def test_counting_as_encoding_counts(e5: OnnxEncoder, text: str) -> None:
    """But for the word mark that a text has of its own where no prefix goes before it."""
    spans = e5.offsets(text)
    assert len(spans) <= e5.count_tokens(text) <= len(spans) + 1
    assert np.array_equal(spans, e5.encode_passages([text])[0].offsets)
