from __future__ import annotations

from decimal import Decimal

import pytest
from unicode_rbnf import RbnfEngine

from bot.answers.fact_text import normal
from bot.answers.number_words import han_value, spelled


@pytest.mark.parametrize("language", ["en", "de", "es", "fr", "it", "pt", "nl", "ru", "ar", "hi"])
def test_each_number_to_thirty_is_read_in_a_sentence(language: str) -> None:
    engine = RbnfEngine.for_language(language)
    for number in range(2, 31):
        for word in set(engine.format_number(number).text_by_ruleset.values()):
            text = normal(f"X {word} Y.")
            assert Decimal(number) in {value for _, _, value in spelled(text, language, generous=True)}, word


@pytest.mark.parametrize(
    ("numerals", "value"),
    [("二十五", 25), ("十", 10), ("一百二十", 120), ("二〇二五", 2025), ("一万二千", 12_000), ("三亿", 300_000_000)],
)
def test_chinese_numerals(numerals: str, value: int) -> None:
    assert han_value(numerals) == value


@pytest.mark.parametrize(
    ("language", "text"),
    [("fr", "le vélo neuf"), ("it", "sei pronto"), ("en", "a second battery"), ("ru", "с вашей семью")],
)
def test_words_that_mean_something_else_as_well_demand_nothing(language: str, text: str) -> None:
    assert spelled(text, language, generous=False) == []
    assert spelled(text, language, generous=True)
