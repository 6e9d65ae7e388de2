"""The index against a real Chroma."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from retrieval.index import Index
from tests.retrieval.stored import DIMENSION, vector


@pytest.fixture
def index(tmp_path: Path) -> Iterator[Index]:
    index = Index(tmp_path / "chroma")
    yield index
    index.close()


def texts(count: int) -> list[str]:
    return [f"text {number}" for number in range(count)]


def test_an_empty_index_finds_nothing(index: Index) -> None:
    assert index.query("public", vector("x"), 5) == []
    assert index.ids("public") == set()
    assert index.audiences() == []
    index.delete("public", [1])
    index.drop("public")
    index.add("public", [], [])
    assert index.audiences() == []


def test_the_nearest_come_first_with_their_cosine(index: Index) -> None:
    vectors = [vector(text) for text in texts(300)]
    index.add("public", list(range(300)), vectors)
    found = index.query("public", vector("text 7"), 10)
    cosines = np.stack(vectors) @ vector("text 7")
    assert [id for id, _ in found] == list(np.argsort(-cosines)[:10])
    assert [cosine for _, cosine in found] == pytest.approx(sorted(cosines, reverse=True)[:10], abs=1e-5)
    assert len(index.query("public", vector("x"), 1_000)) == 300
    assert index.query("public", vector("x"), 0) == []


def test_what_is_deleted_is_not_found(index: Index) -> None:
    index.add("public", [1, 2], [vector("a"), vector("b")])
    index.delete("public", [1, 99])
    assert [id for id, _ in index.query("public", vector("a"), 5)] == [2]
    assert index.ids("public") == {2}


def test_a_passage_is_found_at_the_nearest_of_its_vectors_and_once(index: Index) -> None:
    for number in range(0, 60, 3):
        own = vector(f"text {number}")
        index.add("public", [number], [np.stack([own, vector(f"heading {number}"), own])])
    assert index.query("public", vector("heading 30"), 1) == [(30, pytest.approx(1.0, abs=1e-5))]
    found = index.query("public", vector("text 6"), 15)
    assert len({id for id, _ in found}) == len(found) == 15
    assert found[0] == (6, pytest.approx(1.0, abs=1e-5))
    assert len(index.query("public", vector("x"), 50)) == 20
    assert index.ids("public") == set(range(0, 60, 3))
    index.delete("public", [30])
    assert 30 not in dict(index.query("public", vector("heading 30"), 50))


def test_a_missing_signpost_is_noticed(index: Index) -> None:
    index.add("public", [1], [vector("a")])
    assert index.holds("public", [1], [vector("a")])
    assert not index.holds("public", [1], [np.stack([vector("a"), vector("heading")])])


def test_audiences_are_apart_whatever_they_are_called(index: Index) -> None:
    names = ["public", "agents", "x", "Äußerer Kreis", "a/b", "-dash", "hashed", "n" * 600, "public."]
    for number, name in enumerate(names):
        index.add(name, [number], [vector(name)])
    assert index.audiences() == sorted(names)
    for number, name in enumerate(names):
        assert [id for id, _ in index.query(name, vector("x"), 5)] == [number]
    index.drop("x")
    assert "x" not in index.audiences()


def test_it_comes_back_after_a_restart(tmp_path: Path) -> None:
    first = Index(tmp_path / "chroma")
    first.add("Äußerer Kreis", [1, 2], [vector("a"), vector("b")])
    first.close()
    second = Index(tmp_path / "chroma")
    assert not second.unclean
    assert not second.outdated("Äußerer Kreis")
    assert second.ids("Äußerer Kreis") == {1, 2}
    assert second.holds("Äußerer Kreis", [1, 2], [vector("a"), vector("b")])
    assert not second.holds("Äußerer Kreis", [1, 2], [vector("b"), vector("a")])
    assert not second.holds("Äußerer Kreis", [1, 3], [vector("a"), vector("c")])
    second.close()


def test_other_settings_make_a_collection_outdated(tmp_path: Path) -> None:
    first = Index(tmp_path / "chroma")
    first.add("public", [1], [vector("a")])
    first.close()
    second = Index(tmp_path / "chroma", ef_search=321)
    assert second.outdated("public")
    second.rebuild("public", [([1], [vector("a")])])
    assert not second.outdated("public")
    second.close()


def test_many_deletions_make_a_collection_outdated(tmp_path: Path) -> None:
    first = Index(tmp_path / "chroma", batch=500)
    first.add("public", list(range(2_200)), [vector(text) for text in texts(2_200)])
    first.delete("public", list(range(1_000)))
    assert not first.outdated("public")
    first.delete("public", list(range(1_000, 1_200)))
    first.close()
    second = Index(tmp_path / "chroma")
    assert second.outdated("public")
    second.rebuild("public", [([1], [vector("a")])])
    assert not second.outdated("public")
    second.close()


def test_questions_are_answered_during_a_rebuild(index: Index) -> None:
    vectors = [vector(text) for text in texts(1_000)]
    index.add("public", list(range(1_000)), vectors)

    def ask() -> int:
        asked = 0
        while not rebuilt.done():
            assert index.query("public", vector("text 7"), 1)[0][0] == 7
            asked += 1
        return asked

    with ThreadPoolExecutor(2) as pool:
        parts = [(range(start, start + 250), vectors[start : start + 250]) for start in range(0, 1_000, 250)]
        rebuilt = pool.submit(index.rebuild, "public", parts)
        asked = pool.submit(ask)
        rebuilt.result()
        assert asked.result() > 0
    assert index.ids("public") == set(range(1_000))
    assert index.audiences() == ["public"]


def test_an_unreadable_folder_is_replaced(tmp_path: Path) -> None:
    folder = tmp_path / "chroma"
    folder.mkdir()
    (folder / "chroma.sqlite3").write_bytes(b"no database" * 1_000)
    index = Index(folder)
    index.add("public", [1], [vector("a")])
    assert index.ids("public") == {1}
    index.close()


def test_a_file_in_the_folders_place_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "chroma").write_text("in the way")
    index = Index(tmp_path / "chroma")
    assert index.audiences() == []
    index.close()


def test_nearly_all_of_the_true_nearest_are_found(tmp_path: Path) -> None:
    """Against exact search, on vectors that lie in groups as passages do."""
    drawn = np.random.default_rng(1)
    groups = drawn.standard_normal((40, DIMENSION))
    vectors = groups[drawn.integers(0, 40, 4_000)] + 0.5 * drawn.standard_normal((4_000, DIMENSION))
    vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    index = Index(tmp_path / "chroma", batch=250)
    index.add("public", list(range(4_000)), list(vectors))
    hits = 0
    for question in vectors[:40]:
        found = {id for id, _ in index.query("public", question, 50)}
        hits += len(found & set(np.argsort(-(vectors @ question))[:50].tolist()))
    assert hits / (40 * 50) >= 0.995
    index.close()


def test_nothing_that_stood_in_memory_before_reaches_the_files(tmp_path: Path) -> None:
    secret = b"said by a customer, and erased "

    def use_memory(_: int) -> bytearray:
        bytearray(8_000_000)  # As it is freed, blocks up to its size are kept for later.
        written = [bytearray(secret * 10_000) for _ in range(8)]
        return written[-1][:2_000]

    # Each thread may have memory of its own, which another is given later.
    with ThreadPoolExecutor(32) as threads:
        kept = list(threads.map(use_memory, range(400)))
    assert len(kept) == 400
    index = Index(tmp_path / "chroma")
    index.add("public", [1], [np.ones(384, np.float32)])
    index.query("public", np.ones(384, np.float32), 1)
    index.close()
    files = [file for file in (tmp_path / "chroma").rglob("*") if file.is_file()]
    assert any(file.name == "data_level0.bin" for file in files)
    assert [file.name for file in files if secret in file.read_bytes()] == []
