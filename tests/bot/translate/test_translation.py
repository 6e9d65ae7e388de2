"""Translation as a whole, with real packages where they can show it and a scripted engine where they cannot."""

from __future__ import annotations

import asyncio

import pytest

from bot.answer import Answer, Original
from bot.answers.values import Citation
from bot.translate.argos import Argos
from bot.translate.protect import Protector
from bot.translate.sentences import Outcome, Sentences
from bot.translate.translation import Phrasings, Translated, Translation, targets
from retrieval.errors import UpstreamError
from retrieval.languages import LanguageDetector
from tests.fakes.translator import FakeTranslator

MARKDOWN = """# Price

- Returns are free. [1]
- Your order AB-77 is on its way.
- Delivery takes 30 days. [1]

```
The order was cancelled.
```

| Country | Price |
|---|---|
| Spain | 49,90 € |

See [The returns page](https://example.com/a_b?x=1) for the details. [2]"""
SPANISH = """# Precio

- Las devoluciones son gratuitas. [1]
- Su pedido AB-77 está en camino.
- La entrega tarda 30 días. [1]

```
The order was cancelled.
```

| País | Precio |
|---|---|
| España | 49,90 € |

Consulte [La página de devoluciones](https://example.com/a_b?x=1) para los detalles. [2]"""


def citation(n: int, quote: str, language: str) -> Citation:
    return Citation(n, "T", "/t", "t.md", "a", ("T",), quote, language, 0.9)


def answer(text: str, *citations: Citation, language: str = "es", status: str = "answered") -> Answer:
    return Answer("1", status, text, language, False, citations, (), 1, {})  # type: ignore[arg-type]


def scripted(detector: LanguageDetector, say: dict[str, str] | None = None, **more: object) -> Translation:
    engine = FakeTranslator(lambda text: (say or {}).get(text, text))
    return Translation(engine, detector, lambda audiences: {"en": 1}, questions=True, answers=True, **more)  # type: ignore[arg-type]


async def test_a_text_keeps_its_structure_code_and_codes(translation: Translation) -> None:
    assert await translation.text(MARKDOWN, "en", "es") == Translated(SPANISH, changed=True)


async def test_a_lost_placeholder_is_tried_again_in_pieces(detector: LanguageDetector) -> None:
    said = {"Write to": "Escriba a", "today, please.": "hoy, por favor."}
    engine = FakeTranslator(lambda text: said.get(text, "Escriba hoy, por favor."))
    sentences = Sentences(engine, Protector(), detector)
    (outcome,) = await sentences.translate(["Write to a@b.com today, please."], "en", "es")
    assert outcome == Outcome("Escriba a a@b.com hoy, por favor.")
    assert engine.asked == ["Write to X0Z today, please.", "Write to", "today, please."]


async def test_a_piece_without_a_translation_is_a_loss(detector: LanguageDetector) -> None:
    text = "Write to a@b.com today, please, and tell us all about your order."
    engine = FakeTranslator(lambda said: "" if "Write" in said else "hoy, por favor, y cuéntenos todo sobre su pedido.")
    (outcome,) = await Sentences(engine, Protector(), detector).translate([text], "en", "es")
    assert outcome == Outcome(text, doubted=True)


async def test_numbers_are_left_to_the_model_first(detector: LanguageDetector) -> None:
    said = {"You have 14 days.": "Tiene catorce días.", "You have X0Z days.": "Tiene X0Z días."}
    engine = FakeTranslator(lambda text: said.get(text, "mal"))
    (outcome,) = await Sentences(engine, Protector(), detector).translate(["You have 14 days."], "en", "es")
    assert outcome == Outcome("Tiene 14 días.")
    assert engine.asked == list(said)


async def test_one_bad_sentence_stays_and_is_remembered(detector: LanguageDetector) -> None:
    engine = FakeTranslator(lambda text: "El envío es gratuito." if "free" in text else "la " * 9)
    translation = Translation(engine, detector, lambda audiences: {}, questions=True, answers=True)
    for _ in range(2):
        found = await translation.text("Shipping is free. Keep the receipt 12 days.", "en", "es")
        assert found == Translated("El envío es gratuito. Keep the receipt 12 days.", changed=True, doubted=True)
    assert len(engine.asked) == len(set(engine.asked)) == 5


async def test_sentences_without_words_are_not_asked_for(detector: LanguageDetector) -> None:
    engine = FakeTranslator(str.upper)
    sentences = Sentences(engine, Protector(), detector)
    assert await sentences.translate(["12:30", "E-104", "—", "`ls -l`"], "en", "es") == [
        Outcome("12:30"), Outcome("E-104"), Outcome("—"), Outcome("`ls -l`"),
    ]  # fmt: skip
    assert not engine.asked


async def test_an_answer_its_quotes_and_its_original(translation: Translation) -> None:
    pieces = ["Shipping is free. [1]", "\n\nRücksendungen sind kostenlos. [2]"]
    given = answer(
        "".join(pieces),
        citation(1, "Shipping is free. Returns are free.", "en"),
        citation(2, "Las devoluciones son gratuitas.", "es"),
    )
    found = [event async for event in translation.show(given, pieces, "es")]
    shown = found.pop()
    assert isinstance(shown, Answer)
    assert found == ["El envío es gratuito. [1]", "\n\nRücksendungen sind kostenlos. [2]"]
    assert shown.text == "".join(map(str, found))
    assert shown.translated
    assert shown.original == Original(given.text, "en")
    assert shown.citations[0].quote == "Shipping is free. Returns are free."
    assert shown.citations[0].translation == "El envío es gratuito. Las devoluciones son gratuitas."
    assert shown.citations[1] == given.citations[1]
    assert shown.degraded == ()
    assert shown.to_json()["original"] == {"text": given.text, "language": "en"}
    assert "translation" not in shown.to_json()["citations"][1]


