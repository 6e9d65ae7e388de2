"""Every benchmark runs, on a corpus so small that its figures mean nothing."""

import importlib
import json
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.abstention import reduced_copy
from benchmarks.options import MissingOption, Options
from benchmarks.result import Result
from benchmarks.torch_baseline import installed

SUBJECTS = {
    "battery": "Charge the battery at room temperature. A full charge takes four hours.",
    "refunds": "We refund within five working days after the parcel has arrived.",
    "brakes": "Have the brakes checked once a year. Worn pads squeal.",
    "tyres": "Pump the tyres to three bar. A flat tyre is repaired in our workshop.",
    "lights": "The rear light blinks while the bike is locked.",
    "delivery": "Parcels leave our warehouse on the day of the order.",
}


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with knowledge/ and queries.en.jsonl."""
    folder = tmp_path_factory.mktemp("corpus")
    (folder / "knowledge").mkdir()
    lines = []
    for name, text in SUBJECTS.items():
        (folder / "knowledge" / f"{name}.md").write_text(f"# {name.title()}\n\n{text}\n", encoding="utf-8")
        lines += [
            {"text": f"What about {name}, {number} times?", "gold": [f"{name}.md"], "answers": [text]}
            for number in range(20)
        ]
    (folder / "queries.en.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return folder


@pytest.fixture
def options(corpus: Path, tmp_path: Path) -> Options:
    return Options(
        knowledge=corpus / "knowledge",
        queries=(corpus / "queries.en.jsonl",),
        paragraphs=corpus,
        limit=100,
        work=tmp_path,
        threads=1,
    )


def run(name: str, options: Options) -> Result:
    result: Result = importlib.import_module(f"benchmarks.{name}").run(options)
    assert all(len(row) == len(result.columns) for row in result.rows)
    assert any(str(row[0]).startswith("baseline") for row in result.rows) or name in ("growth", "withheld")
    json.dumps(dict(result.details))
    return result


@pytest.mark.parametrize("name", ["rerank", "token_store"])
def test_in_process(name: str, options: Options) -> None:
    result = run(name, options)
    assert all(isinstance(cell, float) and cell > 0 for row in result.rows for cell in row[1:])


def test_encoder(options: Options, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("benchmarks.encoder.installed", lambda: False)  # Its import takes as long as all the rest.
    assert run("encoder", options).rows[0][1]


def test_growth(options: Options) -> None:
    small = Options(limit=20, work=options.work)
    result = run("growth", small)
    assert [row[0] for row in result.rows] == ["20", "40", "100"]
    assert all(isinstance(row[1], float) and row[1] > 0 for row in result.rows)


@pytest.mark.parametrize("name", ["ask", "load", "start"])
def test_over_http(name: str, options: Options, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("benchmarks.start.installed", lambda: False)
    result = run(name, options)
    assert result.setting.get("failed", 0) == 0
    assert result.setting["passages"] == len(SUBJECTS)


def test_memory(options: Options) -> None:
    result = run("memory", Options(knowledge=options.knowledge, limit=3, work=options.work))
    ingesting = next(row for row in result.rows if row[0] == "while ingesting")
    assert all(isinstance(cell, float) and cell > 0 for cell in ingesting[1:])
    assert result.setting["passages"] == len(SUBJECTS)


def test_first_sentence(options: Options) -> None:
    result = run("first_sentence", replace(options, limit=2))
    # On a busy machine a first sentence may come only after the model's last word, which counts as withheld.
    shown, withheld = result.setting["answers"], result.setting["first sentence withheld"]
    assert (shown, withheld) in {(count, 4 - count) for count in range(1, 5)}
    assert result.setting["model not asked"] == 0
    cells = [cell for row in result.rows for cell in row[1:] if cell is not None]
    assert cells
    assert all(isinstance(cell, float) and cell > 0 for cell in cells)


def test_edit(options: Options) -> None:
    small = Options(knowledge=options.knowledge, limit=1, work=options.work)
    (seconds,) = run("edit", small).details["seconds"]
    assert seconds > 0


def test_abstention(options: Options) -> None:
    result = run("abstention", options)
    assert result.setting["unanswerable"] == 20
    assert result.setting["answerable"] == 80
    assert result.setting["files"] == 5


def test_every_fifth_file_is_left_out(corpus: Path, tmp_path: Path) -> None:
    copied = reduced_copy(corpus / "knowledge", tmp_path / "copy")
    left_out = {path.name for path in (corpus / "knowledge").iterdir()} - {path.name for path in copied.iterdir()}
    assert left_out == {sorted(path.name for path in (corpus / "knowledge").iterdir())[4]}


TRANSLATED = {
    "battery": "Laden Sie den Akku bei Zimmertemperatur. Eine volle Ladung dauert 4 Stunden.",
    "refunds": "Das Geld kommt zurück. Wir erstatten innerhalb von 5 Werktagen.",
    "brakes": "Die Bremsen quietschen. Lassen Sie die Bremsen alle 12 Monate prüfen.",
}
IN_ENGLISH = {
    "battery": "Charge the battery at room temperature. A full charge takes 4 hours.",
    "refunds": "The money comes back. We refund within 5 working days.",
    "brakes": "The brakes squeal. Have the brakes checked every 12 months.",
}


def test_withheld(options: Options, tmp_path: Path) -> None:
    folder = tmp_path / "pairs"
    for root, texts, language in (
        (folder, IN_ENGLISH, "en"),
        (folder.with_name("pairs-mixed"), TRANSLATED, "de"),
    ):
        (root / "knowledge").mkdir(parents=True)
        for name, text in texts.items():
            page = f"---\nlanguage: {language}\n---\n# {name.title()}\n\n{text}\n"
            (root / "knowledge" / f"{name}.md").write_text(page, encoding="utf-8")
        answers = {name: text.split(". ")[1].rstrip(".") for name, text in IN_ENGLISH.items()}
        lines = [
            json.dumps({"text": f"{name}?", "gold": [f"{name}.md"], "answers": [answer]})
            for name, answer in answers.items()
        ]
        (folder / f"queries.{language}.jsonl").write_text("\n".join(lines), encoding="utf-8")
    result = run("withheld", replace(options, paragraphs=folder))
    assert result.setting["sentences"] == 6
    assert [row[:2] for row in result.rows] == [("de", 3), ("en", 3), ("all", 6)]
    assert result.rows[-1][-1] == 0  # Six sentences with a number changed, none of them shown.


def test_withheld_says_what_it_needs(options: Options) -> None:
    with pytest.raises(MissingOption, match="-mixed beside"):
        run("withheld", options)


@pytest.mark.skipif(not installed(), reason="the baseline needs the extra sentence-transformers")
def test_ingest(options: Options) -> None:
    result = run("ingest", options)
    assert result.setting["passages"] == len(SUBJECTS)
    assert all(isinstance(cell, float) and cell > 0 for row in result.rows for cell in row[1:])


def test_ingest_says_which_extra_it_needs(options: Options, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("benchmarks.ingest.installed", lambda: False)
    with pytest.raises(MissingOption, match="pip install"):
        run("ingest", options)


def test_widget_size() -> None:
    rows = run("widget_size", Options()).rows
    assert all(isinstance(cell, float) and cell > 0 for row in rows for cell in row[1:2])
    asked = [(row[1], row[3]) for row in rows if isinstance(row[3], float)]
    assert len(asked) == 2
    assert all(isinstance(weight, float) and weight <= most for weight, most in asked)


@pytest.fixture
def in_browser(options: Options) -> Options:
    """Two of each."""
    pytest.importorskip("playwright", reason='pip install "polydesk[screenshots]"')
    from tests.browser.chromium import MISSING, executable

    if executable() is None:
        pytest.skip(MISSING)
    return replace(options, limit=2)


def test_widget_load(in_browser: Options) -> None:
    plain, tagged, _, opening = run("widget_load", in_browser).rows
    assert plain[3] == 0.0  # A page without scripts.
    assert all(isinstance(row[3], float) and row[3] > 0 for row in (tagged, opening))
    assert all(row[-1] == 0.0 for row in (plain, tagged, opening))


def test_widget_answer(in_browser: Options) -> None:
    result = run("widget_answer", in_browser)
    assert [row[-1] for row in result.rows] == [1, 1, 2, 2]
    assert all(isinstance(cell, float) and cell > 0 for row in result.rows for cell in row[1:4])
    assert (result.setting["failed"], result.setting["baseline's from the cache"]) == (0, 0)


def test_widget_cuts(in_browser: Options) -> None:
    result = run("widget_cuts", in_browser)
    cut, held = result.rows
    assert result.setting["written by the model"] == 4
    assert (cut[1], held[1], held[2]) == (2, 2, 0)
    assert cut[2] != 0
    assert [row[5:8] for row in result.rows] == [(0, 0, 0)] * 2


def test_characters_lost_and_doubled_are_counted() -> None:
    differences = importlib.import_module("benchmarks.widget_cuts").differences
    assert differences("abcdef", "abcdef") == (0, 0)
    assert differences("abef", "abcdef") == (2, 0)
    assert differences("abcdcdef", "abcdef") == (0, 2)


def test_the_widgets_benchmarks_say_what_they_need(options: Options, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(MissingOption, match="Chromium"):
        run("widget_load", options)
