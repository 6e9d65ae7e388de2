"""Argos with real packages: loading, pivoting, the one worker, its bounds, and the same result as Argos's own code."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from bot.translate.argos import WAITING, Argos
from bot.translate.argos_models import BATCH_TOKENS, LONGEST_TOKENS, Model, Models, batches
from bot.translate.argos_packages import installed, packages_folder
from bot.translate.translation import Translated, Translation
from retrieval.errors import UpstreamError
from tests.eventually import eventually

SENTENCES = ["The order was cancelled.", "Shipping is free.", "Let it warm up indoors."]

# Argos's own code, with the splitter replaced as its attribute allows, so that nothing is fetched.
REFERENCE = """
import json, sys
from argostranslate import package, translate
from pathlib import Path
class Whole:
    def split_sentences(self, text): return [text]
def of(folder):
    packed = package.Package(Path(folder))
    made = translate.PackageTranslation(translate.Language("a", "A"), translate.Language("b", "B"), packed)
    made.sentencizer = Whole()
    return made
first, second = map(of, sys.argv[1:3])
pivoted = translate.CompositeTranslation(first, second)
print(json.dumps([[first.translate(text), pivoted.translate(text)] for text in json.loads(sys.argv[3])]))
"""
# A network that answers nobody, and what was imported in the end.
OFFLINE = """
import asyncio, json, socket, sys
from pathlib import Path
def refuse(*args): raise AssertionError("the network was asked")
socket.socket.connect = socket.getaddrinfo = refuse
from bot.translate.argos import Argos
async def main():
    engine = Argos(Path(sys.argv[1]), timeout_seconds=60)
    found = await engine.translate(["Shipping is free."], "en", "es")
    await engine.close()
    print(json.dumps([found, sorted({name.split(".")[0] for name in sys.modules})]))
