"""What the settings mean for each part: settings in, the part or its plain values out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import structlog
from alembic.util import CommandError
from sqlalchemy.exc import SQLAlchemyError

from bot.answers.grounding import Judge
from bot.assistant import Assistant
from bot.chats.answering import Answering
from bot.chats.eraser import Eraser
from bot.chats.hub import Chats
from bot.chats.store import ChatStore
from bot.config import Settings
from bot.llm import LanguageModel
from bot.metrics import Metrics
from bot.phrases import Phrases
from bot.translate.argos import Argos
from bot.translate.base import Translator
from bot.translate.libretranslate import LibreTranslate
from bot.translate.llm import ModelTranslator
from bot.translate.translation import Translation
from retrieval.circuit_breaker import Changed, State
from retrieval.data_folder import DataFolder
from retrieval.database import migrate
from retrieval.documents.limits import Limits
from retrieval.encoder import create_encoder
from retrieval.encoder.base import Encoder
from retrieval.errors import ConfigurationError
from retrieval.index import Index
from retrieval.ingest_messages import WorkerSettings
from retrieval.languages import LanguageDetector
from retrieval.rerank.base import Reranker
from retrieval.rerank.cross_encoder import CrossEncoder
from retrieval.rerank.guarded import Guarded
from retrieval.rerank.late_interaction import LateInteraction
from retrieval.rerank.vllm import VllmReranker
from retrieval.store import Store

log = structlog.get_logger()


def open_encoder(settings: Settings) -> Encoder:
    """The encoder of questions."""
    encoder = settings.encoder
    return create_encoder(
        encoder.kind,
        threads=encoder.question_threads,
        model=encoder.model,
        device=encoder.device,
        data_dir=settings.data_dir,
    )


def open_store(folder: DataFolder) -> Store:
    """The database, its tables up to date.

    Raises:
        ConfigurationError: when it cannot be read or written, or was written by a later version.
    """
    store = Store(folder.database_url)
    try:
        store.migrate()
        migrate(store.engine, "bot")
    except (SQLAlchemyError, CommandError) as error:
        store.close()
        cause = getattr(error, "orig", None) or error
        raise ConfigurationError(f"data_dir: the database in {folder.path} cannot be opened: {cause}.") from error
    return store


def open_index(settings: Settings, folder: DataFolder) -> Index:
    """The index as it lies in the data folder."""
    graph = settings.index
    return Index(
        folder.index_folder,
        ef_construction=graph.ef_construction,
        ef_search=graph.ef_search,
        max_neighbors=graph.max_neighbors,
    )


def open_chats(settings: Settings, store: Store, assistant: Assistant, phrases: Phrases, metrics: Metrics) -> Chats:
    """The chats of the widget."""
    chats = ChatStore(store.engine)
    server = settings.server
    answering = Answering(
        chats,
        assistant,
        phrases,
        metrics,
        at_once=server.questions_at_once,
        seconds=server.question_seconds,
        instruction=settings.instruction("web"),
    )
    return Chats(
        chats,
        answering,
        Eraser(store.engine, chats, assistant),
        metrics,
        at_once=server.questions_at_once,
        keep_days=settings.conversations.keep_days,
    )


def open_language_model(settings: Settings, metrics: Metrics) -> LanguageModel | None:
    """The language model, or None where none is set up.

    Raises:
        ConfigurationError: when it is needed, or set up by half.
    """
    llm = settings.llm
    if not llm.base_url:
        if settings.answer.kind == "generated":
            raise ConfigurationError(
                "llm.base_url: answer.kind is generated, which needs a language model; set its server's address."
            )
        return None
    if not llm.model:
        raise ConfigurationError("llm.model: name the model that the server at llm.base_url is asked for.")
    return LanguageModel(
        llm.base_url,
        llm.model,
        api_key=llm.api_key.get_secret_value(),
        first_token_seconds=llm.first_token_seconds,
        timeout_seconds=llm.timeout_seconds,
        max_tokens=llm.max_tokens,
        changed=_reported(metrics, "llm"),
    )


def open_reranker(settings: Settings, store: Store, metrics: Metrics) -> Reranker:
    """The configured reranker; any but late interaction has that behind it. Loads a model where it runs here: blocks.

    Raises:
        ConfigurationError: when it lacks an address or a model, or what it needs is not installed.
    """
    if settings.reranker.kind == "late_interaction":
        return LateInteraction(store)
    return Guarded(
        configured_reranker(settings),
        LateInteraction(store),
        timeout_seconds=settings.reranker.timeout_seconds,
        changed=_reported(metrics, "reranker"),
    )


def open_translator(settings: Settings, metrics: Metrics, model: LanguageModel | None, phrases: Phrases) -> Translator:
    """The engine that translates, whatever the mode.

    Args:
        model: of `open_language_model`; it stays the caller's.

    Raises:
        ConfigurationError: when it lacks an address, or what it needs is not installed.
    """
    translation = settings.translation
    if translation.engine == "llm":
        if model is None:
            raise ConfigurationError("llm.base_url: it is empty, and translation.engine llm needs it.")
        return ModelTranslator(
            model, lambda code: phrases.name(code) or code, timeout_seconds=translation.timeout_seconds
        )
    if translation.engine == "argos":
        return Argos(
            settings.data_dir,
            models=translation.models,
            threads=settings.encoder.question_threads,
            timeout_seconds=translation.timeout_seconds,
        )
    if not translation.base_url:
        raise ConfigurationError("translation.base_url: it is empty, and translation.engine libretranslate needs it.")
    return LibreTranslate(
        translation.base_url,
        api_key=translation.api_key.get_secret_value(),
        timeout_seconds=translation.timeout_seconds,
        changed=_reported(metrics, "translation"),
    )


def open_translation(
    settings: Settings,
    metrics: Metrics,
    model: LanguageModel | None,
    phrases: Phrases,
    detector: LanguageDetector,
    spoken: Callable[[Sequence[str]], Mapping[str, int]],
) -> Translation | None:
    """What translates questions and answers, None where nothing does.

    Args:
        spoken: see `Translation`.

    Raises:
        ConfigurationError: see `open_translator`.
    """
    translation = settings.translation
    if translation.mode == "off":
        return None
    return Translation(
        open_translator(settings, metrics, model, phrases),
        detector,
        spoken,
        questions=translation.mode in ("question", "both"),
        answers=translation.mode in ("answer", "both"),
        protected=translation.protected,
        timeout_seconds=translation.timeout_seconds,
    )


def _reported(metrics: Metrics, upstream: str) -> Changed:
    """Has the metrics and the log follow whether an upstream is asked; it counts as up until it says otherwise."""
    gauge = metrics.upstream_up.labels(upstream)
    gauge.set(1)

    def changed(state: State, reason: str) -> None:
        gauge.set(state == "closed")
        if state == "closed":
            log.info(f"{upstream}_in_use")
        else:
            log.warning(f"{upstream}_out", reason=reason)

    return changed


def claim_judge(reranker: Reranker) -> Judge | None:
    """The reranker, where it can be told to judge what a language model claims and answers with a probability."""
    return reranker if isinstance(reranker, Guarded) and reranker.follows_instructions else None


def configured_reranker(settings: Settings) -> Reranker:
    """The reranker of another kind than late interaction, with nothing behind it.

    Raises:
        ConfigurationError: see `open_reranker`.
    """
    reranker = settings.reranker
    for name in ("base_url", "model") if reranker.kind == "vllm" else ("model",):
        if not getattr(reranker, name):
            raise ConfigurationError(f"reranker.{name}: it is empty, and reranker.kind {reranker.kind} needs it.")
    if reranker.kind == "cross_encoder":
        return CrossEncoder(
            reranker.model,
            device=reranker.device,
            template=reranker.template,
            instruction=reranker.instruction,
            instructions=reranker.instructions,
            passage_tokens=reranker.passage_tokens,
            batch=reranker.batch,
        )
    return VllmReranker(
        reranker.base_url,
        reranker.model,
        api_key=reranker.api_key.get_secret_value(),
        template=reranker.template,
        instruction=reranker.instruction,
        instructions=reranker.instructions,
        passage_tokens=reranker.passage_tokens,
        batch=reranker.batch,
        timeout_seconds=reranker.timeout_seconds,
    )


def worker_settings(settings: Settings) -> WorkerSettings:
    """What the process that ingests is started with."""
    knowledge, encoder = settings.knowledge, settings.encoder
    return WorkerSettings(
        kind=encoder.kind,
        model=encoder.model,
        device=encoder.device,
        threads=encoder.ingest_threads,
        data_dir=settings.data_dir,
        budget=knowledge.passage_tokens,
        minimum=knowledge.minimum_tokens,
        limits=parser_limits(settings),
        languages=settings.languages.configured,
    )


def parser_limits(settings: Settings) -> Limits:
    """What one file may cost, as the parser takes it."""
    limits = settings.knowledge.limits
    return Limits(
        max_bytes=limits.file_bytes,
        max_pages=limits.pages,
        max_expanded_bytes=limits.expanded_bytes,
        seconds=limits.seconds,
        memory_bytes=limits.memory_bytes,
    )
