"""The fixed phrases that people read, from locales/<language>.yaml."""

from __future__ import annotations

from pathlib import Path

import yaml

from retrieval.errors import ConfigurationError

FALLBACK = "en"


def locales_folder() -> Path:
    """Where the catalogues lie: inside the installed package, or beside it in a checkout."""
    package = Path(__file__).resolve().parent
    installed = package / "_locales"
    return installed if installed.is_dir() else package.parent / "locales"


class Phrases:
    """One flat catalogue a language; what a language lacks is taken from English."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder or locales_folder()
        self.languages = tuple(sorted(file.stem for file in self._folder.glob("*.yaml")))
        if FALLBACK not in self.languages:
            raise ConfigurationError(f"The phrases are missing: there is no {self._folder / 'en.yaml'}.")
        self._catalogues: dict[str, dict[str, str]] = {}

    def get(self, key: str, language: str, /, **values: object) -> str:
        """The phrase, with ``{name}`` places filled.

        Raises:
            KeyError: when not even English has the key.
        """
        phrase = self.catalogue(language)[key]
        return phrase.format(**values) if values else phrase

    def catalogue(self, language: str) -> dict[str, str]:
        """Every phrase by key for a language; English fills the gaps."""
        supported = self.supported(language)
        if supported not in self._catalogues:
            english = _read(self._folder / f"{FALLBACK}.yaml")
            self._catalogues[supported] = english | _read(self._folder / f"{supported}.yaml")
        return self._catalogues[supported]

    def name(self, language: str) -> str:
        """What a language is called in itself, or "" where it has no catalogue."""
        supported = self.supported(language)
        return self.get("language.name", supported) if supported.split("-")[0] == language.split("-")[0] else ""

    def supported(self, language: str) -> str:
        """The nearest language with a catalogue: itself, the same without region, else English."""
        for code in (language, language.split("-")[0]):
            if code in self.languages:
                return code
        return FALLBACK


def _read(file: Path) -> dict[str, str]:
    values = yaml.safe_load(file.read_text(encoding="utf-8"))
    if not isinstance(values, dict):
        raise ConfigurationError(f"{file} must hold phrases by key.")
    return {str(key): str(value) for key, value in values.items()}
