"""`polydesk eval` for real: a small knowledge folder, questions in two languages, the one assistant."""

import asyncio
import json
from pathlib import Path

import pytest

from bot.config import Settings
from bot.evaluation import evaluate, evaluation_settings, link_installed
from bot.evaluation_result import Evaluation
from retrieval.question_files import QuestionFileError

FILES = {
    "refunds.md": "# Refunds\n\n## How long does a refund take?\n\nWe refund within five working days after the parcel "
    "has arrived at our warehouse.\n\n## Who pays for the return?\n\nThe return label is free of charge in the EU.\n",
    "battery.md": "# Battery\n\n## How do I charge the battery?\n\nCharge the battery at room temperature with the "
    "charger that came with the bike. A full charge takes four hours.\n",
    "theft.md": "---\nlanguage: de\n---\n\n# Diebstahl\n\nMelden Sie den Diebstahl bei der Polizei und senden Sie uns "
    "das Aktenzeichen. Wir sperren dann das Fahrrad.\n",
    "broken.md": "---\nvalid_until: someday\n---\n\nThis file has a date that is none.\n",
}
GERMAN = [
    {
        "id": 1,
        "text": "Wie lange dauert eine Rückerstattung?",
        "gold": ["refunds.md"],
        "answers": ["five working days"],
    },
    {"id": 2, "text": "Wie lade ich den Akku?", "gold": ["battery.md"], "answers": ["room temperature"]},
    {"id": 3, "text": "Mein Fahrrad wurde gestohlen, was soll ich tun?", "gold": ["theft.md"]},
]
ENGLISH = [
    {"id": 4, "text": "How long does a refund take?", "gold": ["refunds.md#how-long-does-a-refund-take"]},
    {"id": 5, "text": "Which vegetables grow well on the moon?", "gold": ["gardening.md"], "answers": ["none"]},
]


def write_questions(path: Path, lines: list[dict[str, object]]) -> Path:
    path.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("evaluation")
    (folder / "knowledge").mkdir()
    for name, text in FILES.items():
        (folder / "knowledge" / name).write_text(text, encoding="utf-8")
    return folder


def run(folder: Path) -> Evaluation:
    queries = [
        write_questions(folder / "queries.de.jsonl", GERMAN),
        write_questions(folder / "queries.en.jsonl", ENGLISH),
    ]
    settings = Settings().model_copy(update={"data_dir": folder / "data"})
    seen: list[tuple[int, int]] = []
    evaluation = asyncio.run(
        evaluate(settings, folder / "knowledge", queries, asking=lambda done, total: seen.append((done, total)))
    )
    assert seen == [(done, 5) for done in range(1, 6)]
    return evaluation


@pytest.fixture(scope="module")
def first(folder: Path) -> Evaluation:
    return run(folder)


def test_every_question_is_asked_and_measured(first: Evaluation) -> None:
    evaluation = first
    written = evaluation.to_json()
    assert written["knowledge"]["files"] == 3
    german, english = written["results"]
    assert (german["language"], english["language"]) == ("de", "en")
    assert german["reranked"]["r5"] == german["recall_only"]["r5"] == 1.0
    assert german["same_language"]["questions"] == 1
    assert german["cross_language"]["questions"] == 2
    assert english["reranked"]["r1"] == 1.0
    assert english["unanswerable"]["questions"] == 1
    assert english["answerable"]["questions"] == 1
    assert english["answer_contains"] is None
    assert german["total_ms"]["p95"] > german["rerank_ms"]["p50"] > 0
    assert len(evaluation.failures) == 1
    assert evaluation.failures[0].startswith("broken.md")


def test_a_second_run_finds_the_index_of_the_first(folder: Path, first: Evaluation) -> None:
    second = run(folder)
    assert [outcome.reranked_ranks for outcome in second.outcomes] == [
        outcome.reranked_ranks for outcome in first.outcomes
    ]
    assert len(list((folder / "data" / "evaluation").iterdir())) == 1


async def test_a_broken_question_file_is_named_before_anything_is_indexed(folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "queries.en.jsonl"
    path.write_text('{"text": "a", "gold": []}\n{"text": 3}\n', encoding="utf-8")
    settings = Settings().model_copy(update={"data_dir": tmp_path / "data"})
    with pytest.raises(QuestionFileError, match=r"queries\.en\.jsonl:2: text"):
        await evaluate(settings, folder / "knowledge", [path])
    assert not (tmp_path / "data").exists()


def test_what_was_installed_for_the_desk_serves_its_evaluation(tmp_path: Path) -> None:
    desk, apart = tmp_path / "desk", tmp_path / "desk" / "evaluation" / "one"
    link_installed(desk, apart)
    assert list(apart.iterdir()) == []
    (desk / "argos" / "packages").mkdir(parents=True)
    link_installed(desk, apart)
    link_installed(desk, apart)
    assert (apart / "argos" / "packages").is_dir()
    assert (apart / "argos").resolve() == desk / "argos"


def test_each_knowledge_folder_has_an_index_of_its_own(tmp_path: Path) -> None:
    settings = Settings().model_copy(update={"data_dir": tmp_path})
    first, second = (evaluation_settings(settings, tmp_path / name) for name in ("one", "two"))
    assert first.data_dir != second.data_dir
    assert first.data_dir.parent == tmp_path / "evaluation"
    assert first.cache.size == 0
    assert not first.knowledge.watch
