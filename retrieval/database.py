"""Opens the database and brings its tables up to date."""

from __future__ import annotations

import sqlite3
import time
from importlib import resources
from typing import Any

from alembic import command
from alembic.config import Config
from sqlalchemy import URL, Connection, Engine, create_engine, event

WRITE = {"polydesk_write": True}
# A write to what people said: what it deletes or moves leaves no bytes in the database's file. See `truncate_log`.
PRIVATE = WRITE | {"polydesk_private": True}
# Of those who empty the log once and do not come back to it.
PATIENCE_SECONDS = 10.0
_BUSY_MS = 10_000
# Who waits for readers to empty the log keeps everybody from writing meanwhile, so it waits in short turns.
_TURN_MS, _BETWEEN_SECONDS = 200, 0.4


def open_engine(url: str | URL, *, durable: bool = False) -> Engine:
    """An engine for the URL. SQLite gets write-ahead logging, so that readers never wait for the ingest.

    Args:
        durable: what was committed also survives a power cut, at the price of waiting for the disk each time.
    """
    # What stands in a statement's places is what people said; errors, and so the log, are to hold none of it.
    engine = create_engine(url, hide_parameters=True)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare_durable_sqlite if durable else _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    return engine


def migrate(engine: Engine, package: str = "retrieval") -> None:
    """Runs a package's migrations that are still missing, in one transaction."""
    config = Config()
    config.set_main_option("script_location", str(resources.files(package) / "migrations"))
    with engine.connect().execution_options(**WRITE) as connection, connection.begin():
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def truncate_log(engine: Engine, patience: float = 0) -> bool:
    """Empties SQLite's write-ahead log, which holds what was written before it was erased. Others can write meanwhile.

    Args:
        patience: for how many seconds it is tried again.

    Returns:
        Whether it is empty now; a long read keeps it from being emptied, then try again later.
    """
    if engine.dialect.name != "sqlite":
        return True
    until = time.monotonic() + patience
    while not _truncated(engine):
        if time.monotonic() >= until:
            return False
        time.sleep(_BETWEEN_SECONDS)
    return True


def _truncated(engine: Engine) -> bool:
    raw = engine.raw_connection()
    cursor = raw.cursor()
    try:
        cursor.execute(f"PRAGMA busy_timeout={_TURN_MS}")
        busy: int = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
    finally:
        cursor.execute(f"PRAGMA busy_timeout={_BUSY_MS}")
        raw.close()
    return not busy


def _prepare_sqlite(connection: sqlite3.Connection, _record: Any) -> None:
    # The driver's own idea of transactions leaves table changes and reads outside of them; `_begin_sqlite` opens them.
    connection.isolation_level = None
    for pragma in (
        # Token vectors are some 27 KB each: read twice as fast from larger pages. Must stand first.
        "page_size=8192",
        "journal_mode=WAL",
        "synchronous=NORMAL",
        "foreign_keys=ON",
        f"busy_timeout={_BUSY_MS}",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _prepare_durable_sqlite(connection: sqlite3.Connection, record: Any) -> None:
    _prepare_sqlite(connection, record)
    connection.execute("PRAGMA synchronous=FULL")


def _begin_sqlite(connection: Connection) -> None:
    # A transaction that reads before it writes cannot wait for another writer unless it announced itself.
    options = connection.get_execution_options()
    writes = options.get("polydesk_write", False)
    if writes:
        connection.exec_driver_sql(f"PRAGMA secure_delete={'ON' if options.get('polydesk_private') else 'OFF'}")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
