"""Tokens and the characters that they stand for."""

from __future__ import annotations

import random
import sys
import unicodedata
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Regex, Tokenizer
from tokenizers.models import Unigram
from tokenizers.normalizers import Replace
from tokenizers.pre_tokenizers import Metaspace

from retrieval.encoder.bundled import WORD, BundledModel, load_bundled
from retrieval.encoder.onnx import OnnxEncoder
from retrieval.encoder.tokens import TextTokenizer
from tests.retrieval.encoder.sentences import REFUND, UNUSUAL

MODEL = load_bundled()
TOKENIZER = TextTokenizer(MODEL)
KNOWLEDGE = Path(__file__).parents[3] / "knowledge"
RUNS = [char * length for char in "-=a.😀語" for length in (*range(40), 3_000)]
MARKS = ["", " ", "   ", "▁▁ ▁a", "<s>a</s><unk><mask>", "\x00\x01", "\u3000 a  \t\n b", "\ufdfa  \ufdfa", "x " * 1_000]


def check(text: str, model: BundledModel = MODEL) -> None:
    """Each token's characters, replaced as the model replaces them, hold the token's piece; spans are in order."""
    tokens = TOKENIZER.encode("query: ", text)
    own = tokens.ids[tokens.skip : -1]
    assert len(own) == len(tokens.offsets)
    for id, (start, end) in zip(own, tokens.offsets.tolist(), strict=True):
        assert 0 <= start <= end <= len(text)
        piece = model.pieces[id].removeprefix(" ")
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


@pytest.fixture(scope="module")
def reference() -> Tokenizer:
    """Hugging Face's tokenizer of the same vocabulary."""
    pieces = [
        (piece.replace(" ", WORD), score) for piece, score in zip(MODEL.pieces, MODEL.scores.tolist(), strict=True)
    ]
    tokenizer = Tokenizer(Unigram(pieces, unk_id=MODEL.unknown_id, byte_fallback=False))
    tokenizer.normalizer = Replace(Regex(" {2,}"), " ")
    tokenizer.pre_tokenizer = Metaspace(replacement=WORD, prepend_scheme="always")
    return tokenizer


def test_the_same_tokens_as_the_reference(reference: Tokenizer) -> None:
    """Ids and spans; stored vectors and shipped calibrations hold only as long as they stay."""
    for text in [*_texts(), *RUNS, *MARKS, *UNUSUAL, *REFUND.values()]:
        replaced = text.translate(MODEL.replacements)
        expected = reference.encode("query: " + replaced, add_special_tokens=False)
        tokens = TOKENIZER.encode("query: ", text)
        assert tokens.ids[1:-1] == expected.ids[: MODEL.positions - 2], text
        assert TOKENIZER.count(text) == len(reference.encode(replaced, add_special_tokens=False).ids), text
        if len(replaced) == len(text):
            spans = np.array(expected.offsets[tokens.skip - 1 : MODEL.positions - 2]).reshape(-1, 2) - len("query: ")
            assert np.array_equal(tokens.offsets, np.maximum(spans, 0)), text


def test_threads_share_a_tokenizer() -> None:
    texts = _texts()[:2_000]
    expected = [TOKENIZER.encode("passage: ", text).ids for text in texts]
    fresh = TextTokenizer(MODEL)
    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(lambda text: fresh.encode("passage: ", text).ids, texts)) == expected


def _texts() -> list[str]:
    """Thousands: the demo's knowledge and phrases, and letters drawn from every script, alone and mixed."""
    chance = random.Random(5)
    files = [*KNOWLEDGE.rglob("*.md"), *KNOWLEDGE.rglob("*.csv"), *(KNOWLEDGE.parent / "locales").glob("*.yaml")]
    texts = [line for file in files for line in file.read_text("utf-8").splitlines()]
    texts += [file.read_text("utf-8") for file in files]
    scripts: dict[str, list[str]] = {}
    for code in range(sys.maxunicode):
        char = chr(code)
        if unicodedata.category(char)[0] != "C":
            scripts.setdefault(unicodedata.name(char, "?").split()[0], []).append(char)
    for letters in scripts.values():
        texts += ["".join(chance.choices(letters, k=40)), " ".join(chance.choices(letters, k=12))]
    anything = [char for letters in scripts.values() for char in letters]
    common = "aé ﬁ…２½\u200b\u0301한語🚀▁  \t\n-=."
    texts += ["".join(chance.choices(anything, k=30)) for _ in range(1_000)]
    return texts + ["".join(chance.choices(common, k=30)) for _ in range(2_000)]
