"""The store: what readers see, and when."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import func, select

from retrieval.file_state import FailedFile
from retrieval.passages import Passage, StoredPassage
from retrieval.store import Store
from retrieval.store_writer import StoreWriter
from retrieval.tables import identifiers, metadata, passages, token_vectors, vectors, versions
from tests.retrieval.stored import DIMENSION, put, served_texts, state, vector, version


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = Store(f"sqlite:///{tmp_path / 'polydesk.sqlite3'}")
    store.migrate()
    yield store
    store.close()


def test_an_empty_store_serves_nothing(store: Store) -> None:
    assert store.revision() == 0
    assert store.passages([1, 2]) == {}
    assert store.load_candidates([]) == (0, {})
    assert store.token_blobs([]) == {}
    assert store.token_blobs([7]) == {}
    assert store.audiences() == []
    assert store.with_identifiers(["x"], ["public"], 5) == []
    assert store.figures().passages == 0


def test_the_migrations_make_the_tables_that_the_code_declares(store: Store) -> None:
    with store.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"version_table": "knowledge_schema"})
        assert compare_metadata(context, metadata) == []


def test_migrating_again_changes_nothing(store: Store) -> None:
    put(store, version("a.md", ["one"]))
    store.migrate()
    assert served_texts(store) == ["one"]


def test_a_passage_comes_back_as_it_was_stored(store: Store) -> None:
    publication = put(store, version("a.md", ["one", "two"], audience="agents"))
    ids = store.live_ids()["agents"]
    revision, found = store.load_candidates([*reversed(ids), 99])
    assert revision == publication.revision == 1
    assert list(found) == list(reversed(ids))
    assert found[ids[0]] == StoredPassage(
        ids[0],
        Passage("a.md", "Title of a.md", "https://shop.example/x", "a", ("Title", "Ünïcode"), "one", "agents"),
    )
    assert store.token_blobs(ids) == {ids[0]: b"one" * 100, ids[1]: b"two" * 100}
    assert store.vectors(ids)[ids[1]].shape == (1, DIMENSION)
    assert (store.vectors(ids)[ids[1]] == vector("two")).all()


def test_vectors_of_signposts_come_after_the_own(store: Store) -> None:
    made = version("a.md", ["one"])
    both = np.stack([vector("one"), vector("heading"), vector("hint")])
    put(store, replace(made, passages=(replace(made.passages[0], pooled=both),)))
    (id,) = store.live_ids()["public"]
    assert (store.vectors([id])[id] == both).all()


def test_what_is_staged_is_seen_by_nobody(store: Store) -> None:
    put(store, version("a.md", ["old"]))
    writer = StoreWriter(store)
    staged = writer.stage([version("a.md", ["new"], identifiers=["E-1"])])
    assert served_texts(store) == ["old"]
    assert store.passages(staged[0].passage_ids) == {}
    assert store.with_identifiers(["E-1"], ["public"], 5) == []
    assert store.revision() == 1
    publication = writer.publish(staged)
    assert served_texts(store) == ["new"]
    assert publication.revision == store.revision() == 2
    assert list(publication.retired) == ["public"]


def test_a_discarded_version_leaves_nothing(store: Store) -> None:
    writer = StoreWriter(store)
    staged = writer.stage([version("a.md", ["new"], identifiers=["E-1"])])
    assert writer.discard_unpublished() == {"public": list(staged[0].passage_ids)}
    with store.engine.connect() as connection:
        for table in (versions, passages, vectors, token_vectors, identifiers):
            assert connection.execute(select(func.count()).select_from(table)).scalar() == 0
    assert not any(known.served for known in writer.known_files().values())


def test_ids_are_never_used_again(store: Store) -> None:
    writer = StoreWriter(store)
    first = writer.stage([version("a.md", ["one", "two"])])[0].passage_ids
    writer.discard_unpublished()
    assert min(writer.stage([version("a.md", ["one", "two"])])[0].passage_ids) > max(first)


def test_replaced_passages_can_be_read_for_one_more_revision(store: Store) -> None:
    put(store, version("a.md", ["one"]))
    ids = store.live_ids()["public"]
    writer = StoreWriter(store)
    put(store, version("a.md", ["two"]))
    writer.sweep()
    # Anew each time: what was read once is remembered.
    assert set(Store(str(store.engine.url)).vectors(ids)) == set(ids)
    put(store, version("b.md", ["three"]))
    writer.sweep()
    assert Store(str(store.engine.url)).vectors(ids) == {}
    assert served_texts(store) == ["three", "two"]


def test_a_removed_file_is_gone_and_may_come_back(store: Store) -> None:
    writer = StoreWriter(store)
    put(store, version("a.md", ["one"]), version("b.md", ["two"]))
    publication = writer.publish(removed=[("/root", "a.md")])
    assert publication.retired == {"public": [1]}
    assert served_texts(store) == ["two"]
    assert set(writer.known_files()) == {("/root", "b.md")}
    put(store, version("a.md", ["again"]))
    writer.sweep()
    assert served_texts(store) == ["again", "two"]
    assert set(writer.known_files()) == {("/root", "a.md"), ("/root", "b.md")}


def test_a_publish_that_changes_nothing_served_makes_no_revision(store: Store) -> None:
    put(store, version("a.md", ["one"]))
    publication = StoreWriter(store).publish(failed=[FailedFile("/root", "b.md", "is broken", 3)])
    assert (publication.revision, publication.retired) == (1, {})
    assert [(error.path, error.line, error.reason) for error in store.failures()] == [("b.md", 3, "is broken")]


def test_a_failure_keeps_the_last_good_version_and_ends_with_the_next_one(store: Store) -> None:
    writer = StoreWriter(store)
    put(store, version("a.md", ["good"]))
    writer.publish(failed=[FailedFile("/root", "a.md", "is broken", None, state("a.md", fingerprint="bad"))])
    assert served_texts(store) == ["good"]
    assert writer.failed_files() == {("/root", "a.md"): "bad"}
    put(store, version("a.md", ["better"]))
    assert store.failures() == []
    assert served_texts(store) == ["better"]


def test_an_expired_passage_is_not_served_from_the_day_after(tmp_path: Path) -> None:
    today = [date(2026, 5, 1)]
    store = Store(f"sqlite:///{tmp_path / 'db.sqlite3'}", today=lambda: today[0])
    store.migrate()
    put(store, version("a.md", ["one"], identifiers=["E-1"], valid_until=date(2026, 5, 1)))
    assert served_texts(store) == ["one"]
    today[0] = date(2026, 5, 2)
    assert served_texts(store) == []
    assert store.with_identifiers(["E-1"], ["public"], 5) == []
    assert store.expired() == ["a.md"]
    store.close()


def test_identifiers_are_found_in_the_given_audiences_best_first(store: Store) -> None:
    put(
        store,
        version("a.md", ["one"], identifiers=["e-1"]),
        version("b.md", ["two"], identifiers=["e-1", "e-2"]),
        version("c.md", ["three"], identifiers=["e-1", "e-2"], audience="agents"),
    )
    assert store.with_identifiers(["e-1", "e-2"], ["public"], 5) == [2, 1]
    assert store.with_identifiers(["e-1", "e-2"], ["public", "agents"], 2) == [2, 3]
    assert store.with_identifiers(["e-1"], [], 5) == []
    assert store.audiences() == ["agents", "public"]


def test_another_encoders_passages_are_withdrawn(store: Store) -> None:
    put(store, version("a.md", ["old"], encoder="former"), version("b.md", ["new"]))
    writer = StoreWriter(store)
    assert writer.retire_other_encoders("test encoder").retired == {"public": [1]}
    assert served_texts(store) == ["new"]
    assert writer.retire_other_encoders("test encoder").retired == {}
    assert store.revision() == 2


def test_more_passages_than_a_statement_takes_variables(store: Store) -> None:
    texts = [f"text {number}" for number in range(2_500)]
    put(store, version("a.md", texts))
    put(store, version("a.md", ["short"]))
    assert served_texts(store) == ["short"]


def test_readers_see_all_of_a_revision_or_nothing_of_it(store: Store) -> None:
    """Two files always change together: no reader may ever find them at different editions."""
    put(store, version("a.md", ["0"]), version("b.md", ["0"]))
    edition = [0]

    def read() -> list[tuple[int, set[str], int]]:
        seen = []
        while edition[0] < 40:
            top = store.live_ids()["public"][-1]
            revision, found = store.load_candidates(list(range(max(1, top - 20), top + 20)))
            seen.append((revision, {stored.passage.text for stored in found.values()}, len(found)))
        return seen

    with ThreadPoolExecutor(3) as pool:
        readers = [pool.submit(read) for _ in range(3)]
        writer = StoreWriter(store)
        for number in range(1, 41):
            put(store, version("a.md", [str(number)]), version("b.md", [str(number)]))
            writer.sweep()
            edition[0] = number
        seen = [each for reader in readers for each in reader.result()]
    assert len(seen) > 3
    for revision, texts, count in seen:
        assert (texts, count) == ({str(revision - 1)}, 2)


def test_what_is_cached_is_not_served_once_replaced(store: Store) -> None:
    put(store, version("a.md", ["one"]))
    assert set(store.passages([1])) == {1}
    put(store, version("a.md", ["two"]))
    assert store.passages([1]) == {}


def test_token_vectors_larger_than_the_cache_are_read_each_time(tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path / 'db.sqlite3'}", token_cache_bytes=100)
    store.migrate()
    put(store, version("a.md", ["one"]))
    assert store.token_blobs([1]) == store.token_blobs([1]) == {1: b"one" * 100}
    store.close()
