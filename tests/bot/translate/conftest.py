"""Real Argos packages, tiny, and an engine that has them."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import pytest
import pytest_asyncio

from bot.translate.argos import Argos
from bot.translate.argos_models import prover
from bot.translate.argos_packages import install_file, packages_folder
from bot.translate.translation import Translation
from retrieval.languages import LanguageDetector
from tests.argos.fixture import make_packages

Packages = Mapping[tuple[str, str], Path]
TIMEOUT = 60.0


@pytest.fixture(scope="session")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Packages:
    """Package files: English to Spanish and back, English to German."""
    return make_packages(tmp_path_factory.mktemp("argos-packages"))


@pytest.fixture(scope="session")
def argos_data(packages: Packages, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with all packages installed; tests only read it."""
    data = tmp_path_factory.mktemp("argos-data")
    for file in packages.values():
        install_file(file, packages_folder(data), proved=prover(data))
    return data


@pytest.fixture
def own_data(argos_data: Path, tmp_path: Path) -> Path:
    """The same for one test alone."""
    return Path(shutil.copytree(argos_data, tmp_path / "data"))


@pytest.fixture(scope="session")
def detector() -> LanguageDetector:
    return LanguageDetector(("en", "es", "de", "fr", "ar", "zh"))


@pytest_asyncio.fixture
async def argos(argos_data: Path) -> AsyncIterator[Argos]:
    engine = Argos(argos_data, timeout_seconds=TIMEOUT)
    await engine.preloaded()
    yield engine
    await engine.close()


@pytest.fixture
def translation(argos: Argos, detector: LanguageDetector) -> Translation:
    return Translation(
        argos,
        detector,
        lambda audiences: {"en": 90, "de": 9, "es": 30, "fr": 1},
        questions=True,
        answers=True,
        protected=("Trail Mate",),
        timeout_seconds=TIMEOUT,
        question_seconds=TIMEOUT,
    )