asyncio.run(main())
"""


def run(code: str, *args: str, home: Path) -> object:
    variables = os.environ | {"HOME": str(home)}
    done = subprocess.run(
        [sys.executable, "-c", code, *args], env=variables, capture_output=True, text=True, check=True, timeout=300
    )
    return json.loads(done.stdout.splitlines()[-1])


async def test_a_sentence_that_the_package_knows(argos: Argos) -> None:
    assert await argos.translate(SENTENCES, "en", "es") == [
        "El pedido fue cancelado.",
        "El envío es gratuito.",
        "Deje que se caliente en el interior.",
    ]


async def test_without_a_package_of_its_own_a_pair_goes_through_english(argos: Argos) -> None:
    assert await argos.pairs() == {("en", "es"), ("es", "en"), ("en", "de"), ("es", "de")}
    assert await argos.translate(["El pedido fue cancelado."], "es", "de") == ["Die Bestellung wurde storniert."]
    assert not await argos.can("de", "es")
    with pytest.raises(UpstreamError, match="no package that leads from de to es"):
        await argos.translate(["Hallo."], "de", "es")


async def test_it_translates_as_argos_itself_does(argos: Argos, argos_data: Path, tmp_path: Path) -> None:
    folders = {package.pair: str(package.folder) for package in installed(packages_folder(argos_data))}
    texts = ["Wo es un pedido?", "El envío es gratuito.", "La garantía no cubre 40 cosas desconocidas."]
    reference = run(REFERENCE, folders["es", "en"], folders["en", "de"], json.dumps(texts), home=tmp_path)
    ours = [await argos.translate(texts, "es", target) for target in ("en", "de")]
    assert [list(pair) for pair in zip(*ours, strict=True)] == reference


def test_nothing_is_fetched_and_no_heavy_library_imported(argos_data: Path, tmp_path: Path) -> None:
    found = run(OFFLINE, str(argos_data), home=tmp_path)
    assert isinstance(found, list)
    assert found[0] == ["El envío es gratuito."]
    assert "ctranslate2" in found[1]
    assert not {"torch", "stanza", "spacy", "minisbd"} & set(found[1])
    assert not list(tmp_path.iterdir())  # Argos keeps nothing in the home folder.


def test_the_least_recently_used_models_leave_the_memory(argos_data: Path) -> None:
    models = Models(installed(packages_folder(argos_data)), argos_data, most=2, threads=1)
    models.preload()
    assert len(models.loaded) == 2
    models.translate(["Shipping is free."], "en", "de", lambda: True)
    models.translate(["Shipping is free."], "en", "es", lambda: True)
    assert models.loaded == (("en", "de"), ("en", "es"))
    assert models.translate(["El envío es gratuito."], "es", "de", lambda: True) == ["Der Versand ist kostenlos."]
    assert models.loaded == (("es", "en"), ("en", "de"))
    models.close()
    assert models.loaded == ()


async def test_what_is_late_is_left_out_and_the_worker_goes_on(
    argos_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = Argos(argos_data, timeout_seconds=0.2)
    await engine.preloaded()
    hold, real = threading.Event(), engine._models.translate

    def slow(texts: list[str], source: str, target: str, wanted: Callable[[], bool]) -> list[str]:
        hold.wait(30)
        return real(texts, source, target, lambda: True)

    monkeypatch.setattr(engine._models, "translate", slow)
    with pytest.raises(UpstreamError, match="took too long"):
        await engine.translate(["Shipping is free."], "en", "es")
    late = [asyncio.create_task(engine.translate([text], "en", "es")) for text in SENTENCES]
    done = await asyncio.gather(*late, return_exceptions=True)
    assert all(isinstance(each, UpstreamError) for each in done)
    calls: list[str] = []
    monkeypatch.setattr(engine, "_timeout", 60.0)
    monkeypatch.setattr(engine._models, "translate", lambda texts, *rest: calls.extend(texts) or real(texts, *rest))
    hold.set()
    assert await engine.translate(["Returns are free."], "en", "es") == ["Las devoluciones son gratuitas."]
    assert calls == ["Returns are free."]  # Nobody waits for the others any more, so they were never begun.
    await engine.close()


async def test_a_full_queue_refuses_at_once(argos: Argos, monkeypatch: pytest.MonkeyPatch) -> None:
    hold = threading.Event()
    real = argos._models.translate
    monkeypatch.setattr(argos._models, "translate", lambda *args: hold.wait(60) and real(*args))
    tasks = [asyncio.create_task(argos.translate(SENTENCES, "en", "es")) for _ in range(WAITING + 20)]
    _, waiting = await asyncio.wait(tasks, timeout=1)
    refused = [task for task in tasks if task.done()]
    assert len(waiting) <= WAITING + 1
    assert all("more to do" in str(task.exception()) for task in refused)
    hold.set()
    assert all([(await task)[1] == "El envío es gratuito." for task in waiting])


async def test_closing_ends_the_thread_and_what_waits(argos_data: Path) -> None:
    engine = Argos(argos_data, timeout_seconds=60)
    await engine.close()
    assert not engine._worker.is_alive()
    with pytest.raises(UpstreamError, match="closed"):
        await engine.translate(SENTENCES, "en", "es")


async def test_a_broken_package_is_said_and_the_others_work(own_data: Path) -> None:
    (packages_folder(own_data) / "en_de" / "model" / "model.bin").write_bytes(b"broken")
    engine = Argos(own_data, timeout_seconds=60)
    with pytest.raises(UpstreamError, match=r"package en-de in .* does not work"):
        await engine.preloaded()
    with pytest.raises(UpstreamError, match="en-de"):
        await engine.translate(SENTENCES, "en", "de")
    assert await engine.translate(["Shipping is free."], "en", "es") == ["El envío es gratuito."]
    await engine.close()


async def test_a_sentence_of_great_length_holds_nobody_up(argos: Argos, monkeypatch: pytest.MonkeyPatch) -> None:
    translated: list[int] = []
    real = Model.translate

    def counted(self: Model, tokens: Sequence[list[str]]) -> list[str]:
        translated.extend(map(len, tokens))
        return real(self, tokens)

    monkeypatch.setattr(Model, "translate", counted)
    endless = "shipping is free and " * 200
    for target in ("es", "de"):
        assert await argos.translate([endless, "Shipping is free."], "en", target) == [
            "", {"es": "El envío es gratuito.", "de": "Der Versand ist kostenlos."}[target],
        ]  # fmt: skip
    assert 0 < max(translated) < LONGEST_TOKENS
    assert await argos.translate([endless], "es", "de") == [""]  # Nor is what came of it translated further.


async def test_a_long_sentence_stays_as_it_is_and_is_said_to(translation: Translation) -> None:
    endless = "the shipping of the bike is free and " * 60
    for text in (endless, f"{endless} AB-12 and the returns are free too."):
        found = await translation.text(f"{text}\n\nReturns are free.", "en", "es")
        assert found == Translated(f"{text}\n\nLas devoluciones son gratuitas.", changed=True, doubted=True)


def test_batches_are_small_and_of_like_length() -> None:
    lengths = [40, 3, 0, 200, 41, 201, 2] + [10] * 60
    found = batches(lengths)
    assert sorted(place for batch in found for place in batch) == [
        place for place, length in enumerate(lengths) if 0 < length <= LONGEST_TOKENS
    ]
    assert all(len(batch) * max(lengths[place] for place in batch) <= BATCH_TOKENS for batch in found)
    assert found[-1] == [3]


async def test_work_ends_with_the_batch_under_way_when_who_asked_has_left(
    argos: Argos, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, hold, ended = threading.Event(), threading.Event(), threading.Event()
    batched: list[int] = []
    real, real_translate = Model.translate, argos._models.translate

    def slow(self: Model, tokens: Sequence[list[str]]) -> list[str]:
        batched.append(len(tokens))
        begun.set()
        hold.wait(60)
        return real(self, tokens)

    def noticed(*args: Any) -> list[str]:
        try:
            return real_translate(*args)
        finally:
            ended.set()

    monkeypatch.setattr(Model, "translate", slow)
    monkeypatch.setattr(argos._models, "translate", noticed)
    asked = asyncio.create_task(argos.translate([f"Shipping is free, {n}." for n in range(400)], "en", "es"))
    await eventually(begun.is_set)
    asked.cancel()
    await asyncio.wait((asked,))
    hold.set()
    await eventually(ended.is_set)
    assert len(batched) == 1
    assert await argos.translate(["Shipping is free."], "en", "es") == ["El envío es gratuito."]


@pytest.mark.parametrize("error", [OSError("no such file"), KeyError("piece"), TypeError("none")])
async def test_the_worker_outlives_what_a_package_raises(
    argos: Argos, error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(self: Model, text: str) -> list[str]:
        raise error

    with monkeypatch.context() as patch:
        patch.setattr(Model, "tokens", broken)
        with pytest.raises(UpstreamError, match=r"package en-es in .* does not work"):
            await argos.translate(["Shipping is free."], "en", "es")
    assert await argos.translate(["Shipping is free."], "en", "es") == ["El envío es gratuito."]


async def test_while_packages_are_loaded_it_says_so(argos_data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hold, real = threading.Event(), Models.preload
    monkeypatch.setattr(Models, "preload", lambda self: hold.wait(60) and real(self))
    engine = Argos(argos_data, timeout_seconds=60)
    assert engine.trouble == "Argos Translate is loading its packages."
    hold.set()
    await engine.preloaded()
    assert engine.trouble == ""
    await engine.close()
