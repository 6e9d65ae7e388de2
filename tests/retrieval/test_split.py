from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from retrieval.passages import Block, Document, Passage, Section
from retrieval.split import split


def words(text: str) -> int:
    return len(text.split())


def document(*sections: Section, questions: tuple[str, ...] = ()) -> Document:
    return Document("a.md", "T", sections, url="https://x.example/a", language="en", questions=questions)


def section(heading: str, *blocks: str | Block, anchor: str = "", alone: bool = False) -> Section:
    path = ("T", *heading.split("/")) if heading else ("T",)
    found = tuple(Block("text", block) if isinstance(block, str) else block for block in blocks)
    return Section(path, anchor or heading.lower(), found, alone=alone)


def texts(passages: list[Passage]) -> list[str]:
    return [passage.text for passage in passages]


def sentence(number: int, length: int = 10) -> str:
    return f"Number{number} " + "word " * (length - 2) + "end."


def test_a_section_within_the_budget_is_one_passage() -> None:
    long = " ".join(sentence(n) for n in range(6))
    found = split(document(section("A", long, "Second."), section("B", long)), words, budget=80)
    assert texts(found) == [f"{long}\n\nSecond.", long]
    assert [(p.heading, p.anchor, p.link) for p in found] == [
        (("T", "A"), "a", "https://x.example/a#a"),
        (("T", "B"), "b", "https://x.example/a#b"),
    ]
    assert found[0].context == "T › A"


def test_a_long_section_is_cut_at_sentence_ends_into_even_parts() -> None:
    text = " ".join(sentence(n) for n in range(9))
    found = split(document(section("A", text)), words, budget=40, minimum=5)
    assert [words(p.text) for p in found] == [30, 30, 30]
    assert " ".join(texts(found)) == text
    assert {p.anchor for p in found} == {"a"}


def test_a_table_too_long_repeats_its_header_row() -> None:
    header = "| Part | Price |\n| --- | --- |"
    rows = [f"| P{n} x y | {n} |" for n in range(20)]
    found = split(document(section("A", Block("table", "\n".join([header, *rows])))), words, budget=60, minimum=5)
    assert len(found) > 1
    assert all(p.text.startswith(header + "\n| P") for p in found)
    assert [row for p in found for row in p.text.split("\n")[2:]] == rows


def test_lists_are_cut_between_items_and_code_between_lines() -> None:
    items = [f"- item {n} one two three\n  - below {n}" for n in range(8)]
    lines = [f"run {n} --with some --options" for n in range(12)]
    found = split(document(section("A", Block("list", "\n".join(items)))), words, budget=30, minimum=2)
    assert "\n".join(texts(found)) == "\n".join(items)
    assert all(p.text.startswith("- item") for p in found)
    found = split(document(section("A", Block("code", "\n".join(lines)))), words, budget=30, minimum=2)
    assert "\n".join(texts(found)) == "\n".join(lines)


def test_a_block_that_fits_stays_whole() -> None:
    table = Block("table", "\n".join(f"| a{n} | b |" for n in range(6)))
    found = split(document(section("A", sentence(1, 20), table, sentence(2, 20))), words, budget=40, minimum=2)
    assert sum(table.text in p.text for p in found) == 1


def test_a_line_that_introduces_a_list_goes_with_it() -> None:
    items = Block("list", "\n".join(f"- item {n} word word" for n in range(6)))
    found = split(document(section("A", sentence(1, 30), "You need:", items)), words, budget=40, minimum=2)
    assert texts(found) == [sentence(1, 30), f"You need:\n\n{items.text}"]


def test_short_neighbours_share_a_passage_with_their_headings_in_the_text() -> None:
    found = split(
        document(section("A", "One."), section("B", "Two."), section("B/C", "Three."), section("D", sentence(4, 60))),
        words,
    )
    assert texts(found) == ["One.\n\nB\nTwo.\n\nC\nThree.", sentence(4, 60)]
    assert (found[0].heading, found[0].anchor) == (("T", "A"), "a")


def test_questions_rows_and_other_parents_stand_alone() -> None:
    assert len(split(document(section("Is it?", "Yes."), section("Was it?", "No.")), words)) == 2
    assert len(split(document(section("A", "Yes.", alone=True), section("B", "No.", alone=True)), words)) == 2
    assert len(split(document(section("A/B", "Yes."), section("C/D", "No.")), words)) == 2


def test_the_same_heading_on_the_next_page_is_not_repeated() -> None:
    pages = [section("A", f"Page {page}.", anchor=f"page={page}") for page in (1, 2)]
    assert texts(split(document(*pages), words)) == ["Page 1.\n\nPage 2."]


def test_editors_questions_belong_to_the_first_passage() -> None:
    long = sentence(1, 60)
    found = split(document(section("A", long), section("B", long), questions=("Why?", "How?")), words)
    assert [p.hints for p in found] == ["Why?\nHow?", ""]
    assert found[0].context == "T › A\nWhy?\nHow?"


def test_a_row_has_its_own_page() -> None:
    row = Section(("T", "Q?"), "", (Block("text", "A."),), url="https://x.example/q", alone=True)
    assert split(document(row), words)[0].link == "https://x.example/q"


def test_text_without_spaces_is_cut_within_the_budget_too() -> None:
    text = "电池保修两年没有标点" * 60
    found = split(document(section("A", text)), len, budget=100, minimum=10)
    assert "".join(texts(found)) == text
    assert max(len(p.text) for p in found) <= 100


def test_an_empty_document_has_no_passages() -> None:
    assert split(document(), words) == []


TEXTS = st.text("ab cd.!?。\nе़é", min_size=1, max_size=120).filter(lambda text: text.strip())
BLOCKS = st.builds(Block, st.sampled_from(["text", "list", "code"]), TEXTS) | st.lists(
    st.text("abc d", min_size=1, max_size=9), min_size=3, max_size=12
).map(lambda cells: Block("table", "\n".join(["| Head | Er |", "| --- | --- |", *(f"| {c} | x |" for c in cells)])))
SECTIONS = st.builds(
    Section,
    st.lists(st.sampled_from(["X1", "X2", "X3?"]), max_size=2).map(lambda path: ("T", *path)),
    st.just("anchor"),
    st.lists(BLOCKS, min_size=1, max_size=4).map(tuple),
)


def squeezed(text: str) -> str:
    return re.sub(r"\s+", "", text)


def characters(text: str) -> int:
    return len(squeezed(text))


@given(st.lists(SECTIONS, max_size=5), st.integers(45, 90))
def test_no_text_is_lost_the_budget_holds_and_the_result_is_the_same_again(found: list[Section], budget: int) -> None:
    whole = Document("a.md", "T", tuple(found))
    passages = split(whole, characters, budget, minimum=20)
    assert passages == split(whole, characters, budget, minimum=20)
    assert all(passage.text.strip() and characters(passage.text) <= budget for passage in passages)
    # The headings of joined sections and repeated table headers; a section that asks (X3?) is never joined.
    repeated = re.compile(r"X[12]|\|Head\|Er\||\|---\|---\|")
    kept = repeated.sub("", squeezed("".join(texts(passages))))
    assert kept == repeated.sub("", squeezed("".join(block.text for s in found for block in s.blocks)))
