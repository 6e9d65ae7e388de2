"""The log of the database is emptied without keeping anybody from writing."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from sqlalchemy import text

from retrieval.database import PATIENCE_SECONDS, WRITE, open_engine, truncate_log


def test_others_can_write_while_a_long_read_keeps_the_log_from_being_emptied(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'some.sqlite3'}")
    log = tmp_path / "some.sqlite3-wal"

    def write(statement: str) -> None:
        with engine.connect().execution_options(**WRITE) as connection, connection.begin():
            connection.execute(text(statement))

    write("CREATE TABLE said (what TEXT)")
    with engine.connect() as reading, ThreadPoolExecutor(1) as thread:
        with reading.begin():
            reading.execute(text("SELECT * FROM said")).all()
            write("INSERT INTO said VALUES ('canary')")
            emptying = thread.submit(truncate_log, engine, PATIENCE_SECONDS)
            for _ in range(20):
                write("DELETE FROM said")
                time.sleep(0.02)
            assert not emptying.done()
            assert not truncate_log(engine)
            assert b"canary" in log.read_bytes()
        assert emptying.result()
    assert log.read_bytes() == b""
    engine.dispose()
