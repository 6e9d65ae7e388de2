"""Store and index after whatever a killed process left behind."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from retrieval.index import Index
from retrieval.recover import Recovery, recover
from retrieval.store import Store
from retrieval.store_writer import StoreWriter
from tests.retrieval.stored import ENCODER, found_texts, publish, put, served_texts, vector, version


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with more than Chroma keeps in its log, so that its graph is on the disk."""
    folder = tmp_path_factory.mktemp("filled")
    store = Store(f"sqlite:///{folder / 'polydesk.sqlite3'}")
    store.migrate()
    index = Index(folder / "chroma", batch=500)
    publish(store, index, version("a.md", [f"a {number}" for number in range(1_200)]), version("b.md", ["b"]))
    publish(store, index, version("c.md", ["c"], audience="agents"))
    index.close()
    store.close()
    return folder


@pytest.fixture
def folder(tmp_path: Path, filled: Path) -> Path:
    """The index of a copy of it."""
    shutil.copytree(filled, tmp_path / "data")
    return tmp_path / "data" / "chroma"


@pytest.fixture
def store(folder: Path) -> Iterator[Store]:
    """The store of the same copy."""
    store = Store(f"sqlite:///{folder.parent / 'polydesk.sqlite3'}")
    yield store
    store.close()


def recovered(store: Store, folder: Path) -> Recovery:
    """Recovers, and makes sure that what is served is found and nothing else is there."""
    index = Index(folder)
    recovery = recover(store, index, ENCODER)
    assert {audience: sorted(index.ids(audience) or ()) for audience in index.audiences()} == store.live_ids()
    for audience, ids in store.live_ids().items():
        text = store.passages(ids[-1:])[ids[-1]].passage.text
        assert found_texts(store, index, audience, text)[0] == text
    assert recover(store, index, ENCODER) == Recovery()
    index.close()
    return recovery


def test_nothing_is_done_after_a_clean_end(store: Store, folder: Path) -> None:
    assert recovered(store, folder) == Recovery()


def test_a_version_that_was_never_published_is_removed(store: Store, folder: Path) -> None:
    index = Index(folder)
    staged = StoreWriter(store).stage([version("b.md", ["half", "done"])])
    index.add("public", staged[0].passage_ids, [vector("half"), vector("done")])
    index.close()
    assert recovered(store, folder) == Recovery(discarded=2, deleted=2)
    assert "half" not in served_texts(store)


def test_a_publish_that_never_reached_the_index_is_finished(store: Store, folder: Path) -> None:
    put(store, version("b.md", ["new b", "more b"]), version("d.md", ["d"], audience="partners"))
    assert recovered(store, folder) == Recovery(added=2, deleted=1, rebuilt=("partners",))


def test_an_audience_without_files_loses_its_collection(store: Store, folder: Path) -> None:
    StoreWriter(store).publish(removed=[("/root", "c.md")])
    recovered(store, folder)
    assert store.audiences() == ["public"]


def test_a_vanished_index_is_built_from_the_store(store: Store, folder: Path) -> None:
    shutil.rmtree(folder)
    assert recovered(store, folder) == Recovery(rebuilt=("agents", "public"))


@pytest.mark.parametrize("file", ["chroma.sqlite3", "index_metadata.pickle"])
def test_a_damaged_index_is_built_from_the_store(store: Store, folder: Path, file: str) -> None:
    damaged = next(folder.rglob(file))
    damaged.write_bytes(damaged.read_bytes()[:50] + b"damage" * 20)
    recovered(store, folder)


def test_a_lost_graph_is_noticed_though_chroma_lists_every_id(store: Store, folder: Path) -> None:
    shutil.rmtree(next(folder.rglob("data_level0.bin")).parent)
    with closing(sqlite3.connect(folder / "chroma.sqlite3")) as log, log:
        log.execute("DELETE FROM embeddings_queue")
    assert recovered(store, folder) == Recovery(rebuilt=("agents", "public"))


def test_after_a_kill_every_vector_is_looked_at(store: Store, folder: Path) -> None:
    index = Index(folder)
    index.add("public", [777], [vector("something else")])
    index.close()
    (folder / "unclean").touch()
    assert recovered(store, folder) == Recovery(rebuilt=("public",))


def test_damage_on_which_chroma_crashes_costs_one_start_at_most(store: Store, folder: Path) -> None:
    header = next(folder.rglob("header.bin"))
    header.write_bytes(header.read_bytes()[:50] + b"damage" * 20)
    opening = "import sys, pathlib, retrieval.index as index; index.Index(pathlib.Path(sys.argv[1])).close()"
    code = subprocess.run([sys.executable, "-c", opening, folder], env={**os.environ, "PYTHONPATH": "."}).returncode
    # Whether it crashes depends on what lies in memory; if it does, the mark of it stays.
    assert (code == 0) != (folder.parent / "chroma.opening").exists()
    if code:
        assert recovered(store, folder) == Recovery(rebuilt=("agents", "public"))


def test_an_index_that_brought_its_reader_down_is_not_read_again(store: Store, folder: Path) -> None:
    (folder.parent / "chroma.opening").touch()
    assert recovered(store, folder) == Recovery(rebuilt=("agents", "public"))
    assert not (folder.parent / "chroma.opening").exists()


def test_an_unfinished_rebuild_is_thrown_away(store: Store, folder: Path) -> None:
    index = Index(folder)

    def parts() -> Iterator[tuple[list[int], list[object]]]:
        yield [1], [vector("x")]
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        index.rebuild("public", parts())  # type: ignore[arg-type]
    assert found_texts(store, index, "public", "b")[0] == "b"
    index.close()
    assert recovered(store, folder) == Recovery()


def test_another_encoder_withdraws_everything_until_it_is_encoded_again(store: Store, folder: Path) -> None:
    index = Index(folder)
    recover(store, index, "another encoder")
    assert served_texts(store) == []
    assert index.audiences() == []
    publish(store, index, version("a.md", ["anew"], encoder="another encoder"))
    assert found_texts(store, index, "public", "anew") == ["anew"]
    index.close()
