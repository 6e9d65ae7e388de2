"""Argos Translate's packages on disk: listed, installed from a file, removed."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.translate.argos_library import FOLDER
from bot.translate.base import Pair
from retrieval.errors import PolydeskError
from retrieval.languages import base_language

# Argos's packages are 50 to 300 MB; what unpacks to more is no package.
MAX_UNPACKED_BYTES = 2_000_000_000
MAX_FILES = 200


class PackageRefused(PolydeskError):
    """A file is no package, or there is none for a pair."""


@dataclass(frozen=True, slots=True)
class Package:
    """One installed direction.

    Attributes:
        source, target: as Polydesk names languages; "pt" also where Argos says "pb".
        bytes: on disk.
    """

    source: str
    target: str
    version: str
    folder: Path
    bytes: int

    @property
    def pair(self) -> Pair:
        return self.source, self.target


def packages_folder(data_dir: Path) -> Path:
    """Where packages lie under the data folder."""
    return data_dir / FOLDER / "packages"


def installed(folder: Path) -> list[Package]:
    """The packages in a folder by pair, the newest of each. What cannot be read is left out."""
    found: dict[Pair, Package] = {}
    for place in sorted(folder.iterdir()) if folder.is_dir() else ():
        package = None if place.name.startswith(".") else _read(place)
        if package and (package.pair not in found or _newer(package, found[package.pair])):
            found[package.pair] = package
    return [found[pair] for pair in sorted(found)]


def install_file(file: Path, folder: Path, *, proved: Callable[[Path], None]) -> Package:
    """Unpacks a package and puts it in its place in one step, instead of one for the same pair.

    Args:
        proved: opens the unpacked package and translates with it; raises what `PackageRefused` is made of.

    Raises:
        PackageRefused: it is none, or it does not work.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".new-", dir=folder) as temporary:
        unpacked = _unpack(file, Path(temporary))
        package = _read(unpacked)
        if package is None:
            raise PackageRefused(f"{file} is no Argos package: it has no metadata.json with two languages.")
        try:
            proved(unpacked)
        except (OSError, RuntimeError, ValueError, AttributeError) as error:
            raise PackageRefused(f"{file} does not translate: {error}.") from error
        place = folder / f"{package.source}_{package.target}"
        remove(package.source, package.target, folder)
        shutil.rmtree(place, ignore_errors=True)
        os.replace(unpacked, place)
    return Package(package.source, package.target, package.version, place, package.bytes)


def remove(source: str, target: str, folder: Path) -> bool:
    """Deletes the packages for a pair; whether there were any."""
    pair = base_language(source), base_language(target)
    places = [place for place in folder.iterdir() if place.is_dir()] if folder.is_dir() else []
    found = [package for place in places if (package := _read(place)) and package.pair == pair]
    for package in found:
        if not package.folder.name.startswith("."):
            shutil.rmtree(package.folder)
    return bool(found)


def _unpack(file: Path, into: Path) -> Path:
    """The package's folder, unpacked. Archives that would write elsewhere or grow beyond measure are refused."""
    try:
        with zipfile.ZipFile(file) as archive:
            members = archive.infolist()
            if len(members) > MAX_FILES or sum(member.file_size for member in members) > MAX_UNPACKED_BYTES:
                raise PackageRefused(f"{file} is no Argos package: it would unpack to too much.")
            for member in members:
                if ".." in Path(member.filename).parts or Path(member.filename).is_absolute():
                    raise PackageRefused(f"{file} is no Argos package: it names {member.filename!r}.")
            archive.extractall(into)
    except (OSError, zipfile.BadZipFile, NotImplementedError) as error:
        raise PackageRefused(f"{file} cannot be unpacked: {error}.") from error
    found = sorted(into.glob("*/metadata.json"))
    if not found:
        raise PackageRefused(f"{file} is no Argos package: it has no metadata.json.")
    return found[0].parent


def _read(place: Path) -> Package | None:
    try:
        metadata = json.loads((place / "metadata.json").read_text(encoding="utf-8"))
        pair = pair_of(metadata)
        size = sum(file.stat().st_size for file in place.rglob("*") if file.is_file())
    except (OSError, ValueError):
        return None
    version = str(metadata.get("package_version", "")) if pair else ""
    return Package(*pair, version, place, size) if pair else None


# Argos's own names for Brazilian Portuguese and traditional Chinese.
_ARGOS_CODES = {"pb": "pt", "zt": "zh"}


def pair_of(metadata: Any) -> Pair | None:
    """The direction that a package's metadata names, None where it names none."""
    if not isinstance(metadata, dict):
        return None
    source, target = metadata.get("from_code"), metadata.get("to_code")
    if not (isinstance(source, str) and source and isinstance(target, str) and target):
        return None
    return _ARGOS_CODES.get(source, base_language(source)), _ARGOS_CODES.get(target, base_language(target))


def _newer(one: Package, other: Package) -> bool:
    return version_key(one.version) > version_key(other.version)


def version_key(text: str) -> tuple[int, ...]:
    """What versions are compared by."""
    return tuple(int(part) for part in text.split(".") if part.isdigit())
