"""What is shown is final: numbers, order and quotes; lists are shown whole or not at all."""

from __future__ import annotations

from bot.answers.grounding import Verdict
from bot.answers.sentence_stream import StreamedSentence
from bot.answers.sheet import Sheet
from retrieval.passages import Passage, StoredPassage

TEXT = "Alpha is first. Beta is second. Gamma is third."
PASSAGES = [
    StoredPassage(70 + n, Passage(f"{n}.md", f"T{n}", "", "a", (f"T{n}",), TEXT, "public", "en")) for n in range(3)
]


def sheet() -> Sheet:
    return Sheet(PASSAGES, {70: 0.5, 72: 0.25})


def add(to: Sheet, text: str, *quotes: tuple[int, str], gap: str = " ") -> list[str]:
    quotes = quotes or ((1, "Alpha is first."),)
    return to.add(StreamedSentence(text, gap), Verdict(True, "supported", text, quotes))


def refuse(to: Sheet, text: str, gap: str = " ") -> list[str]:
    return to.add(StreamedSentence(text, gap), Verdict(False, "support", text))


def test_numbers_follow_the_order_of_appearance_and_quotes_grow() -> None:
    page = sheet()
    assert add(page, "A.", (3, "Beta is second."), gap="") == ["A. [1]"]
    assert add(page, "B.", (1, "Alpha is first."), (3, "Gamma is third.")) == [" B. [2] [1]"]
    first, second = page.citations
    assert (first.n, first.path, first.quote, first.score) == (1, "2.md", "Beta is second. Gamma is third.", 0.25)
    assert (second.n, second.path, second.quote, second.score) == (2, "0.md", "Alpha is first.", 0.5)


def test_what_is_withheld_leaves_no_number_and_no_gap() -> None:
    page = sheet()
    assert refuse(page, "X.", gap="") == []
    assert add(page, "A.", (2, "Alpha is first.")) == ["A. [1]"]
    assert refuse(page, "Y.", gap="\n\n") == []
    assert add(page, "B.", (2, "Alpha is first.")) == ["\n\nB. [1]"]
    assert page.finish(whole=True) == []
    assert page.withheld == {"support": 2}
    assert len(page.citations) == 1


def test_an_introduction_waits_for_what_it_introduces() -> None:
    page = sheet()
    assert add(page, "Do this:", gap="") == []
    assert add(page, "- A", gap="\n") == ["Do this: [1]", "\n- A [1]"]
    assert add(page, "Or this:", gap="\n") == []
    assert refuse(page, "- B", gap="\n") == []
    assert page.finish(whole=True) == []
    assert page.withheld == {"support": 1, "introduction": 1}


def test_steps_are_shown_all_or_none() -> None:
    page = sheet()
    add(page, "Do this:", gap="")
    assert add(page, "1. A", gap="\n") == []
    assert add(page, "2. B", gap="\n") == []
    assert add(page, "Done.", gap="\n") == ["Do this: [1]", "\n1. A [1]", "\n2. B [1]", "\nDone. [1]"]
    assert add(page, "1. C", gap="\n") == []
    assert refuse(page, "2. D", gap="\n") == []
    assert add(page, "3. E", gap="\n") == []
    assert page.finish(whole=True) == []
    assert page.withheld == {"step": 2, "support": 1}


def test_steps_may_be_missing_where_the_stream_broke() -> None:
    page = sheet()
    add(page, "1. A", gap="")
    assert page.finish(whole=False) == []
    assert page.citations == ()
    page = sheet()
    add(page, "1. A", gap="")
    assert page.finish(whole=True) == ["1. A [1]"]


def test_the_same_is_not_said_twice() -> None:
    page = sheet()
    add(page, "A.", gap="")
    assert add(page, "A.") == []
    assert page.withheld == {"repeated": 1}


def test_what_nothing_can_be_quoted_for_is_not_shown() -> None:
    page = sheet()
    assert add(page, "A.", (1, ""), gap="") == []
    assert add(page, "B.", (1, ""), (2, "Beta is second.")) == ["B. [1]"]
    assert [citation.path for citation in page.citations] == ["1.md"]
