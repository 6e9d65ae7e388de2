"""Phrases come in the nearest language that has them."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.phrases import Phrases
from retrieval.errors import ConfigurationError


def test_the_nearest_language_is_taken() -> None:
    phrases = Phrases()
    assert phrases.supported("pt-BR") == "pt"
    assert phrases.supported("xx") == "en"
    assert phrases.get("widget.send", "de-AT") == phrases.get("widget.send", "de") != phrases.get("widget.send", "en")


def test_places_are_filled_in() -> None:
    assert "200" in Phrases().get("error.question_too_long", "ja", limit=200)


def test_english_fills_gaps(tmp_path: Path) -> None:
    (tmp_path / "en.yaml").write_text("a: one\nb: two\n")
    (tmp_path / "de.yaml").write_text("a: eins\n")
    phrases = Phrases(tmp_path)
    assert phrases.catalogue("de") == {"a": "eins", "b": "two"}
    with pytest.raises(KeyError):
        phrases.get("c", "de")


def test_without_english_there_is_no_start(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"en\.yaml"):
        Phrases(tmp_path)
