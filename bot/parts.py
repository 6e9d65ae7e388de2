"""What the settings mean for each part: settings in, the part or its plain values out."""

from __future__ import annotations

from alembic.util import CommandError
from sqlalchemy.exc import SQLAlchemyError

from bot.config import Settings
from retrieval.data_folder import DataFolder
from retrieval.database import migrate
from retrieval.documents.limits import Limits
from retrieval.encoder import create_encoder
from retrieval.encoder.base import Encoder
from retrieval.errors import ConfigurationError
from retrieval.index import Index
from retrieval.ingest_messages import WorkerSettings
from retrieval.store import Store


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
