"""Whether the configured engine translates, and fast enough for the desk to wait for."""

from __future__ import annotations

import time

from bot.config import Settings
from bot.doctor.failure import INSTEAD, PATIENCE_SECONDS, failure
from bot.doctor.finding import Finding
from bot.metrics import Metrics
from bot.parts import open_language_model, open_translator
from bot.phrases import Phrases
from bot.translate.base import Pair, Translator
from bot.translate.translation import PROBE
from retrieval.errors import ConfigurationError, UpstreamError

INSTALL = "install packages with `polydesk translate install`"
ANY: Pair = ("en", "es")


async def examine_translation(settings: Settings) -> Finding:
    """A sentence, from English where the engine takes that."""
    limit, engine = settings.translation.timeout_seconds, settings.translation.engine
    patient = settings.translation.model_copy(update={"timeout_seconds": max(limit, PATIENCE_SECONDS)})
    metrics, model = Metrics(()), None
    try:
        model = open_language_model(settings, metrics)
        translator = open_translator(settings.model_copy(update={"translation": patient}), metrics, model, Phrases())
    except ConfigurationError as error:
        if model is not None:
            await model.close()
        return Finding(False, str(error))
    section, broken = ("llm", "") if engine == "llm" else ("translation", "")
    if engine == "argos":
        broken = f"If it stays so, {INSTALL} anew"
    try:
        pairs = await translator.pairs()
        if pairs is not None and not pairs:
            return Finding(False, f"The translation engine {engine} has no languages: {INSTALL}; {INSTEAD[section]}.")
        pair = _chosen(pairs)
        # The first one loads what is needed.
        times = [await _seconds(translator, pair) for _ in range(2)]
    except UpstreamError as error:
        return failure(error, section, broken)
    finally:
        await translator.close()
        if model is not None:
            await model.close()
    took = f"a sentence from {pair[0]} to {pair[1]} takes {times[-1]:.2f} s"
    if times[-1] > limit:
        return Finding(
            False,
            f"The translation engine {engine} works, but {took} where translation.timeout_seconds allows {limit:g}: "
            f"raise it; {INSTEAD['translation']}.",
        )
    count = (
        "any pair of languages" if pairs is None else f"{len(pairs)} pair{'s' if len(pairs) > 1 else ''} of languages"
    )
    return Finding(True, f"The translation engine {engine} translates {count}; {took}.")


def _chosen(pairs: frozenset[Pair] | None) -> Pair:
    """The probe is English; an engine without that still shows that it gives something."""
    if pairs is None or ANY in pairs:
        return ANY
    return min(pairs, key=lambda pair: (pair[0] != "en", pair))


async def _seconds(translator: Translator, pair: Pair) -> float:
    started = time.perf_counter()
    (said,) = await translator.translate([PROBE], *pair)
    if not said.strip():
        raise UpstreamError(f"The translation engine {translator.name} gives nothing from {pair[0]} to {pair[1]}.")
    return time.perf_counter() - started
