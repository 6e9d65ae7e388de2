"""The catalogues of fixed phrases are complete, fill in the same values, and are written in their own script."""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path
from string import Formatter

import pytest
import yaml

FOLDER = Path(__file__).parent.parent / "locales"
LANGUAGES = sorted(file.stem for file in FOLDER.glob("*.yaml"))
REQUIRED = {"en", "es", "de", "fr", "pt", "it", "ru", "zh", "ja", "ko", "ar", "hi", "tr", "vi"}
RIGHT_TO_LEFT = {"ar"}
SCRIPTS = {
    "ar": {"ARABIC"},
    "hi": {"DEVANAGARI"},
    "ja": {"HIRAGANA", "KATAKANA", "KATAKANA-HIRAGANA", "CJK"},
    "ko": {"HANGUL"},
    "ru": {"CYRILLIC"},
    "uk": {"CYRILLIC"},
    "zh": {"CJK"},
}
# Names that stay as they are in every language; `origins` is a key of config.yaml.
FOREIGN_WORDS = re.compile(r"\{\w+\}|JavaScript|\bAI\b|Larkwheel|Polydesk|\borigins\b")
# Letters that the language uses and its neighbours do not; a phrase book pasted into the wrong file lacks them.
OWN_LETTERS = {
    "de": "äöüß", "es": "ñ¡¿áéíóú", "fr": "éèêàç", "it": "èàòù", "ja": "ください", "ko": "십", "nl": "ë", "pl": "ąęłśż",
    "pt": "ãçõ", "ru": "ыэё", "tr": "ğışç", "uk": "іїє", "vi": "ấểờợ", "zh": "们",
}  # fmt: skip


def phrases(language: str) -> dict[str, str]:
    loaded: dict[str, str] = yaml.safe_load((FOLDER / f"{language}.yaml").read_text(encoding="utf-8"))
    return loaded


def placeholders(text: str) -> list[str]:
    return sorted(name for _, name, _, _ in Formatter().parse(text) if name is not None)


def scripts(text: str) -> set[str]:
    letters = (character for character in FOREIGN_WORDS.sub("", text) if character.isalpha())
    return {unicodedata.name(letter).split()[0] for letter in letters}


ENGLISH = phrases("en")


def test_the_languages_promised_are_there() -> None:
    assert set(LANGUAGES) >= REQUIRED


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_catalogue_has_the_english_keys_and_placeholders(language: str) -> None:
    catalogue = phrases(language)
    assert catalogue.keys() == ENGLISH.keys()
    assert {key: placeholders(text) for key, text in catalogue.items()} == {
        key: placeholders(text) for key, text in ENGLISH.items()
    }


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_phrase_is_plain_text_with_something_in_it(language: str) -> None:
    for key, text in phrases(language).items():
        assert isinstance(text, str), key
        assert text == text.strip() != "", key
        assert "\n" not in text, key
        assert unicodedata.is_normalized("NFC", text), key


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_direction_is_the_languages_own(language: str) -> None:
    assert phrases(language)["direction"] == ("rtl" if language in RIGHT_TO_LEFT else "ltr")


@pytest.mark.parametrize("language", LANGUAGES)
def test_phrases_are_in_the_languages_script(language: str) -> None:
    expected = SCRIPTS.get(language, {"LATIN"})
    for key, text in phrases(language).items():
        if key != "direction":
            assert scripts(text) <= expected, (key, text)


@pytest.mark.parametrize("language", sorted(OWN_LETTERS))
def test_a_catalogue_is_in_its_own_language(language: str) -> None:
    text = "".join(phrases(language).values())
    assert any(letter in text.lower() for letter in OWN_LETTERS[language])


@pytest.mark.parametrize("language", [language for language in LANGUAGES if language != "en"])
def test_nothing_is_left_in_english(language: str) -> None:
    same = {key for key, text in phrases(language).items() if key != "direction" and text == ENGLISH[key]}
    # French and English share the word.
    assert same <= ({"widget.sources"} if language == "fr" else set())


def test_french_punctuation_never_starts_a_line() -> None:
    for key, text in phrases("fr").items():
        assert not re.search(r" [;:!?»]|« ", text), (key, "a no-break space belongs here")


def test_no_two_languages_have_the_same_name() -> None:
    names = [phrases(language)["language.name"] for language in LANGUAGES]
    assert len(names) == len(set(names))
