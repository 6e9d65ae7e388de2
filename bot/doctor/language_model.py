"""Whether the configured language model writes."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import aclosing

from bot.config import Settings
from bot.doctor.failure import failure
from bot.doctor.finding import Finding
from bot.llm import LanguageModel, Message
from bot.metrics import Metrics
from bot.parts import open_language_model
from retrieval.errors import ConfigurationError, UpstreamError

SENTENCE = "Say in one short sentence that you are ready."


async def examine_language_model(settings: Settings) -> Finding:
    """A sentence, streamed as answers are."""
    try:
        model = open_language_model(settings, Metrics(()))
    except ConfigurationError as error:
        return Finding(False, str(error))
    assert model is not None  # It is set up, or the error above has said what is missing.
    try:
        first, total = await _seconds(model, (Message("user", SENTENCE),))
    except UpstreamError as error:
        return failure(error, "llm")
    finally:
        await model.close()
    return Finding(
        True,
        f"The language model {model.model} at {model.url} writes: its first word after {first:.2f} s, "
        f"a sentence after {total:.2f} s.",
    )


async def _seconds(model: LanguageModel, messages: Sequence[Message]) -> tuple[float, float]:
    """Until the first piece, and until the last."""
    started, first = time.perf_counter(), 0.0
    async with aclosing(model.stream(messages)) as stream:
        async for _ in stream:
            first = first or time.perf_counter() - started
    return first, time.perf_counter() - started
