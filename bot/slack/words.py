"""The fixed phrases in one person's language."""

from __future__ import annotations

from bot.phrases import Phrases


class Words:
    """Says phrases in a language; English fills the gaps."""

    def __init__(self, phrases: Phrases, language: str) -> None:
        self._phrases = phrases
        self.language = phrases.supported(language)

    def __call__(self, key: str, /, **values: object) -> str:
        """The phrase with its ``{name}`` places filled."""
        return self._phrases.get(key, self.language, **values)

    def has(self, key: str) -> bool:
        """Whether there is such a phrase."""
        return key in self._phrases.catalogue(self.language)


def language_of(phrases: Phrases, own: str, locale: str) -> str:
    """The language to speak to somebody in.

    Args:
        own: as they set it, "" for none.
        locale: of their Slack, such as pt-BR.
    """
    for code in (own, locale):
        base = code.replace("_", "-").split("-")[0].lower()
        if base in phrases.languages:
            return base
    return "en"
