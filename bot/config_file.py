"""Reads config.yaml and the environment into `Settings`; whatever is wrong becomes one sentence with key and line."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError

from bot.config import Settings
from retrieval.errors import ConfigurationError

FILE_NAME = "config.yaml"
VARIABLE = re.compile(r"\$(?:\$|\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\})")

Key = tuple[str | int, ...]


def load_settings(
    path: Path | None = None, environment: Mapping[str, str] | None = None, data_dir: Path | None = None
) -> Settings:
    """The settings in force: flag before environment before file before default.

    Args:
        path: the file named by the operator; None means config.yaml in the working directory, or defaults without one.
        environment: for ``${VAR}`` and ``POLYDESK_DATA_DIR``; None means an empty one.
        data_dir: the command line's ``--data-dir``.

    Raises:
        ConfigurationError: naming the file, the line where known, and the key.
    """
    environment = environment or {}
    file = path or Path(FILE_NAME)
    if path is not None and not path.is_file():
        raise ConfigurationError(f"There is no configuration file {path}.")
    settings = read_settings(file, environment) if file.is_file() else Settings()
    chosen = data_dir or (Path(value) if (value := environment.get("POLYDESK_DATA_DIR")) else None)
    if chosen is not None:
        settings = settings.model_copy(update={"data_dir": Path.cwd() / chosen})
    return settings.resolved(file.absolute().parent if file.is_file() else Path.cwd())


def read_settings(file: Path, environment: Mapping[str, str]) -> Settings:
    """One file's settings, its paths as written.

    Raises:
        ConfigurationError: see `load_settings`.
    """
    try:
        loader = yaml.SafeLoader(file.read_text(encoding="utf-8"))
        node = loader.get_single_node()
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise ConfigurationError(f"{file}:{line}: this is not valid YAML: {error.problem}.") from error
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ConfigurationError(f"{file} cannot be read: {error}.") from error
    if node is None:
        return Settings()
    lines: dict[Key, int] = {}
    values = _plain(node, (), lines, loader, file, environment)
    if not isinstance(values, dict):
        raise ConfigurationError(f"{file}:1: the file must hold settings, such as `data_dir: data`.")
    try:
        return Settings.model_validate(values)
    except ValidationError as error:
        raise ConfigurationError(_sentence(error, file, lines)) from error


def _plain(
    node: yaml.Node,
    key: Key,
    lines: dict[Key, int],
    loader: yaml.SafeLoader,
    file: Path,
    environment: Mapping[str, str],
) -> Any:
    """A node as plain values with variables expanded; `lines` is filled with where each key stands."""
    lines.setdefault(key, node.start_mark.line + 1)
    if isinstance(node, yaml.MappingNode):
        values: dict[str, Any] = {}
        for name_node, value_node in node.value:
            name = str(name_node.value)
            line = name_node.start_mark.line + 1
            if name in values:
                raise ConfigurationError(f"{file}:{line}: `{_dotted((*key, name))}` is set twice.")
            lines[(*key, name)] = line
            value = _plain(value_node, (*key, name), lines, loader, file, environment)
            if value is not None:  # An emptied setting means its default.
                values[name] = value
        return values
    if isinstance(node, yaml.SequenceNode):
        return [_plain(item, (*key, n), lines, loader, file, environment) for n, item in enumerate(node.value)]
    where = f"{file}:{node.start_mark.line + 1}: `{_dotted(key)}`"
    if isinstance(node, yaml.ScalarNode) and "$" in node.value:
        node.value = _expand(node.value, where, environment)
        if node.style is None:  # Unquoted: `${PORT:-8080}` is a number again.
            node.tag = loader.resolve(yaml.ScalarNode, node.value, (True, False))  # type: ignore[no-untyped-call]
    try:
        return loader.construct_object(node)
    except (yaml.YAMLError, ValueError) as error:
        raise ConfigurationError(f"{where} cannot be read as a value.") from error


def _expand(text: str, where: str, environment: Mapping[str, str]) -> str:
    def value(match: re.Match[str]) -> str:
        name, default = match.group(1), match.group(2)
        if name is None:
            return "$"
        if name in environment and (environment[name] or default is None):
            return environment[name]
        if default is None:
            raise ConfigurationError(f"{where} needs the environment variable {name}, which is not set.")
        return default

    return VARIABLE.sub(value, text)


def _sentence(error: ValidationError, file: Path, lines: Mapping[Key, int]) -> str:
    first = error.errors(include_url=False)[0]
    key = tuple(first["loc"])
    known = next((key[:length] for length in range(len(key), -1, -1) if key[:length] in lines), ())
    where = f"{file}:{lines.get(known, 1)}: "
    if first["type"] == "extra_forbidden":
        near = difflib.get_close_matches(str(key[-1]), _names(key[:-1]), n=1)
        hint = f" Did you mean `{near[0]}`?" if near else ""
        return f"{where}there is no setting `{_dotted(key)}`.{hint}"
    return f"{where}`{_dotted(key)}` is wrong: {first['msg'][:1].lower()}{first['msg'][1:]}."


def _names(key: Key) -> list[str]:
    """The settings of the section at `key`."""
    section: type[BaseModel] = Settings
    for name in key:
        annotation = section.model_fields[str(name)].annotation
        if not (isinstance(annotation, type) and issubclass(annotation, BaseModel)):
            return []
        section = annotation
    return list(section.model_fields)


def _dotted(key: Key) -> str:
    return ".".join(str(part) for part in key)
