"""What a folder declares, in its `_folder.yaml`, for every file below it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from urllib.parse import quote

from retrieval.cleaning import clean
from retrieval.declarations import audience_value, language_value, text_value, url_value
from retrieval.errors import KnowledgeFileError
from retrieval.yaml_fields import read_fields

FOLDER_FILE = "_folder.yaml"


@dataclass(frozen=True, slots=True)
class FolderRules:
    """The rules that hold in one folder.

    Attributes:
        url_base: where this very folder is published, or "": a folder below one with a `url_base` has it with its own
            name added.
    """

    audience: str = "public"
    url_base: str = ""
    language: str = ""
    instruction: str = ""

    def below(self, name: str) -> FolderRules:
        """The rules that a folder in this one inherits."""
        return replace(self, url_base=f"{self.url_base.rstrip('/')}/{quote(name)}") if self.url_base else self


_VALUES: Mapping[str, Callable[[str], str]] = {
    "audience": audience_value,
    "url_base": url_value,
    "language": language_value,
    "instruction": text_value,
}


def read_folder_rules(text: str, path: str, inherited: FolderRules) -> FolderRules:
    """The rules of a folder: what its file says, else what it inherits.

    Raises:
        KnowledgeFileError: with the line, for an unknown key or a bad value.
    """
    values: dict[str, str] = {}
    for key, field in read_fields(clean(text), path).items():
        if key not in _VALUES:
            raise KnowledgeFileError(path, f"unknown key `{key}`; the keys are {', '.join(_VALUES)}", field.line)
        # `audience:` with nothing after it is a slip rather than a wish to inherit, and must not make files public.
        if field.is_list or (key == "audience" and not field.values):
            raise KnowledgeFileError(path, f"`{key}` takes one value", field.line)
        if key == "url_base" and not any(field.values):
            values[key] = ""  # How a folder below a published one says that it is published nowhere.
            continue
        try:
            if field.values:
                values[key] = _VALUES[key](field.values[0])
        except ValueError as error:
            raise KnowledgeFileError(path, str(error), field.line) from error
    return replace(inherited, **values)