async def test_a_region_changes_nothing(translation: Translation) -> None:
    """As a page says it: <html lang="en-US">."""
    text = "Shipping is free. [1]"
    shown = await translation.answer(answer(text, citation(1, "Shipping is free.", "en-US")), "es")
    assert (shown.text, shown.original) == ("El envío es gratuito. [1]", Original(text, "en"))
    assert shown.citations[0].translation == "El envío es gratuito."
    mexican = answer("El envío es gratuito. [1]", citation(1, "El envío es gratuito.", "es-MX"))
    assert await translation.answer(mexican, "es") == mexican


async def test_half_a_surrogate_pair_is_not_shown(detector: LanguageDetector) -> None:
    translation = scripted(detector, {"Shipping is free.": "El envío es gratuito \ud83d."})
    found = await translation.text("Shipping is free.", "en", "es")
    assert found == Translated("El envío es gratuito ?.", changed=True)


async def test_a_text_in_the_askers_language_has_only_its_quotes_translated(translation: Translation) -> None:
    given = answer("El envío es gratuito. [1]", citation(1, "Shipping is free.", "en"))
    (shown,) = [event async for event in translation.show(given, (), "es")]
    assert isinstance(shown, Answer)
    assert (shown.text, shown.original, shown.translated) == (given.text, None, True)
    assert shown.citations[0].translation == "El envío es gratuito."


async def test_nothing_is_translated_where_there_is_nothing_to(translation: Translation) -> None:
    for given in (
        answer("Shipping is free. [1]", citation(1, "Shipping is free.", "en"), language="en"),
        answer("Sorry.", language="en", status="no_answer"),
    ):
        assert await translation.answer(given, "en") == given
    french = answer("Shipping is free. [1]", citation(1, "Shipping is free.", "en"), language="fr")
    assert await translation.answer(french, "fr") == french  # No package leads there, which is nobody's failure.


async def test_a_failure_degrades_and_loses_nothing(detector: LanguageDetector) -> None:
    def fail(text: str) -> str:
        raise UpstreamError("The engine is out.")

    translation = Translation(FakeTranslator(fail), detector, lambda _: {"en": 1}, questions=True, answers=True)
    given = answer("Shipping is free. [1]", citation(1, "Shipping is free.", "en"))
    shown = await translation.answer(given, "es")
    assert (shown.text, shown.translated, shown.degraded) == (given.text, False, ("translation",))
    assert (await translation.answer(shown, "es")).degraded == ("translation",)  # Said once.
    assert await translation.question("¿Dónde está?", "es", ("public",)) == Phrasings((), degraded=True)


async def test_a_doubted_sentence_is_said_to_be_the_original(detector: LanguageDetector) -> None:
    translation = scripted(detector, {"Shipping is free.": "El envío es gratuito."})
    text = "Shipping is free. Keep the receipt for the warranty of the bike. [1]"
    shown = await translation.answer(answer(text, citation(1, text[:-4], "en")), "es")
    assert shown.text == "El envío es gratuito. Keep the receipt for the warranty of the bike. [1]"
    assert shown.degraded == ("translation",)


async def test_a_slow_engine_is_not_waited_for(detector: LanguageDetector) -> None:
    class Slow(FakeTranslator):
        async def translate(self, texts: object, source: str, target: str, *, until: float | None = None) -> list[str]:
            await asyncio.sleep(60)
            return []

    translation = Translation(Slow(str), detector, lambda _: {}, questions=True, answers=True, timeout_seconds=0.05)
    given = answer("Shipping is free. [1]", citation(1, "Shipping is free.", "en"))
    shown = await asyncio.wait_for(translation.answer(given, "es"), 30)
    assert (shown.text, shown.degraded) == (given.text, ("translation",))


async def test_a_question_in_the_knowledges_languages(translation: Translation) -> None:
    assert await translation.question("¿Dónde está mi pedido?", "es", ("public",)) == Phrasings(("Where is my order?",))
    assert await translation.question("Where is my order?", "en", ("public",)) == Phrasings(("¿Dónde está mi pedido?",))


@pytest.mark.parametrize(
    ("counts", "found"),
    [
        ({"en": 90, "de": 9, "fr": 1}, ["en"]),
        ({"en": 50, "de": 30, "fr": 20, "es": 40}, ["en", "de"]),
        ({"es": 100}, []),
        ({"": 100}, []),
        ({}, []),
        ({"es-MX": 90, "pt-BR": 6, "pt": 6, "en-US": 8}, ["pt"]),
    ],
)
def test_targets(counts: dict[str, int], found: list[str]) -> None:
    assert targets(counts, "es") == found


async def test_probe_and_pairs(translation: Translation, argos: Argos, detector: LanguageDetector) -> None:
    assert await translation.probe() == "argos: en-de, en-es, es-de, es-en"
    nothing = Translation(FakeTranslator(str, frozenset()), detector, lambda _: {}, questions=True, answers=True)
    with pytest.raises(UpstreamError, match="knows no languages"):
        await nothing.probe()


async def test_what_is_forgotten_is_asked_for_again(detector: LanguageDetector) -> None:
    engine = FakeTranslator(lambda text: {"The canary sings.": "El canario canta."}.get(text, "La bici rueda."))
    translation = Translation(engine, detector, lambda audiences: {"en": 1}, questions=True, answers=True)
    text = "The canary sings. The bike rolls."
    for _ in range(2):
        await translation.text(text, "en", "es")
    assert engine.asked == ["The canary sings.", "The bike rolls."]
    translation.forget(["Tell me. The canary sings. Or not?"])
    await translation.text(text, "en", "es")
    assert engine.asked[2:] == ["The canary sings."]
