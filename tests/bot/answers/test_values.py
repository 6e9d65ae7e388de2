from __future__ import annotations

from bot.answers.values import Draft, Sentence, cite, pieces
from retrieval.passages import Passage

PASSAGE = Passage(
    "a/b.md", "Title", "https://shop.example/b", "top", ("Title", "Top"), "Some text.", "public", "de", "judge", "hint?"
)


def text(*sentences: Sentence) -> str:
    return Draft(sentences, (), 0.5).text


def test_each_sentence_is_followed_by_its_marker() -> None:
    assert text(Sentence("One.", 1), Sentence("Two.", 1), Sentence("Three.", 2)) == "One. [1] Two. [1]\n\nThree. [2]"
    assert text() == ""


def test_list_items_keep_their_lines() -> None:
    listed = text(Sentence("You need:", 1), Sentence("- a key", 1, "\n\n"), Sentence("- a pump", 1, "\n"))
    assert listed == "You need: [1]\n\n- a key [1]\n- a pump [1]"


def test_a_table_stays_a_table() -> None:
    header, row = "| Part | Years |\n| --- | --- |", "| Frame | 5 |"
    assert text(Sentence(header, 1), Sentence(row, 1, "\n"), Sentence("Wear not.", 1, "\n\n")) == (
        f"{header}\n{row}\n\n[1]\n\nWear not. [1]"
    )


def test_a_code_sample_keeps_its_fence() -> None:
    assert text(Sentence("```\nmake\n```", 1), Sentence("Then wait.", 1)) == "```\nmake\n```\n\n[1]\n\nThen wait. [1]"


def test_pieces_make_up_the_text() -> None:
    sentences = (Sentence("One.", 1), Sentence("| a |", 2), Sentence("| b |", 2), Sentence("Two.", 3))
    assert "".join(pieces(sentences)) == text(*sentences)


def test_a_citation_has_the_fields_of_the_contract() -> None:
    assert cite(3, PASSAGE, "Some", 0.75).to_json() == {
        "n": 3,
        "title": "Title",
        "url": "https://shop.example/b#top",
        "path": "a/b.md",
        "anchor": "top",
        "heading": ["Title", "Top"],
        "quote": "Some",
        "language": "de",
        "score": 0.75,
    }
