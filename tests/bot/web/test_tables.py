"""Tables of passages as HTML."""

from __future__ import annotations

from bot.web.tables import as_html, joined


def test_a_table_between_sentences() -> None:
    text = "Prices:\n\n| Part | Price |\n| --- | --- |\n| A \\| B | <€4> |\n\nWith VAT."
    assert as_html(text) == (
        '<div class="text" dir="auto">Prices:</div>\n'
        '<div class="table"><table dir="auto"><tr><th>Part</th><th>Price</th></tr>'
        "<tr><td>A | B</td><td>&lt;€4&gt;</td></tr></table></div>\n"
        '<div class="text" dir="auto">With VAT.</div>'
    )


def test_rows_without_a_header_and_text_that_is_no_table() -> None:
    assert as_html("| E07 | no signal |") == (
        '<div class="table"><table dir="auto"><tr><td>E07</td><td>no signal</td></tr></table></div>'
    )
    assert as_html("a | b\n|") == '<div class="text" dir="auto">a | b\n|</div>'
    assert as_html("") == ""


def test_a_split_table_has_its_header_once() -> None:
    header = "| Part | Price |\n| --- | --- |"
    assert joined(f"{header}\n| A | 1 |", f"{header}\n| B | 2 |") == f"{header}\n| A | 1 |\n| B | 2 |"
    assert joined("One.", f"{header}\n| B | 2 |") == f"One.\n\n{header}\n| B | 2 |"
