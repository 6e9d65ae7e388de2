"""The whole desk with real Argos packages: an English knowledge asked in Spanish."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio

from bot.config import LLM, Settings
from bot.config import Translation as TranslationSettings
from bot.knowledge import Dependency
from bot.metrics import Metrics
from bot.parts import open_translator
from bot.phrases import Phrases
from bot.question import Question
from bot.service import Service
from bot.translate.argos import Argos
from bot.translate.argos_models import prover
from bot.translate.argos_packages import install_file, packages_folder
from bot.translate.translation import Translation
from bot.web.app import create_app
from retrieval.errors import ConfigurationError
from retrieval.languages import LanguageDetector
from tests.bot.translate.conftest import Packages
from tests.conftest import TOKEN, SmallDesk
from tests.fakes.translator import FakeTranslator

pytestmark = pytest.mark.asyncio(loop_scope="module")

QUESTION = "¿Cuánto tarda un reembolso?"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def desk(
    small_desk: SmallDesk, packages: Packages, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Service]:
    copy = small_desk.copy(tmp_path_factory.mktemp("translated-desk"))
    settings = copy.settings.model_copy(
        update={"translation": TranslationSettings(mode="both", models=3, timeout_seconds=60)}
    )
    for file in packages.values():
        install_file(file, packages_folder(settings.data_dir), proved=prover(settings.data_dir))
    async with Service.open(settings) as service:
        assert service.translation is not None
        assert isinstance(service.translation.engine, Argos)
        await service.translation.engine.preloaded()
        # A busy machine is no finding.
        service.translation.question_seconds = 60
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("bot.assistant.ANSWER_SECONDS", 60)
            yield service


async def ask(desk: Service, text: str, **more: Any) -> dict[str, Any]:
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(create_app(desk, TOKEN)), base_url="http://desk"
    ) as http:
        return dict((await http.post("/api/ask", json={"question": text, **more})).json())


async def test_an_answer_in_the_askers_language(desk: Service) -> None:
    answer = await ask(desk, QUESTION)
    assert answer["status"] == "answered"
    assert (answer["language"], answer["translated"], answer["degraded"]) == ("es", True, [])
    spanish = "Reembolsamos en un plazo de cinco días laborables desde que el paquete llega a nuestro almacén."
    english = "We refund within five working days after the parcel has arrived at our warehouse."
    assert spanish in answer["text"]
    assert "[1]" in answer["text"]
    assert english in answer["original"]["text"]
    assert answer["original"]["language"] == "en"
    citation = answer["citations"][0]
    assert english in citation["quote"]
    assert spanish in citation["translation"]
    assert citation["language"] == "en"
    assert answer["timings_ms"]["translate"] > 0
    again = await ask(desk, QUESTION)
    assert "cache" in again["timings_ms"]
    assert {**again, "id": "", "timings_ms": {}} == {**answer, "id": "", "timings_ms": {}}


async def test_streamed_pieces_are_translated_and_make_the_text(desk: Service) -> None:
    question = {"question": "¿Cómo cargo la batería?"}
    deltas, answer = "", {}
    app = create_app(desk, TOKEN)
    async with (
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://desk") as http,
        http.stream("POST", "/api/ask", json=question, headers={"Accept": "text/event-stream"}) as response,
    ):
        event = ""
        async for line in response.aiter_lines():
            if line.startswith("event: "):
                event = line.removeprefix("event: ")
            elif line.startswith("data: "):
                values = json.loads(line.removeprefix("data: "))
                deltas += values["text"] if event == "delta" else ""
                answer = values if event == "answer" else answer
    assert deltas == answer["text"]
    assert "Cargue la batería a temperatura ambiente con el cargador que venía con la bicicleta." in deltas
    assert answer["original"]["text"] != deltas


async def test_an_answer_in_its_own_language_has_no_translation(desk: Service) -> None:
    answer = await ask(desk, "How long does a refund take?")
    assert not answer["translated"]
    assert "original" not in answer
    assert "translation" not in answer["citations"][0]


async def test_the_search_uses_the_translated_question(desk: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, ...]] = []
    find = desk.search.find

    async def listening(*args: Any) -> Any:
        asked.append(tuple(args[4]))
        return await find(*args)

    monkeypatch.setattr(desk.search, "find", listening)
    await desk.assistant.search(Question("¿Dónde está mi pedido?"))
    assert asked == [("Where is my order?",)]


async def test_translation_has_what_is_left_of_an_answers_time(
    desk: Service, detector: LanguageDetector, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Hanging(FakeTranslator):
        async def translate(self, *args: Any, **options: Any) -> list[str]:
            await asyncio.sleep(3_600)
            return []

    hanging = Translation(
        Hanging(str), detector, lambda audiences: {"en": 1}, questions=True, answers=True, timeout_seconds=600
    )
    monkeypatch.setattr(desk.assistant, "_translation", hanging)
    monkeypatch.setattr("bot.assistant.ANSWER_SECONDS", 0.5)
    answer = await asyncio.wait_for(ask(desk, "¿Cuánto tarda un reembolso en mi cuenta?"), 60)
    assert (answer["status"], answer["translated"], answer["degraded"]) == ("answered", False, ["translation"])
    assert "original" not in answer


async def test_a_server_that_is_out_is_not_ready(desk: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    assert desk.translation is not None
    engine = FakeTranslator(str)
    engine.trouble = "The translation server at http://there did not answer in time."
    monkeypatch.setattr(desk.translation, "engine", engine)
    assert (await desk.dependencies())["translation"] == Dependency(False, engine.trouble, required=False)


async def test_the_dependency_says_what_can_be_translated(desk: Service) -> None:
    states = await desk.dependencies()
    assert states["translation"].ready
    assert not states["translation"].required
    assert states["translation"].detail == "argos: en-de, en-es, es-de, es-en"


@pytest.mark.parametrize(
    ("translation", "key"),
    [
        ({"engine": "llm"}, r"llm\.base_url"),
        ({"engine": "libretranslate"}, r"translation\.base_url"),
    ],
)
async def test_what_is_missing_is_named_at_the_start(
    small_desk: SmallDesk, tmp_path: Path, translation: dict[str, Any], key: str
) -> None:
    settings: Settings = small_desk.copy(tmp_path).settings
    settings = settings.model_copy(
        update={"translation": TranslationSettings(mode="both", **translation), "llm": LLM()}
    )
    with pytest.raises(ConfigurationError, match=key):
        async with Service.open(settings):
            pass


async def test_a_translation_server_counts_as_up_until_it_fails() -> None:
    metrics = Metrics(())
    settings = Settings(
        translation=TranslationSettings(mode="both", engine="libretranslate", base_url="http://127.0.0.1:9")
    )
    await open_translator(settings, metrics, None, Phrases()).close()
    assert b'polydesk_upstream_up{upstream="translation"} 1.0' in metrics.text()


async def test_a_desk_without_packages_answers_and_says_so(small_desk: SmallDesk, tmp_path: Path) -> None:
    settings = small_desk.copy(tmp_path).settings.model_copy(update={"translation": TranslationSettings(mode="both")})
    async with Service.open(settings) as service:
        assert service.translation is not None
        assert isinstance(service.translation.engine, Argos)
        await service.translation.engine.preloaded()
        answer = await service.assistant.answer(Question(QUESTION))
        state = (await service.dependencies())["translation"]
    assert answer.status == "answered"
    assert not answer.translated
    assert "polydesk translate install" in state.detail
    assert not state.ready
